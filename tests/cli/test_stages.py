"""The freeze plan in `netspec summary` and `netspec train`."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.stage_table import named
from netspec.training.curves import write_curves
from netspec.training.history import read_history
from netspec.training.series import collect
from tests.cli.runner import run, write_small

TRANSFER = """
freeze_to = "relu1"
unfreeze = [{ at_epoch = 1, to = "fc1", lr_mult = 0.1 }]
rates = [{ layers = ["fc2"], decay_mult = 0.5 }]
"""


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    path = write_small(tmp_path)
    path.write_text(f"{path.read_text()}\n[transfer]{TRANSFER}")
    return path


def test_summary_tells_until_when_layers_are_frozen_and_how_fast_they_learn(staged: Path) -> None:
    result = run("summary", staged)
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0] == ["layer", "type", "output", "params", "MACs", "frozen", "lr", "×", "decay", "×"]
    assert lines[2] == ["fc1", "linear", "8", "24", "16", "❄", "1", "epoch", "0.1", "1"]
    assert lines[4] == ["fc2", "linear", "2", "18", "16", "1", "0.5"]
    assert "from epoch 1: fc2 learns (18 parameters) from epoch 2: fc1, fc2 learn (42 parameters)" in result.words


def test_the_json_summary_has_the_stages_beside_what_it_had(staged: Path) -> None:
    document = run("summary", staged, "--format", "json").json
    by_name = {row["name"]: row for row in document["layers"]}
    assert [by_name[name]["learns_from"] for name in ("fc1", "relu1", "fc2")] == [1, 1, 0]
    assert (by_name["fc1"]["lr_mult"], by_name["fc2"]["decay_mult"]) == (0.1, 0.5)
    assert document["totals"]["frozen_params"] == 24
    assert document["stages"] == [
        {"number": 0, "first_epoch": 0, "trainable": ["fc2"], "trainable_params": 18, "frozen_params": 24,
         "lr_mult": [1.0, 1.0]},
        {"number": 1, "first_epoch": 1, "trainable": ["fc1", "fc2"], "trainable_params": 42, "frozen_params": 0,
         "lr_mult": [0.1, 1.0]},
    ]  # fmt: skip


def test_training_shows_the_plan_each_stage_and_the_proof_of_all(staged: Path, tmp_path: Path) -> None:
    result = run("train", staged, "-o", tmp_path / "run")
    assert result.code == 0
    assert "stage epochs learning trainable frozen learning rate" in result.words
    assert "1 1 fc2 18 24 0.02 2 2 fc1, fc2 42 0 0.002 … 0.02" in result.words
    told = "stage 2 of 2: fc1 now learns; 42 of 42 parameters trainable, learning rate × 0.1 … 1"
    assert told in result.words
    proof = "frozen 2 layers unchanged in epoch 1, stage 1 of 2 (parameters and statistics; checked 2 times"
    assert proof in result.words
    assert result.words.count("unchanged") == 1  # the second stage freezes nothing
    assert result.words.index("❄ frozen: fc1, relu1") < result.words.index("1/2") < result.words.index(told)


def test_a_resumed_run_says_in_which_of_its_epochs_layers_were_frozen(staged: Path, tmp_path: Path) -> None:
    plain = ("--set", "transfer.unfreeze=[]", "--set", "train.epochs=1")
    run("train", staged, "-o", tmp_path / "short", *plain)
    words = run("train", "--resume", tmp_path / "short", "--set", "train.epochs=3").words
    assert "frozen 2 layers unchanged in epochs 2 – 3 (parameters and statistics; checked 2 times" in words


def test_a_dry_run_proves_no_epoch(staged: Path) -> None:
    words = run("train", staged, "--dry-run").words
    assert words.count("unchanged") <= 1
    assert "unchanged in epoch" not in words
    assert "in 2 stages" not in words


def test_the_batch_that_fits_is_one_that_fits_in_every_stage(staged: Path) -> None:
    document = run("plan", staged, "--format", "json").json
    first, second = (stage["peak_bytes"] for stage in document["stages"])
    assert document["peak_bytes"] == first < second
    assert "this is stage 1 of 2; the peaks of the others: stage 2 " in run("plan", staged).words
    ram = f"{first + (second - first) // 2}B"
    small = run("plan", staged, "--ram", ram, "--format", "json").json["largest_batch"]
    assert 1 <= small < document["batch_size"]


def test_curves_mark_where_layers_are_unfrozen(staged: Path, tmp_path: Path) -> None:
    run("train", staged, "-o", tmp_path / "run")
    events = list(read_history(tmp_path / "run"))
    assert collect(events).stages == {1: 7}
    picture, _ = write_curves(events, tmp_path)
    assert ">stage 2<" in picture.read_text()


def test_layers_are_named_as_a_stretch_where_they_are_one() -> None:
    order = list("abcdef")
    assert named(["b", "c", "d", "e"], order) == "b … e"
    assert named(["a", "c", "d", "f"], order) == "a, c, d and 1 more"
    assert named([], order) == "none"
