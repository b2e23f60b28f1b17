"""Questions to the process that looks inside: the latest counts, and its end is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.asking import Asker, Reply
from gui.insight.service import Heard, Service, service_of


class Fake(Service):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Heard]] = []

    def send(self, do: str, request: dict[str, Any], heard: Heard) -> None:
        self.sent.append((f"{do} {request['n']}", heard))

    def stop(self) -> None:
        self.sent.clear()


def ask(asker: Asker, n: int, told: list[Any]) -> None:
    def say(kind: str) -> Callable[..., None]:
        return lambda *what: told.append((kind, n, what[0].values if isinstance(what[0], Reply) else what))

    asker.ask("walk", say("answer"), say("problem"), say("progress"), n=n)


def test_only_the_first_and_the_latest_of_many_questions_are_sent() -> None:
    fake, told = Fake(), []  # type: ignore[var-annotated]
    asker = Asker(fake)
    for n in range(5):
        ask(asker, n, told)
    assert [name for name, _ in fake.sent] == ["walk 0"]
    fake.sent[0][1]("progress", {"done": 1}, {})
    fake.sent[0][1]("result", {}, {})
    assert [name for name, _ in fake.sent] == ["walk 0", "walk 4"]
    assert told == [("answer", 0, {})]  # of its progress nobody wants to know any more
    fake.sent[1][1]("progress", {"done": 2}, {})
    fake.sent[1][1]("result", {"x": 1}, {})
    assert told[1:] == [("progress", 4, {"done": 2}), ("answer", 4, {"x": 1})]
    assert not asker.is_busy


def test_a_problem_is_told_and_the_next_question_sent() -> None:
    fake, told = Fake(), []  # type: ignore[var-annotated]
    asker = Asker(fake)
    ask(asker, 1, told)
    fake.sent[0][1]("problem", {"problem": "no file", "hint": "check"}, {})
    assert told == [("problem", 1, ("no file", "check"))]
    ask(asker, 2, told)
    assert len(fake.sent) == 2


def test_answers_to_a_panel_that_is_gone_are_dropped() -> None:
    fake, told, parent = Fake(), [], QObject()  # type: ignore[var-annotated]
    asker = Asker(fake, parent)
    ask(asker, 1, told)
    heard = fake.sent[0][1]
    import shiboken6

    shiboken6.delete(parent)
    heard("result", {}, {})
    assert told == []


def test_cancelling_ends_the_process_and_the_next_question_starts_another(desk: Desk, qtbot: QtBot) -> None:
    asker, told = Asker(service_of(desk)), []  # type: ignore[var-annotated]

    def walk(steps: int) -> None:
        asker.ask(
            "walks", lambda reply: told.append(reply.arrays["points"].shape), lambda *problem: told.append(problem),
            surface="ravine", start=[1, 1], steps=steps, optimizers=[{"type": "sgd"}],
        )  # fmt: skip

    walk(1_000_000)
    asker.cancel()
    assert not asker.is_busy
    walk(3)
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert told == [(1, 4, 2)]


def test_the_end_of_the_process_is_told(desk: Desk, qtbot: QtBot) -> None:
    service = service_of(desk)
    asker, told = Asker(service), []  # type: ignore[var-annotated]
    asker.ask(
        "walks", lambda reply: None, lambda problem, hint: told.append(problem), surface="ravine", start=[1, 1],
        steps=1_000_000, optimizers=[{"type": "sgd"}],
    )  # fmt: skip
    process = service._process
    assert process is not None
    assert process.waitForStarted(10_000)
    process.kill()
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == ["the process that looks inside has ended"]


def test_an_ended_process_leaves_no_folder(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    service = service_of(desk)
    asker, progress, told = Asker(service), [], []  # type: ignore[var-annotated]
    walk = {"surface": "ravine", "start": [1, 1], "optimizers": [{"type": "sgd"}]}

    def answered(reply: Reply) -> None:
        told.append(len(list(tmp_path.glob("netspec-inside-*"))))

    def failed(problem: str, hint: str) -> None:
        told.append(len(list(tmp_path.iterdir())))

    for end in (asker.cancel, lambda: service._process and service._process.kill()):
        asker.ask("walks", answered, failed, progress.append, steps=3, **walk)
        qtbot.waitUntil(lambda: bool(told), timeout=20_000)
        assert told == [1]
        asker.ask("walks", answered, failed, progress.append, steps=1_000_000, **walk)
        end()
        qtbot.waitUntil(lambda: not list(tmp_path.iterdir()), timeout=10_000)
        told.clear()


def test_a_process_that_cannot_be_started_is_told_and_can_be_asked_again(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker, told = Asker(service_of(desk)), []  # type: ignore[var-annotated]

    def walk(count: int) -> None:
        asker.ask(
            "walks", lambda reply: told.append("answer"), lambda problem, hint: told.append(problem), surface="ravine",
            start=[1, 1], steps=3, optimizers=[{"type": "sgd"}],
        )  # fmt: skip
        qtbot.waitUntil(lambda: len(told) == count and not asker.is_busy, timeout=20_000)

    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", str(tmp_path / "nothing"))
        walk(1)
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
        walk(2)
    assert str(tmp_path / "nothing") in told[0]
    assert str(tmp_path / "nowhere") in told[1]
    assert all(text.startswith("the process that looks inside cannot be started (") for text in told)
    walk(3)
    assert told[2] == "answer"
