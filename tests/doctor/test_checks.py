"""Every check is seen to pass on a sound network, and to fail on one that is ill in just that way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

import netspec
from netspec.datasets.normalization import Normalization
from netspec.doctor.check import checks
from netspec.doctor.examine import examine
from netspec.doctor.finding import Finding
from netspec.doctor.pretraining import of_file
from netspec.kernels.abi import In, Kernel, Out, kernel
from netspec.lane import Lane
from netspec.layers.base import Io
from netspec.layers.elementwise import Elementwise
from netspec.spec.model import Spec
from netspec.training.inputs import data_for
from netspec.weights import write_weights
from tests.kit.networks import CROSS_ENTROPY

Layers = list[dict[str, Any]]
LAYERS: Layers = [
    {"name": "fc1", "type": "linear", "out_features": 8},
    {"name": "relu", "type": "relu"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]
ADAM = {"type": "adam", "lr": 0.05}


def spec_with(layers: list[Any] = LAYERS, **sections: Any) -> Spec:
    tree = {"name": "small", "input": {"shape": [5]}, "layers": layers, "loss": CROSS_ENTROPY}
    tree |= {} if "optimizers" in sections else {"optimizer": ADAM}
    return Spec.model_validate({**tree, "train": {"batch_size": 8}, **sections})


def data(samples: int = 48, scale: float = 1.0, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    y = np.arange(samples) % classes
    return (scale * (rng.normal(size=(samples, 5)) + 2 * np.eye(5)[y])).astype("f4"), y


def found(spec: Spec, given: Any = None, **options: Any) -> dict[str, list[Finding]]:
    """Check → its findings."""
    result: dict[str, list[Finding]] = {}
    for finding in examine(spec, data() if given is None else given, **options):
        result.setdefault(finding.check, []).append(finding)
    return result


def statuses(findings: dict[str, list[Finding]]) -> dict[str, list[str]]:
    return {check: [finding.status for finding in lines] for check, lines in findings.items()}


def one(findings: dict[str, list[Finding]], check: str, status: str) -> Finding:
    """The only finding of a check with this status; a failure says what to do."""
    (finding,) = (line for line in findings[check] if line.status == status)
    assert finding.remedy or status in ("ok", "skipped")
    return finding


def patched(layers: Layers, name: str, **keys: Any) -> Layers:
    return [{**layer, **keys} if layer["name"] == name else layer for layer in layers]


def test_a_sound_network_passes_every_check_and_no_file_is_written(tmp_path: Path) -> None:
    result = statuses(found(spec_with(), also=("lr-find",)))
    assert list(result) == [check.title for check in checks()]
    nothing = {title: ["skipped"] for title in ("weights", "pretrained", "advice")}
    assert result == {title: ["ok"] for title in result} | {"batch": ["ok", "ok"]} | nothing
    assert list(tmp_path.iterdir()) == []


def test_data_that_cannot_be_read_fail_and_nothing_else_is_examined() -> None:
    spec = spec_with(data={"type": "csv", "file": "nothing.csv", "target": "y"})
    findings = {f.check: f for f in examine(spec)}
    assert findings["data"].status == "failed"
    assert "nothing.csv" in findings["data"].message
    assert {f.status for title, f in findings.items() if title != "data"} == {"skipped"}


def test_samples_of_another_shape_fail() -> None:
    x, y = data()
    other = data_for(spec_with(input={"shape": [4]}), (x[:, :4], y))
    assert "the network reads [5]" in one(found(spec_with(), other), "input", "failed").message


@pytest.mark.parametrize(("scale", "status"), [(1.0, "ok"), (10.0, "warning"), (255.0, "failed"), (0.001, "warning")])
def test_values_far_from_the_usual_are_told_with_a_normalization(scale: float, status: str) -> None:
    finding = one(found(spec_with(), data(scale=scale)), "input", status)
    assert status == "ok" or "normalize" in finding.remedy


def test_more_classes_than_outputs_fail_and_a_class_without_samples_is_told() -> None:
    result = found(spec_with(), data(classes=5))
    assert one(result, "classes", "failed").values["code"] == "NS403"
    assert statuses(result)["gradients"] == statuses(result)["weights"] == ["skipped"]
    x, y = data()
    assert "none in the training part: 1" in one(found(spec_with(), (x, y - (y == 1))), "classes", "warning").message
    y = np.where(np.arange(480) < 12, y[0] + np.arange(480) % 3, 0)
    rare = found(spec_with(), (np.resize(x, (480, 5)), y))
    assert "a factor of 118" in one(rare, "classes", "warning").message


def test_weights_that_do_not_fit_fail_and_the_report_is_told(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", {"other.weight": np.ones((2, 2), "f4")})
    result = found(spec_with(), weights=tmp_path / "w.safetensors")
    assert "4 missing" in one(result, "weights", "failed").message
    assert statuses(result)["overfits"] == ["skipped"]


def test_loaded_shares_are_told_in_parameters_and_a_small_one_is_warned_of(tmp_path: Path) -> None:
    program = netspec.compile(spec_with())
    write_weights(tmp_path / "w.npz", program.parameters)
    most = spec_with(transfer={"weights": str(tmp_path / "w.npz"), "replace": ["fc2"]})
    told = one(found(most), "weights", "ok").message
    assert told == "48 of 75 parameters (64 %) from w.npz; tensors: 2 loaded (48 parameters), 2 newly initialized (fc2)"
    least = spec_with(transfer={"weights": str(tmp_path / "w.npz"), "replace": ["fc1"]})
    assert "27 of 75 parameters (36 %)" in one(found(least), "weights", "warning").message


def test_layers_frozen_at_random_values_are_told() -> None:
    assert "fc1: frozen at random" in one(found(spec_with(patched(LAYERS, "fc1", frozen=True))), "weights", "warning").message


def test_a_network_that_is_sure_of_wrong_answers_fails_at_start() -> None:
    ill = spec_with(patched(LAYERS, "fc2", weight_init={"type": "normal", "std": 30.0}))
    finding = one(found(ill), "loss at start", "failed")
    assert finding.values["expected"] == pytest.approx(np.log(3))
    assert "(ln 3)" in finding.message


def test_a_network_without_a_new_head_is_not_expected_to_be_undecided(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.npz", netspec.compile(spec_with()).parameters)
    result = found(spec_with(), weights=tmp_path / "w.npz")
    assert "all layers are pretrained" in one(result, "loss at start", "skipped").message
    mse = spec_with(loss={"type": "mse"})
    x, y = data()
    assert "no value is expected of mse" in one(found(mse, (x, np.eye(3)[y])), "loss at start", "skipped").message


def test_nan_is_found_with_its_layer(tmp_path: Path) -> None:
    tensors = netspec.compile(spec_with()).parameters
    tensors["fc2.weight"][0, 0] = np.nan
    write_weights(tmp_path / "w.npz", tensors)
    result = found(spec_with(), weights=tmp_path / "w.npz")
    assert one(result, "NaN", "failed").message.startswith("fc2: weight is NaN")
    assert one(result, "loss at start", "failed").message.endswith("no number")


@kernel
def share(chunk: int, chunks: int, x: In, y: Out) -> None:
    for i in range(y.size):
        y[i] = x[i] + x[x.size - 1]


@kernel
def share_backward(chunk: int, chunks: int, dy: In, dx: Out) -> None:
    for i in range(dx.size):
        dx[i] = dy[i]


class Sharing(Elementwise):
    """Adds the last number of the batch to all others."""

    type: Literal["sharing"] = "sharing"
    only_in_training: bool = False
    forward_kernel: ClassVar[Kernel] = share
    backward_kernel: ClassVar[Kernel] = share_backward

    def forward(self, io: Io) -> None:
        if io.training or not self.only_in_training:
            io.call(share, x=io.x[0], y=io.y)
        else:
            io.call(share_backward, dy=io.x[0], dx=io.y)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            io.call(share_backward, dy=io.dy, dx=io.dx[0])


def test_a_layer_that_mixes_samples_is_found_in_inference_and_in_training() -> None:
    result = found(spec_with([LAYERS[0], Sharing(name="mix"), *LAYERS[1:]]))
    assert statuses(result)["batch"] == ["failed", "failed"]
    assert result["batch"][0].message == "inference: changing 1 of 8 samples changes the outputs of 7 others"
    result = found(spec_with([LAYERS[0], Sharing(name="mix", only_in_training=True), *LAYERS[1:]]))
    assert statuses(result)["batch"] == ["ok", "failed"]


def test_batch_normalization_mixes_in_training_by_design_unless_it_is_frozen() -> None:
    layers = [LAYERS[0], {"name": "bn", "type": "batch_norm"}, *LAYERS[1:]]
    result = found(spec_with(layers))
    assert statuses(result)["batch"] == ["ok", "ok"]
    assert "by design: batch normalization (bn)" in result["batch"][1].message
    frozen = found(spec_with(patched(layers, "bn", frozen=True)))
    assert "keeps the outputs of all others" in frozen["batch"][1].message


def test_dropout_mixes_nothing_and_a_batch_of_one_is_not_examined() -> None:
    layers = [LAYERS[0], {"name": "drop", "type": "dropout"}, *LAYERS[1:]]
    assert statuses(found(spec_with(layers)))["batch"] == ["ok", "ok"]
    assert statuses(found(spec_with(train={"batch_size": 1})))["batch"] == ["skipped"]


DEAD = patched(LAYERS, "fc1", bias_init={"type": "constant", "value": -100.0})


def test_dead_units_their_gradients_and_their_layers_are_found() -> None:
    result = found(spec_with(DEAD))
    assert one(result, "units", "failed").message == "relu: all 8 units are 0 for all 48 samples"
    assert one(result, "gradients", "failed").values["tensors"] == ["fc1.weight", "fc1.bias", "fc2.weight"]
    assert one(result, "freezing", "failed").values["tensors"] == ["fc1.weight", "fc1.bias", "fc2.weight"]


def test_saturated_values_are_found() -> None:
    layers = [patched(LAYERS, "fc1", weight_init={"type": "normal", "std": 50.0})[0], {"name": "t", "type": "tanh"}, LAYERS[2]]
    assert "t: 9" in one(found(spec_with(layers)), "units", "failed").message


def test_a_layer_that_the_loss_does_not_depend_on_is_found() -> None:
    layers = [*LAYERS, {"name": "aside", "type": "linear", "inputs": ["relu"], "out_features": 2}]
    spec = spec_with(layers, loss={**CROSS_ENTROPY, "input": "fc2"})
    assert one(found(spec), "gradients", "failed").values["tensors"] == ["aside.weight", "aside.bias"]


def test_a_scale_that_begins_with_0_is_no_dead_layer() -> None:
    zero = {"type": "constant", "value": 0.0}
    assert statuses(found(spec_with(patched(LAYERS, "fc2", weight_init=zero))))["gradients"] == ["ok"]


def test_a_rate_of_0_moves_nothing_and_learns_nothing() -> None:
    result = found(spec_with(optimizer={"type": "sgd", "lr": 0.0}))
    assert "unmoved in 3 steps with lr = 0" in one(result, "freezing", "failed").message
    assert "learns next to nothing" in one(result, "overfits", "failed").message
    assert "lr_mult = 0: fc1.weight" in one(found(spec_with(patched(LAYERS, "fc1", lr_mult=0))), "freezing", "warning").message


def test_a_rate_that_explodes_is_told_as_nan() -> None:
    result = found(spec_with(optimizer={"type": "sgd", "lr": 1e38}))
    assert "the loss is NaN after" in one(result, "overfits", "failed").message


def test_a_small_rate_falls_slowly() -> None:
    assert "falls slowly" in one(found(spec_with(optimizer={"type": "sgd", "lr": 0.005})), "overfits", "warning").message


def test_frozen_tensors_that_move_are_found_with_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [LAYERS[0], {"name": "bn", "type": "batch_norm"}, *LAYERS[1:]]
    spec = spec_with(patched(patched(layers, "bn", frozen=True), "fc1", frozen=True))
    assert one(found(spec), "freezing", "ok").values == {"frozen": 6, "moved": 2}
    step = Lane.train_step

    def broken(lane: Lane, *arguments: Any, **options: Any) -> Any:
        lane.load_tensors({"fc1.bias": lane.tensors()["fc1.bias"] + 1, "bn.running_var": lane.tensors()["bn.running_var"] + 1})
        return step(lane, *arguments, **options)

    monkeypatch.setattr(Lane, "train_step", broken)
    assert one(found(spec), "freezing", "failed").values["tensors"] == ["fc1.bias", "bn.running_var"]


def test_every_lane_of_a_race_is_examined() -> None:
    spec = spec_with(optimizers=[{"type": "sgd", "lr": 0.0}, {"type": "adam", "lr": 0.05}])
    result = found(spec)
    assert statuses(result)["freezing"] == ["failed", "ok"]
    assert [finding.message.partition(":")[0] for finding in result["overfits"]] == ["sgd", "adam"]


@pytest.mark.parametrize(("lr", "status"), [(0.05, "ok"), (1e-7, "warning"), (50.0, "failed")])
def test_a_rate_is_judged_by_the_range_test(lr: float, status: str) -> None:
    result = found(spec_with(optimizer={"type": "adam", "lr": lr}), also=("lr-find",))
    assert statuses(result)["lr-find"] == [status], result["lr-find"]


def pretrained(folder: Path, change: Callable[[dict[str, Any]], Any] = lambda metadata: None) -> Path:
    """Weights as a run leaves them: with spec and normalization."""
    spec = spec_with(data={"type": "synthetic", "kind": "moons"})
    metadata = {
        "spec": spec.model_dump_json(), "normalization": Normalization(np.zeros(5), np.ones(5), None).to_json()
    }  # fmt: skip
    change(metadata)
    path = folder / "w.safetensors"
    write_weights(path, netspec.compile(spec_with()).parameters, metadata)
    return path


def test_data_normalized_as_the_pretrained_network_saw_them_pass_and_others_are_told(tmp_path: Path) -> None:
    path = pretrained(tmp_path)
    assert statuses(found(spec_with(), weights=path))["pretrained"] == ["ok", "ok"]
    other = Normalization(np.full(5, 0.5), np.full(5, 0.25), None).to_json()
    path = pretrained(tmp_path, lambda metadata: metadata.update(normalization=other))
    finding = one(found(spec_with(), weights=path), "pretrained", "warning")
    assert "mean 0.5, 0.5, 0.5, 0.5, 0.5, std 0.25" in finding.message
    assert "normalize = { mean = [0.5, 0.5, 0.5, 0.5, 0.5], std = [0.25" in finding.remedy


def test_weights_that_say_nothing_of_their_training_are_not_judged(tmp_path: Path) -> None:
    path = pretrained(tmp_path, lambda metadata: metadata.clear())
    assert "does not say on what it was trained" in one(found(spec_with(), weights=path), "pretrained", "skipped").message


def test_public_weights_are_known_by_name_with_size_normalization_and_source(tmp_path: Path) -> None:
    layers = [{"name": "conv1", "type": "conv2d", "out_channels": 2, "kernel_size": 3}, *LAYERS]
    spec = spec_with(layers, input={"shape": [3, 6, 6]})
    path = tmp_path / "resnet18-f37072fd.pth"
    write_weights(path, netspec.compile(spec).parameters)
    x, y = np.random.default_rng(0).normal(size=(12, 3, 6, 6)).astype("f4"), np.arange(12) % 3
    size, normalization = found(spec, (x, y), weights=path)["pretrained"]
    assert size.message == "torchvision/resnet18 was trained on samples of 3 × 224 × 224, yours have 3 × 6 × 6: another size"
    assert "torchvision/resnet18 by mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225" in normalization.message
    assert (size.status, normalization.status) == ("warning", "warning")
    known = of_file(path)
    assert known is not None
    assert known.samples == 1_281_167


def test_hints_come_with_their_numbers_and_fail_nothing(tmp_path: Path) -> None:
    (finding,) = found(spec_with(), weights=pretrained(tmp_path))["advice"]
    assert finding.status == "hint"
    assert finding.message == "16 samples a class are little (below 500); 100 % of the parameters learn"
    assert finding.values == {"samples_per_class": 16.0, "trainable_share": 1.0}


def test_the_trained_program_is_as_before_every_check() -> None:
    """All findings of one patient are those of fresh ones: no check leaves a trace for the next."""
    spec = spec_with()
    data_for(spec, data())
    first = [finding.message for finding in examine(spec, data())]
    assert first == [finding.message for finding in examine(spec, data())]
