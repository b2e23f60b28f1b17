"""The actions of training, for menu, toolbar and keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gui.icons import icon
from gui.runs.choices import why_not
from gui.runs.session import RunSession


class RunActions(QObject):
    """Made once for a session; their texts and whether they can be used follow the shown run."""

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.session = session
        self.all: dict[str, QAction] = {}
        self._add("train.start", "Train", "F5", self.start_or_pause, "play", "ok", in_toolbar=True)
        self._add("train.step", "One step", "F10", self.step, "step", in_toolbar=True)
        self._add("train.epoch", "To the end of the epoch", "Shift+F10", lambda: self.step(until="epoch"))
        self._add("train.stop", "Stop, keep the best", "Shift+F5", lambda: session.stop("best"), "stop", "error",
                  in_toolbar=True)  # fmt: skip
        self._add("train.stop_last", "Stop, keep the last", "Ctrl+Shift+F5", lambda: session.stop("last"))
        self._add("train.save", "Save a checkpoint now", "", lambda: session.ask("save"))
        self._add("train.resume", "Go on with this run", "", session.resume)
        session.watch.changed.connect(self.refresh)
        session.asked.connect(self.refresh)
        session.choices_changed.connect(self.refresh)
        session.desk.document.changed.connect(self.refresh)
        self.refresh()

    def _add(
        self, name: str, text: str, key: str, slot: Callable[[], object], symbol: str = "", colour: str = "text",
        *, in_toolbar: bool = False,
    ) -> None:  # fmt: skip
        action = QAction(text, self)
        if key:
            action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _=False: slot())
        if symbol:
            action.setIcon(icon(symbol, colour))
            action.setIconVisibleInMenu(False)
        self.all[name] = self.session.desk.add_action(name, action, "Train", in_toolbar=in_toolbar)

    def start_or_pause(self) -> None:
        """F5: train; pause what is training; go on with what is paused."""
        phase = self.session.watch.standing.phase
        if phase == "training":
            self.session.ask("pause")
        elif phase == "paused":
            self.session.ask("continue")
        elif phase not in ("preparing", "finishing"):
            self.session.start()

    def step(self, until: str = "step") -> None:
        """One step of the run that trains or is paused; without one, a run begins, takes its first step and waits."""
        if self.session.watch.standing.phase in ("training", "paused"):
            self.session.ask("step", until=until)
        elif not self.session.watch.standing.is_alive:
            self.session.start_with_step()

    def refresh(self) -> None:
        """Follow the shown run."""
        session, phase = self.session, self.session.watch.standing.phase
        is_begun, is_alive = phase in ("training", "paused"), session.watch.standing.is_alive
        reason = why_not(session.desk.document.state, session.choices)
        can_start = not is_alive and reason is None
        text = {"training": "Pause", "paused": "Continue"}.get(phase, "Train")
        start = self.all["train.start"]
        if start.text() != text:
            start.setText(text)
            start.setIcon(icon("pause", "warning") if phase == "training" else icon("play", "ok"))
        usable = {
            "train.start": can_start or is_begun,
            "train.step": can_start or is_begun,
            "train.epoch": is_begun,
            "train.stop": is_begun or phase == "preparing",
            "train.stop_last": is_begun,
            "train.save": is_begun,
            "train.resume": phase in ("ended", "died", "failed") and self._has_state(),
        }
        for name, is_usable in usable.items():
            action = self.all[name]
            if action.isEnabled() != is_usable:
                action.setEnabled(is_usable)
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            tip = f"{action.text()} ({key})" if key else action.text()
            action.setToolTip(reason if reason and not is_usable and not is_alive and name == "train.start" else tip)

    def _has_state(self) -> bool:
        run = self.session.watch.folder
        return run is not None and (run / "checkpoints" / "last.state.safetensors").is_file()


def actions_of(session: RunSession) -> dict[str, QAction]:
    """The session's actions by name; made when they are first asked for."""
    found = session.findChild(RunActions)
    return (found if isinstance(found, RunActions) else RunActions(session)).all


