"""Several losses on several outputs; further inputs and targets; samples made anew for each epoch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.datasets.base import Part, Source, indexes
from netspec.datasets.batch import Batch, Key
from netspec.datasets.load import load_data
from netspec.inside.landscape import loss_slice
from netspec.loss_value import LossValue
from netspec.problems import SpecError
from netspec.spec.model import Spec
from netspec.training.evaluate import evaluate
from netspec.training.events import Epoch, Step, Validation
from netspec.training.inputs import Arrays

RECONSTRUCTION = {"type": "mse", "input": "decoded", "target": "input", "weight": 0.5}
CLASSES = {"type": "cross_entropy", "input": "classes"}


def two_headed(losses: list[dict[str, Any]], **sections: Any) -> Spec:
    """8 numbers → 4 features → 3 classes, and the 8 numbers again."""
    layers = [
        {"name": "encoded", "type": "linear", "out_features": 4},
        {"name": "tanh", "type": "tanh"},
        {"name": "classes", "type": "linear", "inputs": ["tanh"], "out_features": 3},
        {"name": "decoded", "type": "linear", "inputs": ["tanh"], "out_features": 8},
    ]
    tree = {"input": {"shape": [8]}, "layers": layers, "losses": losses, "optimizer": {"type": "sgd", "lr": 0.1}}
    return Spec.model_validate({**tree, "outputs": ["classes", "decoded"], **sections})


def batch(n: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 8)), rng.integers(0, 3, n)


def gradients(losses: list[dict[str, Any]]) -> tuple[float, dict[str, np.ndarray]]:
    program = netspec.compile(two_headed(losses), batch_size=6, dtype="float64")
    return program.train_step(*batch()), program.gradients


def test_the_loss_and_the_gradients_are_the_weighted_sums() -> None:
    whole, both = gradients([CLASSES, RECONSTRUCTION])
    first, of_classes = gradients([CLASSES])
    second, of_numbers = gradients([RECONSTRUCTION])
    assert whole == pytest.approx(first + second, rel=1e-14)
    for name, gradient in both.items():
        parts = [part[name] for part in (of_classes, of_numbers) if name in part]
        np.testing.assert_allclose(gradient, sum(parts), rtol=1e-12, atol=1e-15)


def test_two_losses_on_one_output_add_up() -> None:
    twice = [{"type": "mse", "input": "decoded", "target": "input", "name": name, "weight": 0.25} for name in "ab"]
    once, both = gradients([RECONSTRUCTION]), gradients(twice)
    assert both[0] == pytest.approx(once[0], rel=1e-14)
    for name, gradient in once[1].items():
        np.testing.assert_allclose(both[1][name], gradient, rtol=1e-12)


def test_each_loss_of_an_epoch_is_counted_over_all_samples() -> None:
    """Batches of 8 and 2: the mean of batch means would be another number."""
    x, y = batch(20)
    x[16:] *= 5
    spec = two_headed([CLASSES, RECONSTRUCTION], train={"batch_size": 8, "epochs": 1, "dtype": "float64",
                                                       "shuffle": "never", "validation_split": 0.5})  # fmt: skip
    events = list(netspec.train(spec, data=(x, y), dry_run=True))
    seen = next(event for event in events if isinstance(event, Validation))
    assert seen.loss == pytest.approx(seen.metrics["cross_entropy_loss"] + seen.metrics["mse_loss"], rel=1e-12)
    epoch = next(event for event in events if isinstance(event, Epoch))
    assert {"running_cross_entropy_loss", "running_mse_loss"} <= set(epoch.metrics)


def test_a_part_of_the_loss_can_be_monitored(tmp_path: Path) -> None:
    spec = two_headed([CLASSES, RECONSTRUCTION], train={"epochs": 1, "validation_split": 0.3},
                      checkpoint={"monitor": "val_mse_loss"})  # fmt: skip
    list(netspec.train(spec, data=batch(20), output=tmp_path / "run"))
    assert (tmp_path / "run" / "checkpoints" / "best.safetensors").is_file()


def test_losses_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="2 losses are called cross_entropy; give each its own name"):
        two_headed([CLASSES, CLASSES])


@pytest.mark.parametrize(("loss", "message"), [
    ({**CLASSES, "target": "colour"}, "cross_entropy reads the target colour, which the data do not have"),
    ({**RECONSTRUCTION, "input": "classes"}, r"mse compares the output \[3\] with the input input \[8\]"),
])  # fmt: skip
def test_targets_that_are_not_there_or_do_not_fit_are_refused(loss: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        list(netspec.train(two_headed([loss]), data=batch(), dry_run=True))


def test_one_table_and_a_list_of_one_say_the_same() -> None:
    one = two_headed([CLASSES])
    other = netspec.Spec.model_validate({**one.model_dump(exclude={"losses"}), "loss": CLASSES})
    assert one == other
    assert "[loss]" in netspec.render(one)


class Pairs(Arrays):
    """Two inputs, and a target that is made anew for every epoch."""

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        x, y = batch(12)
        part = Part(x[:, :4], y, indexes(12), {"right": x[:, 4:]}, {"sum": x.sum(axis=1, keepdims=True)})
        return Source({"train": part}, ("a", "b", "c"), full_scale=None)

    def finish(self, batch: Batch, key: Key | None) -> Batch:
        shift = 0.0 if key is None else float(key.epoch)
        return replace(batch, targets={"sum": batch.targets["sum"] + shift})


def pairs_spec(**train: Any) -> Spec:
    layers = [
        {"name": "both", "type": "concat", "inputs": ["left", "right"]},
        {"name": "sum", "type": "linear", "out_features": 1},
        {"name": "classes", "type": "linear", "inputs": ["both"], "out_features": 3},
    ]
    return Spec.model_validate({
        "inputs": [{"name": "left", "shape": [4]}, {"name": "right", "shape": [4]}], "layers": layers,
        "losses": [{"type": "cross_entropy", "input": "classes"}, {"type": "mse", "input": "sum", "target": "sum"}],
        "optimizer": {"type": "sgd", "lr": 1e-9}, "train": {"batch_size": 12, "dtype": "float64", **train},
    })  # fmt: skip


@pytest.fixture
def pairs() -> Callable[[Spec], list[Any]]:
    def train(spec: Spec) -> list[Any]:
        data = load_data(
            Pairs(normalize="none"), base_dir=Path(), seed=0, validation_split=0.0, input_shape=None
        )
        return list(netspec.train(spec, data=data))

    return train


def test_a_network_of_two_inputs_trains_on_targets_made_anew_for_each_epoch(
    pairs: Callable[[Spec], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    events = pairs(pairs_spec(epochs=2))
    first, second = [event.loss for event in events if isinstance(event, Step)]
    x = batch(12)[0]
    program = netspec.compile(pairs_spec())
    program.load_parameters(program.parameters)
    error = program.forward({"left": x[:, :4], "right": x[:, 4:]})["sum"] - x.sum(axis=1, keepdims=True)
    assert second - first == pytest.approx(np.mean((error - 1) ** 2) - np.mean(error**2), rel=1e-6)


def test_losses_that_weigh_differently_are_not_accumulated() -> None:
    lane = netspec.compile(two_headed([{**CLASSES, "ignore_index": 0}, RECONSTRUCTION]), batch_size=6).lanes[0]
    x, y = batch()
    x = x.astype(np.float32)
    with pytest.raises(ValueError, match="the losses weigh"):
        lane.accumulate(x, (y, x))


AUTOENCODER = two_headed([RECONSTRUCTION], train={"epochs": 1, "batch_size": 8, "validation_split": 0.4})


def test_a_network_that_reproduces_its_input_trains_on_data_with_classes_and_is_not_told_an_accuracy(tmp_path: Path) -> None:
    spec = Spec.model_validate({**AUTOENCODER.model_dump(), "metrics": ["mae"]})
    for asked, names in ((AUTOENCODER, set()), (spec, {"mae"})):
        events = list(netspec.train(asked, data=batch(20), output=tmp_path / str(len(names)), insight=True))
        (found,) = [event for event in events if isinstance(event, Validation) and event.step]
        assert set(found.metrics) == names
    looks = (tmp_path / "0" / "insight" / "lane.jsonl").read_text()
    assert '"cells":null' in looks
    with np.load(tmp_path / "0" / "insight" / "worst.npz") as worst:
        assert len(worst["loss"]) == 8
        assert worst["loss"].mean() * 0.5 == pytest.approx(found.loss, rel=1e-5)


def test_accuracy_is_refused_for_a_loss_of_numbers_on_data_with_classes(tmp_path: Path) -> None:
    spec = Spec.model_validate({**AUTOENCODER.model_dump(), "metrics": ["accuracy"]})
    with pytest.raises(SpecError, match="accuracy is a metric of classification, but mse compares with the numbers of input"):
        list(netspec.train(spec, data=batch(20), output=tmp_path / "run"))


def test_a_network_of_two_inputs_is_looked_into_while_it_trains(tmp_path: Path) -> None:
    tree = pairs_spec(epochs=1).model_dump()
    tree["layers"] = [{"name": "bent", "type": "tanh", "inputs": ["right"]}, *tree["layers"]]
    tree["layers"][1]["inputs"] = ["left", "bent"]
    data = load_data(Pairs(normalize="none"), base_dir=Path(), seed=0, validation_split=0.0, input_shape=None)
    list(netspec.train(Spec.model_validate(tree), data=data, output=tmp_path / "run", insight=True))
    looks = [json.loads(line) for line in (tmp_path / "run" / "insight" / "lane.jsonl").read_text().splitlines()]
    assert [list(look["layers"]) for look in looks if look["look"] == "units"] == [["bent"]]


def test_the_loss_around_the_weights_is_that_of_samples_as_the_network_reads_them() -> None:
    data = load_data(Pairs(normalize="none"), base_dir=Path(), seed=0, validation_split=0.0, input_shape=None)
    program = netspec.compile(pairs_spec())
    *_, found = loss_slice(program, data.train, data.normalization, points=3, finish=data.finish)
    here = evaluate(program.lanes[0], data.train, data.normalization, metrics=(), losses=program.losses, batch_size=12,
                    dtype=np.float64, finish=data.finish)  # fmt: skip
    assert found.losses[1, 1] == here.loss


def test_an_input_of_another_shape_is_no_target_of_a_program() -> None:
    program = netspec.compile(two_headed([{**RECONSTRUCTION, "input": "classes"}]), batch_size=6)
    with pytest.raises(ValueError, match=r"mse compares the output \[3\] with the input input \[8\]"):
        program.train_step(*batch())


def test_a_loss_of_several_that_is_nan_is_never_left_out() -> None:
    assert np.isnan(LossValue.of([(np.nan, 0.0), (2.0, 1.0)]).mean)
    assert LossValue.of([(0.0, 0.0), (2.0, 1.0)]).mean == 2.0
