"""Questions about networks, the latest of which counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from gui.insight.service import Service


@dataclass(frozen=True, eq=False)
class Reply:
    """values: what the process says; arrays: by name."""

    values: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def _ignore(reply: Reply) -> None:
    """For questions without progress."""


@dataclass(frozen=True)
class Question:
    """Whom to tell what. failed is told problem and hint."""

    do: str
    request: dict[str, Any]
    answered: Callable[[Reply], None]
    failed: Callable[[str, str], None]
    progressed: Callable[[Reply], None] = _ignore


class Asker(QObject):
    """One question at a time: while one is being answered only the latest of those asked meanwhile is kept.

    The answer to the one in work is told all the same: questions that come faster than answers would else never get any.
    """

    busy_changed = Signal(bool)

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._asked: Question | None = None
        self._next: Question | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked is not None

    def ask(
        self,
        do: str,
        answered: Callable[[Reply], None],
        failed: Callable[[str, str], None],
        progressed: Callable[[Reply], None] = _ignore,
        **request: Any,
    ) -> None:
        """Ask in place of what is being asked."""
        question = Question(do, request, answered, failed, progressed)
        if self._asked is not None:
            self._next = question
        else:
            self._send(question)

    def cancel(self) -> None:
        """Give up: ends the process, also for others who wait for it."""
        self._asked = self._next = None
        self._service.stop()
        self.busy_changed.emit(False)

    def _send(self, question: Question) -> None:
        self._asked, self._next = question, None
        self._service.send(question.do, question.request, lambda *heard: self._hear(question, *heard))
        self.busy_changed.emit(True)

    def _hear(self, question: Question, kind: str, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        if not isValid(self) or question is not self._asked:  # the panel that asked may be gone
            return
        following = self._next
        if kind == "progress":
            if following is None:
                question.progressed(Reply(values, arrays))
            return
        self._asked = None
        if following is not None:
            self._send(following)
        else:
            self.busy_changed.emit(False)
        if kind == "problem":
            question.failed(values["problem"], values.get("hint", ""))
        else:
            question.answered(Reply(values, arrays))
