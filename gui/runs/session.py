"""Training in one window: the run that is shown, those laid over it, and starting, pausing and stopping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gui import runner
from gui.desk import Desk
from gui.runs.choices import Choices, identity_of, runs_folder, spec_of, why_not
from gui.runs.finding import latest_alive, names_apart
from gui.runs.plot_area import Shown
from gui.runs.watch import RunWatch
from netspec.training.control import Command, Do, Keep
from netspec.training.errors import TrainError


class RunSession(QObject):
    """One per desk; see `session_of`."""

    choices_changed = Signal()
    overlays_changed = Signal()
    pointed = Signal(object)
    """The step under the mouse in any plot, or None."""
    asked = Signal(str)
    """Something was asked of the trainer, which has not yet answered: "pause", "stop", …; "" when it has."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self.choices = Choices()
        self.watch = RunWatch(parent=self)
        self.overlays: dict[Path, RunWatch] = {}
        self.runner = runner.Runner(self)
        self.waiting = ""
        """What was asked for and is not yet answered."""
        self._controls = 0
        self._is_new = True
        """Another document has been opened, and nothing is chosen for it yet."""
        self._stepping: Path | None = None
        """A run that was begun to take one step."""
        self.watch.news.connect(desk.run_event)
        self.watch.changed.connect(self._see_answer)
        self.runner.ended.connect(self._tell_end)
        desk.run_changed.connect(self._follow_desk)
        desk.document.opened.connect(self._note_opened)
        desk.document.changed.connect(self._follow_document)

    def _follow_desk(self) -> None:
        if self.desk.run_folder != self.watch.folder:
            self._set_waiting("")
            self._look_whose()
            self.watch.show_run(self.desk.run_folder)
            self._controls = 0

    def _look_whose(self) -> None:
        """Whether the shown run is one of the document's; another's may be shown, but not taken for it."""
        state, run = self.desk.document.state, self.desk.run_folder
        self.desk.is_own_run = run is None or (state is not None and identity_of(state).owns(run))

    def _note_opened(self) -> None:
        self._is_new = True

    def _follow_document(self) -> None:
        """Another document: other choices, and the run that is being trained from it, if there is one."""
        state = self.desk.document.state
        if state is None or not self._is_new:
            return
        self._is_new = False
        self.choices = Choices()
        self.choices_changed.emit()
        for run in list(self.overlays):
            self.overlay(run, is_shown=False)
        self.desk.show_run(latest_alive(runs_folder(state), identity_of(state)))

    def start(self, *, paused: bool = False) -> Path | None:
        """Train the document's text; the new run's folder, None (and a message) when that is not possible."""
        state = self.desk.document.state
        reason = why_not(state, self.choices)
        spec = spec_of(state)
        if reason is not None or state is None or spec is None:
            self.desk.message(reason or "")
            return None
        try:
            order = self.choices.order(state, paused=paused)
            run = self.runner.start(state.source, state.path, spec.name, order, runs_folder(state))
        except OSError as problem:
            self.desk.message(f"The run cannot be started: {problem}; choose another folder by saving the spec elsewhere")
            return None
        self.desk.show_run(run)
        return run

    def start_with_step(self) -> None:
        """Train the document's text for one step, and pause."""
        self._stepping = self.start(paused=True)

    def resume(self) -> None:
        """Go on with the run that is shown, exactly where it was saved."""
        run = self.watch.folder
        if run is not None:
            self._try(lambda: self.runner.resume(run))
            self.watch.show_run(run)

    def ask(self, do: Do, **how: str) -> None:
        """Ask the trainer of the shown run: "pause", "continue", "step", "save"."""
        run = self.watch.folder
        if run is not None and self._try(lambda: runner.ask(run, Command(do, **how))):  # type: ignore[arg-type]
            self._set_waiting(do)

    def stop(self, keep: Keep) -> None:
        """Stop the shown run; before its first event there is nothing to keep, and its trainer is ended."""
        run = self.watch.folder
        if run is None:
            return
        if self.watch.standing.phase == "preparing":
            if self._try(lambda: runner.cancel(run)):
                self._set_waiting("stop")
            return
        self.ask("stop", keep=keep)

    def _try(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (TrainError, OSError) as problem:
            self.desk.message(str(problem))
            return False
        return True

    def _see_answer(self) -> None:
        """The control event in the history is the trainer's answer; its end is one, too."""
        if self._stepping is not None and self._stepping == self.watch.folder and self.watch.standing.phase == "paused":
            self._stepping = None
            self.ask("step")
        controls = len(self.watch.history.controls)
        if controls != self._controls or not self.watch.standing.is_alive:
            self._controls = controls
            self._set_waiting("")

    def _set_waiting(self, what: str) -> None:
        if what != self.waiting:
            self.waiting = what
            self.asked.emit(what)

    def _tell_end(self, run: Path) -> None:
        if death := runner.death(run):
            if run == self.watch.folder:
                self.watch.look_again()
            if not death.startswith("it ended with exit code"):
                self.desk.message(f"{run.name}: the trainer has gone, {death}")

    def overlay(self, run: Path, *, is_shown: bool) -> None:
        """Lay a run over the shown one, or take it away."""
        if is_shown and run not in self.overlays:
            watch = self.overlays[run] = RunWatch(run, self)
            watch.changed.connect(self.overlays_changed)
        elif not is_shown and run in self.overlays:
            watch = self.overlays.pop(run)
            watch.show_run(None)
            watch.deleteLater()
        self.overlays_changed.emit()

    def shown_runs(self) -> list[Shown]:
        """The main run, then those laid over it."""
        main = self.watch.folder
        runs = ([] if main is None else [main]) + [run for run in self.overlays if run != main]
        names = names_apart(runs)
        return [
            Shown(names[run], (self.watch if run == main else self.overlays[run]).history, is_main=run == main, folder=run)
            for run in runs
        ]


def session_of(desk: Desk) -> RunSession:
    """The session of this desk; the first who asks makes it."""
    found = desk.findChild(RunSession)
    return found if isinstance(found, RunSession) else RunSession(desk)
