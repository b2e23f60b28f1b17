"""The trainer on compiled networks: exact resume with every optimizer, and learning the digits that come with netspec."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.defaults import fill_defaults
from netspec.problems import SpecError
from netspec.registry import plugins
from netspec.rendering import spec_hash
from netspec.spec.model import Spec
from netspec.training.evaluate import evaluate, predict, probabilities
from netspec.training.events import End, FrozenProof, Run, Step, Validation
from netspec.training.inputs import data_for
from netspec.training.load import load_run
from tests.training.helpers import StopAfter, numbers, of, weights_digest

OPTIMIZERS = sorted(plugins("netspec.optimizers"))

NETWORK = """
name = "small"
[input]
shape = [1, 8, 8]
[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3
padding = 1
frozen = true
[[layers]]
name = "bn1"
type = "batch_norm"
[[layers]]
name = "relu1"
type = "relu"
[[layers]]
name = "drop"
type = "dropout"
p = 0.3
[[layers]]
name = "fc"
type = "linear"
out_features = 10
[loss]
type = "cross_entropy"
[data]
type = "digits"
limit = 150
[train]
epochs = 3
batch_size = 32
validation_split = 0.2
"""


def spec_with(optimizers: list[str], extra: str = "") -> Spec:
    lanes = "".join(f'[[optimizers]]\ntype = "{name}"\nlr = 0.02\n' for name in optimizers)
    return netspec.loads(NETWORK + extra + lanes)


def train(spec: Spec, folder: Path | None, **options: Any) -> list[Any]:
    return list(netspec.train(spec, None, folder, **options))


def test_all_optimizers_resumed_at_random_steps_are_the_uninterrupted_run(tmp_path: Path) -> None:
    """Float32, batch norm, dropout, a frozen layer, cosine schedule; stopped three times inside epochs."""
    spec = spec_with(OPTIMIZERS, '[schedule]\ntype = "cosine"\nwarmup_steps = 3\n')
    total = of(train(spec, tmp_path / "whole", threads=2), Run)[0].total_steps
    stops = sorted(random.Random(1).sample(range(1, total), 3))
    folder, done = tmp_path / "parts", 0
    for stop in stops:
        place: dict[str, Any] = {"resume": folder} if done else {}
        train(spec, None if done else folder, stop=StopAfter(stop - done), threads=1, **place)
        done = stop
    train(spec, None, resume=folder)
    assert numbers(folder) == numbers(tmp_path / "whole")
    for label in OPTIMIZERS:
        name = f"checkpoints/last.{label}.safetensors"
        assert weights_digest(folder / name) == weights_digest(tmp_path / "whole" / name)


def test_frozen_tensors_are_proven_unchanged(tmp_path: Path) -> None:
    events = train(spec_with(["adam"]), tmp_path / "run")
    proofs = of(events, FrozenProof)
    assert [e.unchanged for e in proofs] == [True] * 4
    run = of(events, Run)[0]
    assert (run.frozen_parameters, run.parameters) == (4 * 9 + 4, 4 * 9 + 4 + 8 + 2570)


def test_the_race_starts_from_the_same_bits(tmp_path: Path) -> None:
    events = train(spec_with(OPTIMIZERS), tmp_path / "run", limit_batches=2)
    assert len({e.loss for e in of(events, Validation) if e.step == 0}) == 1
    assert len({e.loss for e in of(events, Step) if e.step == 1}) == 1


def test_a_trained_network_comes_back_from_its_run_folder(tmp_path: Path) -> None:
    spec = spec_with(["adam", "sgd"])
    events = train(spec, tmp_path / "run")
    trained = load_run(tmp_path / "run", optimizer="adam")
    assert trained.spec == fill_defaults(spec)
    assert spec_hash(trained.spec) == spec_hash(spec)
    assert trained.classes == tuple("0123456789")
    program = netspec.compile(trained.spec, batch_size=64)
    program.load_parameters(trained.tensors)
    data = data_for(spec, None)
    assert data.validation is not None
    assert trained.normalization is not None
    found = evaluate(
        program.lanes[0], data.validation, trained.normalization,
        metrics=spec.metrics, batch_size=64, losses=spec.losses,
    )  # fmt: skip
    best = min(of(events, Validation, "adam")[1:], key=lambda e: e.loss)
    assert found.loss == pytest.approx(best.loss, rel=1e-6)  # other batch sizes add up in another order
    assert sum(map(sum, found.confusion or [])) == found.samples == len(data.validation)
    x = trained.normalization.apply(data.validation.x)
    p = probabilities(predict(program.lanes[0], x, 10), spec.loss)
    assert p is not None
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-12)


def test_fine_tuning_replaces_the_head_and_loads_the_rest(tmp_path: Path) -> None:
    train(spec_with(["sgd"]), tmp_path / "first")
    weights = tmp_path / "first/checkpoints/last.safetensors"
    spec = spec_with(["sgd"], '[transfer]\nreplace = ["fc"]\n')
    program = netspec.compile(spec)
    fresh = program.parameters
    events = train(spec, tmp_path / "second", weights=weights, program=program, stop=lambda: True)
    assert "2 newly initialized (fc)" in of(events, Run)[0].notes[-1]
    assert (program.parameters["fc.weight"] == fresh["fc.weight"]).all()
    assert not (program.parameters["bn1.weight"] == fresh["bn1.weight"]).all()
    assert (program.parameters["bn1.weight"] == load_run(weights).tensors["bn1.weight"]).all()


def test_nan_names_the_layer_with_the_tensors_before_the_step(tmp_path: Path) -> None:
    """A learning rate far too large: the bundle holds the weights before the step and replays the failure."""
    spec = netspec.loads(NETWORK + '[[optimizers]]\ntype = "sgd"\nlr = 1e30\n')
    events = train(spec, tmp_path / "run")
    end = of(events, End)[0]
    assert end.reason == "nan"
    assert "the first value that is not finite is in layer" in end.message
    tensors = load_run(tmp_path / "run" / end.bundle / "tensors.safetensors").tensors
    program = netspec.compile(spec)
    program.load_parameters(tensors)
    from netspec.weights import read_weights

    batch = read_weights(tmp_path / "run" / end.bundle / "batches.npz").tensors
    lane = program.lanes[0]
    lane.step = end.step - 1
    found = lane.find_nonfinite(batch["x0"], batch["y0"])
    assert found is not None
    assert f"layer {found.layer}, {found.tensor}" in end.message


def test_replacing_a_name_replaces_all_layers_below_it(tmp_path: Path) -> None:
    """`replace = ["head"]` means head.0 and head.2, as `freeze = ["head"]` does."""
    text = NETWORK.replace('"fc"', '"head.0"').replace("[loss]", HEAD_2 + "[loss]") + '[optimizer]\ntype = "sgd"\n'
    train(netspec.loads(text), tmp_path / "first", limit_batches=1)
    weights = tmp_path / "first/checkpoints/last.safetensors"
    spec = netspec.loads(text + '[transfer]\nreplace = ["head"]\n')
    program = netspec.compile(spec)
    fresh, trained = program.parameters, load_run(weights).tensors
    events = train(spec, tmp_path / "second", weights=weights, program=program, stop=lambda: True)
    assert "4 newly initialized (head)" in of(events, Run)[0].notes[-1]
    for name, array in program.parameters.items():
        assert np.array_equal(array, fresh[name] if name.startswith("head") else trained[name]), name
    assert not np.array_equal(fresh["head.2.weight"], trained["head.2.weight"])


@pytest.mark.parametrize("transfer", ['freeze = ["*"]', 'freeze_to = "fc"', 'freeze = ["fc", "bn?"]'])
def test_a_network_with_nothing_left_to_train_is_refused_by_train_alone(tmp_path: Path, transfer: str) -> None:
    spec = spec_with(["sgd"], f"[transfer]\n{transfer}\n")
    with pytest.raises(SpecError, match=r"NS504.*nothing is left to train: the loss .* frozen layers \(bn1, conv1, .*fc"):
        train(spec, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    (problem,) = [problem for problem in netspec.analyze(spec).problems if problem.code == "NS504"]
    assert problem.severity == "warning"
    assert "fc as well: nothing is left, and train refuses it" in problem.message


def test_a_loss_that_depends_on_frozen_layers_only_is_refused(tmp_path: Path) -> None:
    side = '[[layers]]\nname = "side"\ntype = "linear"\nout_features = 3\ninputs = ["drop"]\n[loss]\ninput = "fc"\n'
    text = NETWORK.replace("[loss]\n", side) + '[optimizer]\ntype = "sgd"\n[transfer]\nfreeze = ["fc", "bn1"]\n'
    with pytest.raises(SpecError, match=r"NS504.*nothing is left to train: the loss .* frozen layers \(bn1, conv1, fc\)"):
        train(netspec.loads(text), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_freezing_without_weights_is_warned_of_unless_the_program_was_loaded(tmp_path: Path) -> None:
    spec = spec_with(["sgd"], '[transfer]\nfreeze_to = "relu1"\n').model_copy(update={"layers": _thawed()})
    program = netspec.compile(spec)
    events = train(spec, tmp_path / "first", program=program, limit_batches=1)
    assert "freezes conv1 at random values, because no weights are loaded" in of(events, Run)[0].warnings[0]
    other = netspec.compile(spec)
    other.load_parameters(program.parameters, strict=False)
    assert of(train(spec, tmp_path / "second", program=other, limit_batches=1), Run)[0].warnings == []


def _thawed() -> tuple[Any, ...]:
    """The layers of NETWORK without frozen = true."""
    return netspec.loads(NETWORK.replace("frozen = true\n", "")).layers


def test_replacing_without_weights_is_warned_of(tmp_path: Path) -> None:
    events = train(spec_with(["sgd"], '[transfer]\nreplace = ["fc"]\n'), tmp_path / "run", limit_batches=1)
    assert "[transfer] replace: fc changes nothing, because no weights are loaded" in of(events, Run)[0].warnings[0]


HEAD_2 = """[[layers]]
name = "head.2"
type = "linear"
out_features = 10
"""
