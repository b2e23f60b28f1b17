"""Desks with a document and the panels of training, and a race that has been trained by a real child process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import runner
from gui.desk import Desk
from gui.document import Document
from gui.panels.race import RacePanel
from gui.panels.run import RunPanel
from gui.panels.run_list import RunListPanel
from gui.runs.session import RunSession, session_of
from netspec.shipped import shipped_specs

DIGITS = shipped_specs()["digits"].read_text(encoding="utf-8")
FIVE = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
WAIT = 60_000
"""Milliseconds: a machine may be busy."""


class Window:
    """A desk with the panels of training, shown."""

    def __init__(self, path: Path | None = None) -> None:
        self.is_closed = False
        self.desk = Desk(Document())
        self.messages: list[str] = []
        self.desk.message_shown.connect(self.messages.append)
        self.panel, self.race, self.runs = RunPanel(self.desk), RacePanel(self.desk), RunListPanel(self.desk)
        for panel in (self.panel, self.race, self.runs):
            panel.resize(1200, 320)
            panel.show()
        if path is not None:
            self.desk.document.open(path)
            self.desk.document.settle()

    @property
    def session(self) -> RunSession:
        """The session of its desk."""
        return session_of(self.desk)

    @property
    def phase(self) -> str:
        """What the shown run is doing."""
        return self.session.watch.standing.phase

    @property
    def words(self) -> str:
        """The same, as the status line says it."""
        return self.panel.status.words.text

    def trigger(self, name: str) -> None:
        """As a key or a button does."""
        assert self.desk.actions[name].isEnabled(), f"{name} cannot be used"
        self.desk.actions[name].trigger()

    def close(self) -> None:
        """Everything of it is gone."""
        if self.is_closed:
            return
        self.is_closed = True
        self.session.watch.show_run(None)
        for panel in (self.panel, self.race, self.runs):
            panel.close()
            panel.deleteLater()
        self.desk.deleteLater()


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[[Path | None], Window]]:
    """Makes windows, and ends them and all trainers after the test."""
    made: list[Window] = []

    def make(path: Path | None = None) -> Window:
        made.append(Window(path))
        return made[-1]

    yield make
    for window in made:
        window.close()
    end_trainers()


def end_trainers() -> None:
    """No trainer outlives the tests."""
    for process in runner._started.values():
        process.kill()
        process.wait()
    runner.reap()


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """The digits' spec in a folder of its own."""
    path = tmp_path / "digits.toml"
    path.write_text(DIGITS.replace("epochs = 15", "epochs = 3"), encoding="utf-8")
    return path


def lines(run: Path) -> list[dict[str, Any]]:
    """All lines of a history."""
    return [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
