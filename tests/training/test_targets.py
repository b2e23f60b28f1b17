"""Targets reach the loss in its layout, and those that cannot be trained on are refused before the first step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.datasets.base import Part
from netspec.program import Program
from netspec.spec.model import Spec
from netspec.training.curves import write_curves
from netspec.training.errors import TrainError
from netspec.training.evaluate import evaluate
from netspec.training.events import End, Epoch, Run, Step, Validation
from netspec.training.inputs import Arrays, data_for
from netspec.training.load import load_run
from netspec.training.outcome import exit_status
from netspec.training.run import train
from tests.kit.networks import spec_of
from tests.training.fake import make_data
from tests.training.helpers import of


def identity_network(**sections: Any) -> tuple[Spec, Program]:
    """A 1×1 convolution that gives its input of [3, 4, 5], with a learning rate of 0."""
    layers = [{"name": "c", "type": "conv2d", "out_channels": 3, "kernel_size": 1, "bias": False}]
    spec = spec_of(
        layers, [3, 4, 5], loss={"type": "mse"}, optimizer={"type": "sgd", "lr": 0.0},
        train={"epochs": 1, "batch_size": 8}, **sections,
    )  # fmt: skip
    program = netspec.compile(spec, threads=1)
    program.load_parameters({"c.weight": np.eye(3).reshape(3, 3, 1, 1)})
    return spec, program


def test_a_network_that_gives_its_input_has_no_loss_on_that_input(tmp_path: Path) -> None:
    spec, program = identity_network(metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(20, 3, 4, 5))
    epoch = of(train(spec, (x, x), tmp_path / "run", program=program), Epoch)[0]
    assert epoch.running_loss < 1e-12
    assert epoch.metrics["running_mae"] < 1e-6


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((20, 60), r"the network gives \[3, 4, 5\] .* of \[60\]; give targets of shape \[N, 3, 4, 5\]"),
        ((20, 4, 5, 3), r"the network gives \[3, 4, 5\] .* of \[4, 5, 3\]"),
        ((20, 5), r"of \[5\]; give the last layer as many features"),
    ],
)
def test_dense_targets_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...], text: str) -> None:
    spec, program = identity_network()
    with pytest.raises(TrainError, match=text):
        train(spec, (np.zeros((20, 3, 4, 5)), np.zeros(shape)), tmp_path / "run", program=program)


def test_whole_numbers_as_dense_targets_are_not_rounded(tmp_path: Path) -> None:
    y = 2**24 + 1 + 2 * np.arange(12).reshape(6, 2)
    part = Arrays.of(np.zeros((6, 3)), y).read(tmp_path, None).parts["train"]
    assert np.array_equal(part.y, y)


def test_targets_beyond_the_compute_type_are_refused(tmp_path: Path) -> None:
    spec, program = identity_network()
    x = np.zeros((20, 3, 4, 5))
    with pytest.raises(TrainError, match=r"targets up to 1e\+39, but float32 ends at 3.4e\+38"):
        train(spec, (x, x + 1e39), tmp_path / "run", program=program)


def classifier(**sections: Any) -> Spec:
    train_keys = {"epochs": 4, "batch_size": 8, "validation_split": 0.25, **sections.pop("train", {})}
    layers = [{"name": "fc", "type": "linear", "out_features": 3}]
    optimizer = {"type": "momentum", "lr": 0.1, "weight_decay": 0.1}
    return spec_of(layers, [6], optimizer=optimizer, train=train_keys, **sections)


@pytest.mark.parametrize("label", [-1, 255])
def test_samples_with_the_ignored_label_count_nowhere(tmp_path: Path, label: int) -> None:
    """Accuracy, F1, confusion and loss are those of the labelled samples alone."""
    x, y = make_data()
    y = np.where(np.arange(50) % 5 == 0, label, y)
    spec = classifier(loss={"type": "cross_entropy", "ignore_index": label}, metrics=["accuracy", "f1"])
    program = netspec.compile(spec, threads=1)
    events = list(train(spec, (x, y), tmp_path / "run", program=program))
    assert of(events, End)[0].reason == "completed"
    assert of(events, Run)[0].classes == ["0", "1", "2"]
    data = data_for(spec, (x, y))
    assert data.validation is not None
    labelled = data.validation.take(np.flatnonzero(data.validation.y != label))
    assert 0 < len(labelled) < len(data.validation)
    whole, part = (
        evaluate(
            program.lanes[0], rows, data.normalization, metrics=spec.metrics, batch_size=8, losses=spec.losses
        )
        for rows in (data.validation, labelled)
    )  # fmt: skip
    assert (whole.metrics, whole.confusion) == (part.metrics, part.confusion)
    assert whole.loss == pytest.approx(part.loss, rel=1e-6)
    assert of(events, Validation)[-1].metrics == whole.metrics


def test_a_look_at_ignored_samples_alone_gives_nan_and_the_run_goes_on(tmp_path: Path) -> None:
    x, y = make_data(2000)
    y[:1100] = -1
    spec = classifier(
        loss={"type": "cross_entropy", "ignore_index": -1}, train={"epochs": 1, "batch_size": 100, "validation_split": 0}
    )
    events = list(train(spec, (x, y), tmp_path / "run", threads=1))
    look = of(events, Validation)[0]
    assert (look.part, look.samples) == ("train", 1000)
    assert np.isnan([look.loss, look.metrics["accuracy"]]).all()
    assert of(events, End)[0].reason == "completed"
    write_curves(events, tmp_path)


@pytest.mark.parametrize(("batch_size", "accumulation"), [(2, 1), (1, 2)])
def test_a_batch_without_weight_ends_the_run_before_its_update(
    tmp_path: Path, batch_size: int, accumulation: int
) -> None:
    """No loss is no NaN; the weights are those of the step before, also with momentum and decay."""
    x, y = make_data()
    sizes = {"batch_size": batch_size, "gradient_accumulation_steps": accumulation, "shuffle": "never", "validation_split": 0}
    y[6:8] = 0
    y[:6] = 1
    spec = classifier(loss={"type": "cross_entropy", "class_weights": [0, 1, 1]}, train=sizes)
    program = netspec.compile(spec, threads=1)
    events = list(train(spec, (x, y), tmp_path / "run", program=program))
    end = of(events, End)[0]
    assert (end.reason, end.step, end.bundle) == ("no weight", 3, None)
    assert end.message == (
        "step 4 has nothing to learn from: each of its 2 labels (epoch 1, from sample 6 on) is ignored or of class weight 0; "
        "use a larger batch_size, or leave such samples out of the data"
    )
    assert [e.step for e in of(events, Step)] == [1, 2, 3]
    assert np.isfinite([e.loss for e in of(events, Step)]).all()
    assert exit_status([end]) == 1
    saved = load_run(tmp_path / "run", "last").tensors
    assert all(np.array_equal(saved[name], array) for name, array in program.lanes[0].tensors().items())
    assert program.lanes[0].step == 3


@pytest.mark.parametrize(("first", "part"), [(0, "train"), (40, "validation")])
def test_a_part_without_weight_is_refused_before_training(tmp_path: Path, first: int, part: str) -> None:
    x, y = make_data(80)
    rows = Part(x, y, np.arange(80))
    y[first : first + 40] = 2
    y[40 - first : 80 - first] = np.arange(40) % 2
    data = data_for(classifier(loss={"type": "cross_entropy"}), (x, y))
    data = replace(data, train=rows.take(np.arange(40)), validation=rows.take(np.arange(40, 80)))
    spec = classifier(loss={"type": "cross_entropy", "class_weights": [1, 1, 0]})
    with pytest.raises(TrainError, match=f"every sample of the {part} part is ignored or of class weight 0"):
        train(spec, data, tmp_path / "run")
