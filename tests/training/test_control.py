"""A run obeys control.jsonl in its folder, and what it computes does not depend on it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netspec.training.control import Command, Inbox, asked_before, parse, send
from netspec.training.errors import TrainError
from netspec.training.events import Control, End, Event, Step
from netspec.training.history import read_history
from netspec.training.load import choose_weights, load_run
from netspec.training.run import train
from netspec.weights import read_metadata
from tests.training.fake import make_data, make_program, make_spec
from tests.training.helpers import numbers, of, run, weights_digest, without_times

RACE = ("sgd", "momentum")
SPEC = make_spec(RACE)


def controlled(folder: Path, at: dict[int, list[Command]], *, patience: float = 0.2, paused: bool = False) -> list[Event]:
    """Train SPEC; after step n of the first lane the commands of `at[n]` are sent, `patience` apart, from a thread.

    The step waits until the first one lies in the file.
    """
    events: list[Event] = []
    threads: list[threading.Thread] = []
    for event in train(SPEC, make_data(), folder, program=make_program(SPEC), paused=paused):
        events.append(event)
        if isinstance(event, Step) and event.optimizer == RACE[-1] and event.step in at:
            first, *rest = at.pop(event.step)
            send(folder, first)
            threads.append(threading.Thread(target=_send_all, args=(folder, rest, patience)))
            threads[-1].start()
            time.sleep(0.06)  # longer than the trainer waits between two looks
    for thread in threads:
        thread.join()
    return events


def _send_all(folder: Path, commands: list[Command], patience: float) -> None:
    for command in commands:
        time.sleep(patience)
        send(folder, command)


def steps_between(events: list[Event], first: str, last: str) -> list[int]:
    """Steps of the first lane that were taken between two commands."""
    told = [event.command if isinstance(event, Control) else "" for event in events]
    return [e.step for e in of(events[told.index(first) : told.index(last)], Step, RACE[0])]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    run(SPEC, folder)
    return folder


def test_pause_step_epoch_save_and_continue_do_not_change_a_bit(tmp_path: Path, undisturbed: Path) -> None:
    wanted = [
        Command("pause"), Command("step"), Command("step"), Command("save"), Command("step", until="epoch"), Command("continue")
    ]  # fmt: skip
    events = controlled(tmp_path / "run", {2: wanted, 11: [Command("step"), Command("continue")]})
    assert numbers(tmp_path / "run") == numbers(undisturbed)
    for label in RACE:
        name = f"checkpoints/last.{label}.safetensors"
        assert weights_digest(tmp_path / "run" / name) == weights_digest(undisturbed / name)
    told = of(events, Control)
    assert [(e.command, e.until) for e in told] == [
        ("pause", None), ("step", "step"), ("paused", None), ("step", "step"), ("paused", None), ("save", None),
        ("step", "epoch"), ("paused", None), ("continue", None), ("step", "step"), ("paused", None), ("continue", None),
    ]  # fmt: skip
    assert [e.paused for e in told] == [e.command != "continue" for e in told]
    assert [e.step for e in told] == [2, 2, 3, 3, 4, 4, 4, 5, 5, 11, 12, 12]
    assert steps_between(events, "pause", "save") == [3, 4]
    assert steps_between(events, "save", "continue") == [5]  # an epoch has 5 steps


def test_no_step_is_taken_while_paused_and_that_is_no_training_time(tmp_path: Path) -> None:
    events = controlled(tmp_path / "run", {4: [Command("pause"), Command("continue")]}, patience=0.6)
    assert steps_between(events, "pause", "continue") == []
    paused, going_on = of(events, Control)
    assert going_on.waited > 0.3
    assert going_on.seconds - paused.seconds < 0.25
    assert of(events, End)[0].seconds < 0.6


def test_a_run_may_begin_paused(tmp_path: Path, undisturbed: Path) -> None:
    events = iter(train(SPEC, make_data(), tmp_path / "run", program=make_program(SPEC), paused=True))
    seen = list(until(events, lambda event: isinstance(event, Control)))
    assert of(seen, Step) == []
    assert seen[-1].message == "paused before step 1"  # type: ignore[attr-defined]
    send(tmp_path / "run", Command("continue"))
    list(events)
    assert numbers(tmp_path / "run") == numbers(undisturbed)


def until(events: Iterator[Event], is_it: Callable[[Event], bool]) -> Iterator[Event]:
    for event in events:
        yield event
        if is_it(event):
            return


@pytest.mark.parametrize(("keep", "file"), [("best", "best"), ("last", "last")])
def test_stopping_keeps_what_was_asked_for_and_the_run_can_go_on_exactly(
    tmp_path: Path, undisturbed: Path, keep: str, file: str
) -> None:
    events = controlled(tmp_path / "run", {7: [Command("stop", keep=keep)]})  # type: ignore[arg-type]
    ends = of(events, End)
    assert [(e.reason, e.step, e.kept, e.restored) for e in ends] == [("interrupted", 7, keep, keep == "best")] * 2
    assert f"stopped on request after step 7, keeping the {keep} weights" in ends[0].message
    for label in RACE:
        assert choose_weights(tmp_path / "run", None, label).name == f"{file}.{label}.safetensors"
        assert read_metadata(tmp_path / f"run/checkpoints/last.{label}.safetensors")["step"] == "7"
    list(train(SPEC, make_data(), resume=tmp_path / "run", program=make_program(SPEC)))
    assert numbers(tmp_path / "run") == numbers(undisturbed)
    assert choose_weights(tmp_path / "run", None, "sgd").name == "best.sgd.safetensors"  # the choice was of that stop


def test_stopping_while_paused_ends_the_run(tmp_path: Path) -> None:
    events = controlled(tmp_path / "run", {3: [Command("pause"), Command("stop")]})
    assert [e.reason for e in of(events, End)] == ["interrupted", "interrupted"]
    assert of(events, Control)[-1].waited > 0.1
    assert not (tmp_path / "run/running.pid").exists()
    assert not (tmp_path / "run/control.jsonl").exists()


def test_keeping_the_best_where_none_was_saved_says_so(tmp_path: Path) -> None:
    spec = make_spec(train={"validation_split": 0.0})
    events: list[Event] = []
    for event in train(spec, make_data(), tmp_path / "run", program=make_program(spec)):
        events.append(event)
        if isinstance(event, Step) and event.step == 2:
            send(tmp_path / "run", Command("stop", keep="best"))
            time.sleep(0.06)
    end = of(events, End)[0]
    assert (end.kept, end.restored) == ("last", False)
    assert end.message.endswith("keeping the last weights: no best ones have been saved")
    assert load_run(tmp_path / "run").metadata["step"] == "2"


def test_a_caller_that_asks_to_stop_is_heard_while_paused(tmp_path: Path) -> None:
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    events = list(train(SPEC, make_data(), tmp_path / "run", program=make_program(SPEC), paused=True, stop=stop))
    timer.join()
    assert [e.reason for e in of(events, End)] == ["interrupted", "interrupted"]


def test_what_was_asked_of_an_earlier_part_of_the_run_is_not_obeyed(tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "run"
    run(SPEC, folder, stop=lambda: (folder / "checkpoints").exists() and len(list(read_history(folder))) > 20)
    (folder / "control.jsonl").write_text('{"do": "stop"}\n')
    list(train(SPEC, make_data(), resume=folder, program=make_program(SPEC)))
    assert numbers(folder) == numbers(undisturbed)


def test_lines_that_are_no_commands_are_told_and_change_nothing(tmp_path: Path, undisturbed: Path) -> None:
    folder, events = tmp_path / "run", []
    for event in train(SPEC, make_data(), folder, program=make_program(SPEC)):
        events.append(event)
        if isinstance(event, Step) and event.step == 1 and event.optimizer == RACE[-1]:
            (folder / "control.jsonl").write_text('{"do": "explode"}\nnothing\n{"do": "pa')
            time.sleep(0.06)
    assert [e.command for e in of(events, Control)] == ["refused", "refused"]
    assert without_times(e for e in events if not isinstance(e, Control))[1:] == without_times(read_history(undisturbed))[1:]


@pytest.mark.parametrize("fault", ["a folder", "nested", "separators"])
def test_a_file_that_cannot_be_understood_or_read_does_not_end_the_run(
    tmp_path: Path, undisturbed: Path, fault: str
) -> None:
    folder, events = tmp_path / "run", []
    for event in train(SPEC, make_data(), folder, program=make_program(SPEC)):
        events.append(event)
        if isinstance(event, Step) and event.step in (1, 5) and event.optimizer == RACE[-1]:
            if fault == "a folder":
                (folder / "control.jsonl").mkdir(exist_ok=True)
            elif event.step == 1:
                text = "[" * 100_000 if fault == "nested" else '{"do": "pause\u2028", "a": 1}'
                (folder / "control.jsonl").write_text(text + "\n", encoding="utf-8")
            time.sleep(0.06)
    (answer,) = of(events, Control)
    reasons = {"a folder": "the file cannot be read", "nested": "nested too deeply: [[[", "separators": "do = 'pause\\u2028'"}
    assert answer.command == "refused"
    assert reasons[fault] in answer.message
    assert len(answer.message) < 400
    assert numbers(folder) == numbers(undisturbed)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("[]", 'no object with "do": []'),
        ('{"do": "halt"}', "do = 'halt'; it must be one of pause, continue, step, save, stop"),
        ('{"do": "stop", "keep": "none"}', "keep = 'none'; it must be one of best, last"),
        ('{"do": "stop", "now": true}', "unknown key 'now'; there are do, keep, until"),
    ],
)
def test_a_wrong_command_is_named(line: str, wrong: str) -> None:
    assert parse(line) == wrong


def test_every_command_reads_back_as_it_was_written() -> None:
    for command in (Command("pause"), Command("stop", keep="best"), Command("step", until="epoch")):
        assert parse(json.dumps(vars(command))) == command


def test_a_run_that_nobody_trains_cannot_be_asked(undisturbed: Path) -> None:
    with pytest.raises(TrainError, match="no process trains this run, so nothing can pause"):
        send(undisturbed, Command("pause"))
    assert not (undisturbed / "control.jsonl").exists()


def test_only_what_stood_in_the_file_before_the_run_was_held_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "control.jsonl").write_text('{"do": "stop"}\n' * 3, encoding="utf-8")  # left by a trainer that was killed
    events = train(SPEC, make_data(), folder, program=make_program(SPEC))
    first = next(events)
    send(folder, Command("pause"))
    send(folder, Command("stop", keep="best"))
    rest = [first, *events]
    assert [event.command for event in of(rest, Control)] == ["pause", "stop"]
    assert of(rest, Step) == []
    assert not (folder / "control.jsonl").exists()


def test_a_file_that_has_been_removed_and_written_anew_is_read_from_its_start(tmp_path: Path) -> None:
    file = tmp_path / "control.jsonl"
    file.write_text('{"do": "stop", "keep": "best"}\n', encoding="utf-8")
    inbox = Inbox(tmp_path, old=asked_before(tmp_path))
    file.write_text('{"do": "save"}\n', encoding="utf-8")
    assert inbox.read() == [Command("save")]
