"""What is saved when, that it is never half written, and that best means best."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netspec.defaults import fill_defaults
from netspec.training.events import Checkpoint, End, Epoch, Validation
from netspec.training.load import choose_weights, load_run
from netspec.training.run_folder import RunFolder, new_run_path
from netspec.weights import read_metadata, read_weights
from tests.training.fake import make_program, make_spec
from tests.training.helpers import StopAfter, numbers, of, run, weights_digest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_kill_9_at_any_moment_leaves_checkpoints_that_load_and_a_run_that_goes_on(tmp_path: Path) -> None:
    from tests.training.killed import SPEC

    command = [sys.executable, "-m", "tests.training.killed", str(tmp_path / "run"), "25"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    report = json.loads(done.stdout)
    assert report["status"] == 0
    assert report["killed"] >= 5
    assert report["steps"] == sorted(report["steps"])  # never back behind what was saved
    run(SPEC, tmp_path / "whole")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "whole/checkpoints").iterdir()}
    assert {path.name for path in (tmp_path / "run/checkpoints").iterdir() if path.name[0] != "."} == names
    for name in names:
        assert weights_digest(tmp_path / "run/checkpoints" / name) == weights_digest(
            tmp_path / "whole/checkpoints" / name
        )


def test_best_is_the_validation_with_the_best_value(tmp_path: Path) -> None:
    spec = make_spec(("momentum",), train={"epochs": 6}, checkpoint={"monitor": "val_accuracy"})
    events, _ = run(spec, tmp_path / "run")
    seen = [(e.metrics["accuracy"], -e.step) for e in of(events, Validation) if e.step > 0]
    value, negative_step = max(seen)  # of equal values the first
    metadata = read_metadata(tmp_path / "run/checkpoints/best.safetensors")
    assert metadata["step"] == str(-negative_step)
    end = of(events, End)[0]
    assert (end.best_value, end.best_step, end.monitor) == (value, -negative_step, "val_accuracy")


def test_the_best_k_are_kept_and_no_others(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"), train={"epochs": 8}, checkpoint={"top_k": 3, "monitor": "val_accuracy"})
    events, _ = run(spec, tmp_path / "run")
    for label in ("sgd", "momentum"):
        seen = [(-e.metrics["accuracy"], e.step) for e in of(events, Validation, label) if e.step > 0]
        expected = {f"top-{step:06d}.{label}.safetensors" for _, step in sorted(seen)[:3]}
        found = {path.name for path in (tmp_path / "run/checkpoints").glob(f"top-*.{label}.*")}
        assert found == expected


def test_checkpoints_come_at_the_interval(tmp_path: Path) -> None:
    events, _ = run(make_spec(checkpoint={"every": {"steps": 4}}), tmp_path / "run")
    assert [e.step for e in of(events, Checkpoint) if e.kind == "every"] == [4, 8, 12]
    for event in of(events, Checkpoint):
        assert (tmp_path / "run" / event.path).exists()
    assert read_metadata(tmp_path / "run/checkpoints/step-000008.safetensors")["step"] == "8"


def test_nothing_is_kept_that_was_not_asked_for(tmp_path: Path) -> None:
    run(make_spec(checkpoint={"save_last": False, "save_best": False}), tmp_path / "run")
    assert not list((tmp_path / "run/checkpoints").iterdir())


def test_early_stopping_waits_patience_validations_and_brings_back_the_best(tmp_path: Path) -> None:
    spec = make_spec(
        ("momentum",), train={"epochs": 60}, early_stopping={"monitor": "val_loss", "patience": 3, "min_delta": 0.02}
    )
    events, program = run(spec, tmp_path / "run")
    losses = [e.loss for e in of(events, Validation)[1:]]
    best, bad = losses[0], [0]
    for loss in losses[1:]:
        best, count = (loss, 0) if loss < best - 0.02 else (best, bad[-1] + 1)
        bad.append(count)
    assert bad.index(3) == len(losses) - 1 < 59
    end = of(events, End)[0]
    assert (end.reason, end.restored) == ("early stopping", True)
    assert "val_loss has not improved for 3 validations; the best was" in end.message
    smallest = int(np.argmin(losses))
    assert end.best_step == of(events, Epoch)[smallest].step
    saved = read_weights(tmp_path / "run/checkpoints/best.safetensors").tensors
    assert (program.lanes[0].weight == saved["fc.weight"]).all()
    last_saved = read_weights(tmp_path / "run/checkpoints/last.safetensors").tensors
    assert not (program.lanes[0].weight == last_saved["fc.weight"]).all()


def test_restore_best_false_leaves_the_last_weights(tmp_path: Path) -> None:
    events, program = run(make_spec(early_stopping={"restore_best": False, "patience": 1}), tmp_path / "run")
    saved = read_weights(tmp_path / "run/checkpoints/last.safetensors").tensors
    assert (program.lanes[0].weight == saved["fc.weight"]).all()
    assert not of(events, End)[0].restored


def test_a_lane_with_nan_never_overwrites_its_last_good_weights(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"))
    program = make_program(spec)
    program.lanes[1].nan_at = 10  # the last update of an epoch: the loss has not seen it yet
    events, _ = run(spec, tmp_path / "run", program=program)
    end = of(events, End, "momentum")[0]
    assert (end.reason, end.step) == ("nan", 10)
    saved = read_weights(tmp_path / "run/checkpoints/last.momentum.safetensors")
    assert saved.metadata["step"] == "5"
    assert np.isfinite(saved.tensors["fc.weight"]).all()


def test_the_bundle_replays_the_step(tmp_path: Path) -> None:
    spec = make_spec()
    program = make_program(spec)
    program.lanes[0].nan_at = 7
    events, _ = run(spec, tmp_path / "run", program=program)
    folder = tmp_path / "run" / of(events, End)[0].bundle
    report = json.loads((folder / "report.json").read_text())
    assert (report["step"], report["tensors"], report["loss"]) == (8, "before the step", "NaN")
    batches = read_weights(folder / "batches.npz").tensors
    assert batches["index0"].tolist() == report["rows"][0]


def test_weights_carry_what_predict_needs(tmp_path: Path) -> None:
    spec = make_spec()
    run(spec, tmp_path / "run")
    trained = load_run(tmp_path / "run", "last")
    assert trained.spec == fill_defaults(spec)
    assert trained.classes == ("0", "1", "2")
    assert trained.normalization is not None
    assert trained.normalization.mean.tolist() == [0.0] * 6
    assert set(trained.metadata) >= {"netspec_version", "spec_hash", "step", "epoch", "optimizer"}


def test_without_a_choice_the_winner_of_the_race_is_loaded(tmp_path: Path) -> None:
    run(make_spec(("sgd", "momentum")), tmp_path / "run")
    assert choose_weights(tmp_path / "run", "best", None).name == "best.momentum.safetensors"
    assert choose_weights(tmp_path / "run", "best", "sgd").name == "best.sgd.safetensors"


def test_run_folders_are_numbered(tmp_path: Path) -> None:
    assert new_run_path("my net", tmp_path) == tmp_path / "my-net-1"
    (tmp_path / "my-net-9").mkdir()
    (tmp_path / "my-net-x").mkdir()
    assert new_run_path("my net", tmp_path) == tmp_path / "my-net-10"


def test_lanes_have_files_of_their_own_whatever_they_are_called(tmp_path: Path) -> None:
    labels = ["a/b", "a_b", "A_B", "ü", "adam"]
    folder = RunFolder(tmp_path, labels)
    names = [folder.weights("last", label).name.lower() for label in labels]
    assert len(set(names)) == 5
    assert all("/" not in name for name in names)
    assert names[-1] == "last.adam.safetensors"


def test_the_tensors_in_the_bundle_are_those_before_the_step(tmp_path: Path) -> None:
    """Replayed from the last saved state, with momentum and a schedule: the same bits as a run stopped there."""
    spec = make_spec(("momentum",), schedule={"type": "cosine"}, train={"gradient_accumulation_steps": 2})
    program = make_program(spec)
    program.lanes[0].nan_at = 5
    events, _ = run(spec, tmp_path / "run", program=program)
    end = of(events, End)[0]
    assert end.step == 6
    bundle = tmp_path / "run" / end.bundle
    found = read_weights(bundle / "slots.safetensors").tensors
    healthy = make_program(spec)
    run(spec, tmp_path / "healthy", program=healthy, stop=StopAfter(5))
    assert found["momentum/fc.weight"].tobytes() == healthy.lanes[0].momentum.tobytes()
    bias = read_weights(bundle / "tensors.safetensors").tensors["fc.bias"]
    assert bias.tobytes() == healthy.lanes[0].bias.tobytes()
