"""What the commands tell about weights that they load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.training.history import read_history
from netspec.weights import write_weights
from tests.cli.runner import run

TABLE = "tensors parameters layers"


@pytest.fixture(name="weights")
def _weights(small: Path) -> Path:
    """Of the small spec, under DataParallel's prefix."""
    program = netspec.compile(netspec.load(small), seed=5)
    write_weights("w.pth", {f"module.{name}": array for name, array in program.parameters.items()})
    return Path("w.pth")


def test_train_tells_one_line_and_the_table_with_v(small: Path, weights: Path) -> None:
    short = run("train", small, "--weights", weights, "-o", "a", "--set", "train.epochs=1")
    assert 'weights from w.pth: 4 loaded (42 parameters); the prefix "module." came off' in short.words
    assert TABLE not in short.words
    full = run("train", small, "--weights", weights, "-o", "b", "--set", "train.epochs=1", "-v")
    assert TABLE in full.words
    assert "loaded 4 42 2" in full.words
    assert "fc1.weight [8, 2]" in full.words
    first = next(iter(read_history(Path("b"))))
    assert first.load["loaded"]["parameters"] == 42  # type: ignore[attr-defined]


def test_evaluate_and_predict_tell_what_was_done_to_the_names(small: Path, weights: Path) -> None:
    np.save("x.npy", np.zeros((1, 2), np.float32))
    for command in (("evaluate", small), ("predict", small, "x.npy")):
        short = run(*command, "--weights", weights)
        assert short.code == 0
        assert 'the prefix "module." came off' in " ".join(short.err.split())
        assert TABLE not in short.words
        assert TABLE in " ".join(run(*command, "--weights", weights, "-v").err.split())
        document = run(*command, "--weights", weights, "--format", "json")
        assert document.err == ""
        assert document.json["load"]["loaded"]["tensors"] == 4
        assert document.json["load"]["notes"] == ['the prefix "module." came off']
        assert ("shapes" in document.json["load"]["loaded"]) == (command[0] == "evaluate")


def test_weights_that_do_not_fit_are_reported_whole(small: Path) -> None:
    write_weights("w.npz", {"fc1.weight": np.zeros((8, 2)), "fc1.bias": np.zeros(3), "other.weight": np.zeros((4, 4))})
    for command in ("train", "evaluate"):
        result = run(command, small, "--weights", "w.npz")
        assert (result.code, result.out) == (2, "")
        counts = "1 loaded (16 parameters), 2 missing, 1 unexpected, 1 of another shape;"
        assert f"error: weights from w.npz do not fit: {counts}" in result.words
        assert "missing 2 18 1" in result.words
        assert "missing: fc2.weight [2, 8] fc2.bias [2] unexpected: other.weight [4, 4]" in result.words
        assert "fc1.bias [8] here, [3] in the file" in result.words
        remedy = "[transfer] replace" if command == "train" else "give the spec with which they were trained"
        assert remedy in result.words


def test_long_lists_are_cut_unless_v_asks_for_all(small: Path) -> None:
    names = {f"layer{place}.weight": np.zeros(2) for place in range(30)}
    write_weights("w.npz", names)
    short, full = run("evaluate", small, "--weights", "w.npz"), run("evaluate", small, "--weights", "w.npz", "-v")
    assert "… 18 more; -v lists all" in short.words
    assert "layer29.weight" not in short.words
    assert "layer29.weight [2]" in full.words
