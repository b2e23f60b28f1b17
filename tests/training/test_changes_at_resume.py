"""A run resumed with a changed spec: what can go on goes on, what cannot starts anew, and both are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.spec.model import Spec
from netspec.training.events import Checkpoint, End, Event, FrozenProof, Run, Stage, Step, Validation
from netspec.training.run import train
from tests.kit.networks import CROSS_ENTROPY, spec_of
from tests.training.fake import make_spec
from tests.training.helpers import StopAfter, numbers, of, run, weights_digest
from tests.training.test_resume import SECTIONS

EARLY: dict[str, Any] = {"patience": 1, "min_delta": 0.2}


def warnings_of(events: list[Event]) -> str:
    return "\n".join(of(events, Run)[0].warnings)


@pytest.mark.parametrize("stop", [5, 7])
def test_the_best_of_another_monitor_is_forgotten(tmp_path: Path, stop: int) -> None:
    """Losses are no accuracies: the best accuracy after the change is the best of the run, and it is on the disk."""
    both: dict[str, Any] = {"metrics": ["accuracy"], "train": {"epochs": 5}}
    run(make_spec(checkpoint={"top_k": 2}, **both), tmp_path / "run", stop=StopAfter(stop))
    spec = make_spec(checkpoint={"monitor": "val_accuracy", "top_k": 2}, **both)
    events, _ = run(spec, None, resume=tmp_path / "run")
    text = "the best was that of val_loss (min) and is now that of val_accuracy (max): it is chosen anew"
    assert text in warnings_of(events)
    measured = {e.step: e.metrics["accuracy"] for e in of(events, Validation)}
    end = of(events, End)[0]
    assert (end.monitor, end.best_value) == ("val_accuracy", max(measured.values()))
    assert measured[end.best_step] == end.best_value
    assert all(e.value == measured[e.step] for e in of(events, Checkpoint) if e.kind == "best")


def test_the_patience_of_another_monitor_starts_anew(tmp_path: Path) -> None:
    def spec(**early: Any) -> Spec:
        return make_spec(metrics=["accuracy"], train={"epochs": 6}, early_stopping={"restore_best": False, **early})

    run(spec(monitor="val_loss"), tmp_path / "run", stop=StopAfter(10))
    events, _ = run(spec(monitor="val_accuracy", patience=1), None, resume=tmp_path / "run")
    assert "early_stopping watched val_loss (min) and now watches val_accuracy (max)" in warnings_of(events)
    found = [(e.step, e.metrics["accuracy"]) for e in of(events, Validation)]
    stopped = next((step for (step, now), (_, before) in zip(found[1:], found, strict=False) if now <= before), 30)
    assert of(events, End)[0].step == stopped
    assert stopped > found[0][0], "the first accuracy is better than none, and not worse than a loss"


def test_a_run_that_stopped_early_goes_on_with_more_patience(tmp_path: Path) -> None:
    """It becomes the run that had this patience from the start."""
    run(make_spec(early_stopping=EARLY, train={"epochs": 6}), tmp_path / "run")
    assert numbers(tmp_path / "run")[-1]["reason"] == "early stopping"
    patient = make_spec(early_stopping=EARLY | {"patience": 50}, train={"epochs": 6})
    events, _ = run(patient, None, resume=tmp_path / "run")
    run(patient, tmp_path / "whole")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    name = "checkpoints/last.safetensors"
    assert weights_digest(tmp_path / "run" / name) == weights_digest(tmp_path / "whole" / name)
    assert "it had stopped early at step 10, and goes on because early_stopping has changed" in warnings_of(events)


def test_a_lane_that_the_others_have_left_behind_stays_stopped(tmp_path: Path) -> None:
    run(make_spec(("momentum", "sgd"), **SECTIONS), tmp_path / "run")
    ends = {line["optimizer"]: line["step"] for line in numbers(tmp_path / "run") if line["event"] == "end"}
    assert ends == {"momentum": 18, "sgd": 20}
    changes = {"early_stopping": {"patience": 9}, "train": SECTIONS["train"] | {"epochs": 6}}
    events, _ = run(make_spec(("momentum", "sgd"), **(SECTIONS | changes)), None, resume=tmp_path / "run")
    assert "momentum: it stopped early at step 18, and the run stands at step 20: it stays stopped" in warnings_of(events)
    assert {e.optimizer for e in of(events, Step)} == {"sgd"}


def test_a_schedule_of_another_kind_starts_with_its_own_memory(tmp_path: Path) -> None:
    run(make_spec(train={"epochs": 2}), tmp_path / "run")
    plateau = {"type": "plateau", "patience": 0, "min_delta": 9.0}
    events, _ = run(make_spec(train={"epochs": 5}, schedule=plateau), None, resume=tmp_path / "run")
    assert "the schedule was constant and is now plateau of val_loss, which starts with an empty memory" in warnings_of(
        events
    )
    assert [e.lr for e in of(events, Step)][::5] == pytest.approx([0.05, 0.05, 0.005])


def test_a_plateau_of_another_monitor_forgets_the_best_of_the_first(tmp_path: Path) -> None:
    def spec(epochs: int, monitor: str) -> Spec:
        schedule = {"type": "plateau", "monitor": monitor, "patience": 0, "min_delta": 0.0}
        return make_spec(train={"epochs": epochs}, metrics=["accuracy"], schedule=schedule)

    run(spec(1, "val_loss"), tmp_path / "run")
    events, _ = run(spec(3, "val_accuracy"), None, resume=tmp_path / "run")
    assert "was plateau of val_loss and is now plateau of val_accuracy" in warnings_of(events)
    assert of(events, Step)[-1].lr == 0.05, "no accuracy is above a loss of 1.1, but the first is better than none"


def frozen_spec(epochs: int, optimizer: str = "sgd", **transfer: Any) -> Spec:
    layers: list[dict[str, Any]] = [
        {"name": "c1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"name": "bn", "type": "batch_norm"},
        {"name": "fc", "type": "linear", "out_features": 3},
    ]
    return spec_of(
        layers, [2, 4, 4], loss=CROSS_ENTROPY, optimizer={"type": optimizer, "lr": 0.05},
        train={"epochs": epochs, "batch_size": 6}, transfer=transfer,
    )  # fmt: skip


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 2, 4, 4)), rng.integers(0, 3, 30)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_layers_can_be_unfrozen_and_frozen_at_a_resume(tmp_path: Path, optimizer: str) -> None:
    folder = tmp_path / "run"
    list(train(frozen_spec(2, optimizer, freeze=["c1", "bn"]), data(), folder, threads=1))
    before = weights_of(folder)
    less = list(train(frozen_spec(3, optimizer, freeze=["c1"]), data(), resume=folder, threads=1))
    assert "parameters no longer frozen: bn; statistics no longer frozen: bn; the proof starts anew" in warnings_of(less)
    assert [e.reason for e in of(less, End)] == ["completed"]
    assert [(e.epoch, e.unchanged) for e in of(less, FrozenProof)] == [(2, True), (3, True)]
    assert [e.frozen for e in of(less, Stage)] == [["c1"]]
    between = weights_of(folder)
    assert changed(before, between) == {"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "fc.weight", "fc.bias"}
    more = list(train(frozen_spec(4, optimizer, freeze=["c1", "fc"]), data(), resume=folder, threads=1))
    assert "parameters newly frozen: fc" in warnings_of(more)
    assert changed(between, weights_of(folder)) == {"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"}


def test_the_slots_of_layers_that_stay_free_go_on_when_others_are_unfrozen(tmp_path: Path) -> None:
    """Unfreezing a layer with lr_mult = 0 changes no other number of the run."""
    spec = frozen_spec(4, "momentum", freeze=["c1"])
    layers = (spec.layers[0].model_copy(update={"lr_mult": 0.0}), *spec.layers[1:])
    spec = spec.model_copy(update={"layers": layers})
    list(train(spec, data(), tmp_path / "whole", threads=1))
    list(train(spec, data(), tmp_path / "run", threads=1, stop=StopAfter(7)))
    list(train(spec.model_copy(update={"transfer": None}), data(), resume=tmp_path / "run", threads=1))
    assert not changed(weights_of(tmp_path / "whole"), weights_of(tmp_path / "run"))


def test_with_bn_train_the_statistics_follow_the_data_and_the_proof_says_what_it_covers(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    spec = frozen_spec(2, freeze=["c1", "bn"], bn="train")
    events = list(train(spec, data(), folder, threads=1))
    assert [e.reason for e in of(events, End)] == ["completed"]
    assert [(e.unchanged, e.covers) for e in of(events, FrozenProof)] == [
        (True, 'parameters, not statistics (bn = "train")')
    ] * 3
    assert not np.array_equal(weights_of(folder)["bn.running_mean"], np.zeros(4))
    events = list(train(frozen_spec(1, freeze=["c1", "bn"]), data(), tmp_path / "eval", threads=1))
    assert {e.covers for e in of(events, FrozenProof)} == {"parameters and statistics"}
    assert np.array_equal(weights_of(tmp_path / "eval")["bn.running_mean"], np.zeros(4))


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    from netspec.training.load import load_run

    return dict(load_run(folder, "last").tensors)


def changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    return {name for name in after if not np.array_equal(before[name], after[name])}
