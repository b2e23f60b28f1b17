"""Asks what would become of the pretrained weights, whenever the text names others or the network is another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from gui.desk import Desk
from gui.insight.asking import Asker, Reply
from gui.insight.service import service_of
from gui.state import State
from gui.transfer.loads import LayerLoad, Report, read_report

SETTLE = 250
"""Milliseconds without a further edit before the file is read."""
KEYS = ("weights", "rename", "replace", "strict")


class Loading(QObject):
    """One per desk; see `loading_of`. The file is read by the process that looks inside, so the window never waits."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self.report: Report | None = None
        self.problem = ""
        self.file: Path | None = None
        """A file to look at in place of the one that the spec names."""
        self._asker = Asker(service_of(desk), self)
        self._asker.busy_changed.connect(lambda _: self.changed.emit())
        self._key: object = None
        self._timer = QTimer(self, singleShot=True, interval=SETTLE)
        self._timer.timeout.connect(self._ask)
        desk.document.opened.connect(self._forget)
        desk.document.changed.connect(self._follow)
        self._follow()

    @property
    def is_reading(self) -> bool:
        """Whether a file is being read."""
        return self._asker.is_busy or self._timer.isActive()

    @property
    def named(self) -> str:
        """What the spec says under [transfer] weights."""
        state = self.desk.document.state
        value = state.outline.transfer.get("weights") if state is not None else None
        return value if isinstance(value, str) else ""

    @property
    def layers(self) -> Mapping[str, LayerLoad]:
        """Layers of the report by name; empty without one, and while a file is only looked at."""
        return self.report.by_name() if self.report is not None and self.file is None else {}

    def look_at(self, file: Path | None) -> None:
        """Report on a file; None: on that of the spec again."""
        self.file = file
        self._follow()

    def _forget(self) -> None:
        self.file, self.report, self.problem, self._key = None, None, "", None

    def _follow(self) -> None:
        state = self.desk.document.state
        if state is None or not (self.named or self.file):
            self._tell(None, "")
            self._key = None
            self._timer.stop()
            return
        if not state.is_settled or state.is_stale or state.report is None:
            return
        key = _key(state, self.file)
        if key != self._key:
            self._key = key
            self._timer.start()
            self.changed.emit()

    def _ask(self) -> None:
        state = self.desk.document.state
        if state is not None:
            request: dict[str, Any] = {"text": state.text, "format": state.format, "folder": str(state.folder)}
            request["weights"] = str(self.file) if self.file is not None else None
            self._asker.ask("loading", self._take, self._fail, source=request)

    def _take(self, reply: Reply) -> None:
        self._tell(read_report(reply.values), "")

    def _fail(self, problem: str, hint: str) -> None:
        self._tell(None, f"{problem}; {hint}" if hint else problem)

    def _tell(self, report: Report | None, problem: str) -> None:
        if (report, problem) != (self.report, self.problem):
            self.report, self.problem = report, problem
            self.changed.emit()


def _key(state: State, file: Path | None) -> object:
    """Changes when the report may be another one."""
    transfer = state.outline.transfer
    weights = file if file is not None else state.folder / str(transfer.get("weights"))
    try:
        stamp = weights.stat().st_mtime_ns
    except OSError:
        stamp = 0
    table = state.report.table if state.report is not None else ()
    network = tuple((row.name, row.type, row.params, row.output_shape) for row in table)
    return str(weights), stamp, repr([transfer.get(key) for key in KEYS]), network


def loading_of(desk: Desk) -> Loading:
    """The one of this desk; the first who asks makes it."""
    found = desk.findChild(Loading)
    return found if isinstance(found, Loading) else Loading(desk)
