"""The race runs, in both forms, and says who does not take part and why."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
pytestmark = pytest.mark.peers

from benchmarks.__main__ import chosen, main  # noqa: E402
from benchmarks.contest import EAGER, LAST, ONNX, OURS, Contest, Team  # noqa: E402
from benchmarks.harness import Outcome, Pace, Timing, check_same, hold, race  # noqa: E402
from benchmarks.table import ROWS, Result, as_markdown, milliseconds  # noqa: E402
from tests.kit.networks import small_convnet  # noqa: E402

TINY = ["--rounds", "1", "--batch", "2", "--limit", "1", "--no-compile"]


def test_a_row_of_training_prints_every_contestant_and_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lenet5", *TINY, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (row,) = document["rows"]
    assert list(row["seconds"]) == [OURS, EAGER, LAST]
    assert row["absent"] == {}
    assert row["ratio"] == row["seconds"][row["fastest_other"]]["median"] / row["seconds"][OURS]["median"]
    assert {"CPU", "vectors", "versions"} <= document["machine"].keys()


def test_a_row_of_inference_has_onnxruntime(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert main(["lenet5-inference", *TINY]) == 0
    text = capsys.readouterr().out
    assert ONNX in text.splitlines()[0]
    assert "—" not in text.splitlines()[2]


def test_a_contestant_that_fails_is_named_with_its_error() -> None:
    team = Team()
    team.enter("torch.compile", lambda: lambda repeats: 1 / 0)
    assert (team.timers, team.absent) == ({}, {"torch.compile": "ZeroDivisionError: division by zero"})
    result = Result(ROWS[0], 64, Outcome({OURS: Timing(1e-3, 1e-3, 1e-3, 1), EAGER: Timing(2e-3, 2e-3, 2e-3, 1)}, team.absent))
    lines = as_markdown({"CPU": "one"}, [result]).splitlines()
    assert lines[0] == "| ms | batch | netspec | torch eager | torch.compile | ratio | goal |"
    assert lines[2] == "| MLP 784-256-128-10 | 64 | 1.00 | **2.00** | — | 2.00 | ≥ 1.5 |"
    assert lines[-1] == "- mlp: no torch.compile: ZeroDivisionError: division by zero"


def test_different_networks_are_not_raced() -> None:
    values = np.array([[1.0, -2.0]], np.float32)
    check_same({OURS: values, EAGER: values * np.float32(1.0001)})
    with pytest.raises(ValueError, match="netspec and torch eager differ by"):
        check_same({OURS: values, EAGER: values * np.float32(1.01)})
    with pytest.raises(ValueError, match="differ by nan"):
        check_same({OURS: values, EAGER: values * np.float32(np.nan)})


def test_rows_are_chosen_by_name_and_pattern() -> None:
    assert [row.name for row in chosen(["resnet18*", "mlp"])] == ["mlp", "resnet18", "resnet18-frozen", "resnet18-inference"]
    assert chosen([]) == list(ROWS)
    with pytest.raises(ValueError, match="alexnet: no such row"):
        chosen(["alexnet"])


@pytest.mark.parametrize("task", ["forward", "backward", "dx", "dw"])
def test_directions_of_a_network_are_timed_in_one_process_too(task: str) -> None:
    table = small_convnet().model_dump()
    outcome = hold(Contest(table, 2, task), ("netspec", "torch"), Pace(1, 0.001), one_process=True)  # type: ignore[arg-type]
    assert list(outcome.timings) == [OURS, EAGER, LAST]
    assert all(timing.median > 0 for timing in outcome.timings.values())


def test_every_contestant_has_as_many_turns_and_none_is_always_first() -> None:
    turns: list[str] = []

    def timer(name: str) -> object:
        return lambda repeats: turns.append(name) or 1e-3 * repeats

    found = race({name: timer(name) for name in "abc"}, Pace(3, 0.001))  # type: ignore[misc]
    assert {name: timing.rounds for name, timing in found.items()} == {"a": 3, "b": 3, "c": 3}
    assert "".join(turns[6:]) == "abcbcacab"  # after two turns each to see how long a call takes


def test_milliseconds_have_about_three_digits() -> None:
    assert [milliseconds(1e-3 * value) for value in (0.4123, 3.814, 52.34, 2914.6)] == ["0.412", "3.81", "52.3", "2 915"]
