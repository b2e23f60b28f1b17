"""Lints that must not cry wolf; what they do say has its golden texts in tests/spec/invalid/lint_*."""

from __future__ import annotations

from typing import Any

import pytest

import netspec
from netspec.registry import plugins
from netspec.shipped import shipped_specs
from tests.kit.networks import CROSS_ENTROPY, SGD, spec_of

JUSTIFIED = {"NS901", "NS902", "NS904"}
"""Published networks that leave pixels unread (SqueezeNet), normalize pictures of one pixel (Inception's second head), or
have biases before batch normalization (VGG)."""


def codes(layers: list[dict[str, Any]], shape: list[int] | None = None, **sections: Any) -> list[str]:
    return [problem.code for problem in netspec.analyze(spec_of(layers, shape, **sections)).problems]


def conv(name: str, out: int, **settings: Any) -> dict[str, Any]:
    return {"name": name, "type": "conv2d", "out_channels": out, "kernel_size": 1, **settings}


def linear(name: str, out: int, **settings: Any) -> dict[str, Any]:
    return {"name": name, "type": "linear", "out_features": out, **settings}


@pytest.mark.parametrize("name", shipped_specs())
def test_shipped_specs_give_no_warnings_but_justified_ones(name: str) -> None:
    problems = netspec.analyze(netspec.load(shipped_specs()[name])).problems
    assert [problem.render() for problem in problems if problem.code not in JUSTIFIED] == []


@pytest.mark.parametrize("layers", [
    [conv("narrow", 4, bias=False), {"type": "batch_norm"}, conv("wide", 24)],
    [conv("depthwise", 2, groups=2, kernel_size=3), conv("pointwise", 8)],
    [conv("a", 8), {"type": "tanh"}, conv("b", 8)],
    [conv("a", 8), {"type": "max_pool2d", "kernel_size": 2}, conv("b", 8)],
    [linear("a", 2), linear("b", 9)],
])  # fmt: skip
def test_bottlenecks_halves_of_a_separable_convolution_and_bent_maps_are_not_linear_after_linear(
    layers: list[dict[str, Any]]
) -> None:  # fmt: skip
    assert "NS915" not in codes([conv("first", 24), {"type": "relu"}, *layers])


def test_two_readers_of_a_linear_layer_are_not_linear_after_linear() -> None:
    layers = [linear("a", 8), linear("b", 4), {"name": "relu", "type": "relu", "inputs": ["a"]}]
    assert codes(layers, [8]) == []
    assert codes(layers[:2], [8]) == ["NS915"]


@pytest.mark.parametrize(("first", "second"), [
    ("tanh", "relu"), ("relu", "sigmoid"), ("leaky_relu", "relu"), ("relu", "selu"), ("relu", "relu6"), ("elu", "elu"),
    ("softmax", "tanh"),
])  # fmt: skip
def test_activations_that_change_what_they_are_given_may_follow_each_other(first: str, second: str) -> None:
    assert codes([{"name": "a", "type": first}, {"name": "b", "type": second}]) == []


@pytest.mark.parametrize(("kind", "is_told"), [
    ({"type": "batch_norm"}, True), ({"type": "instance_norm"}, True), ({"type": "layer_norm"}, False),
    ({"type": "group_norm", "num_groups": 2}, False), ({"type": "group_norm", "num_groups": 4}, True),
    ({"type": "batch_norm", "frozen": True}, False),
])  # fmt: skip
def test_a_bias_is_lost_only_where_each_channel_loses_its_mean(kind: dict[str, Any], is_told: bool) -> None:
    if kind["type"] not in plugins("netspec.layers"):
        pytest.skip(f"there is no {kind['type']} yet")
    assert codes([conv("a", 4), kind]) == ["NS904"] * is_told


def test_a_bias_that_an_output_shows_is_not_lost() -> None:
    assert codes([conv("a", 4), {"type": "batch_norm"}], outputs=["a", "batch_norm"]) == []


def test_dropout_behind_the_normalization_without_effect_or_frozen_is_fine() -> None:
    assert codes([linear("a", 4, bias=False), {"type": "batch_norm"}, {"type": "dropout"}, {"type": "relu"}], [8]) == []
    assert codes([{"type": "dropout", "p": 0.0}, {"type": "batch_norm"}], [8]) == []
    assert codes([{"type": "dropout"}, {"type": "batch_norm", "frozen": True}], [8]) == []


@pytest.mark.parametrize("loss", ["mse", "l1"])
def test_a_last_activation_is_fine_for_losses_that_read_values(loss: str) -> None:
    assert codes([linear("a", 4), {"type": "relu"}], [8], loss={"type": loss}) == []


def test_training_one_block_below_frozen_ones_is_told_only_with_pretrained_weights() -> None:
    layers = [linear("a", 4), {"type": "relu"}, linear("b", 4, frozen=True), {"name": "r", "type": "relu"}, linear("c", 3)]
    training = {"loss": CROSS_ENTROPY, "optimizer": {**SGD, "lr": 0.01}}
    weights = {"weights": "w.safetensors"}
    assert codes(layers, [8], **training) == []
    assert codes(layers, [8], **training, transfer=weights) == ["NS922"]
    assert codes(layers, [8], **training, transfer={**weights, "replace": ["a"]}) == []
    assert codes(layers, [8], **training, transfer={**weights, "freeze": ["a"]}) == []


@pytest.mark.parametrize("sections", [
    {"optimizer": {**SGD, "weight_decay": 0.05}},
    {"optimizer": {"type": "adamw", "lr": 0.001, "weight_decay": 0.5}},
    {"optimizer": SGD, "loss": {**CROSS_ENTROPY, "class_weights": [1, 20, 300]}},
    {"optimizer": SGD, "early_stopping": {"patience": 5}, "train": {"epochs": 6}},
    {"optimizer": SGD, "early_stopping": {"patience": 50}, "train": {"epochs": 6, "validation_every": {"steps": 10}}},
    {"optimizer": SGD, "schedule": {"type": "multistep", "milestones": [9]}, "train": {"epochs": 10}},
    {"optimizer": SGD, "schedule": {"type": "multistep", "milestones": [900], "unit": "step"}, "train": {"epochs": 10}},
    {"optimizer": SGD, "metrics": ["accuracy", "f1"]},
    {"optimizer": SGD, "train": {"batch_size": 1}},
])  # fmt: skip
def test_usual_settings_are_not_warned_of(sections: dict[str, Any]) -> None:
    assert codes([linear("a", 3)], [8], **{"loss": CROSS_ENTROPY, **sections}) == []


@pytest.mark.parametrize(("transfer", "lr"), [
    ({"weights": "w.npz", "replace": ["c"]}, 0.01),
    ({"weights": "w.npz", "replace": ["c"], "freeze_to": "b"}, 0.5),
    ({"weights": "w.npz", "replace": ["c"], "rates": [{"layers": ["a", "b"], "lr_mult": 0.01}]}, 0.5),
    ({"weights": "w.npz", "replace": ["c"], "freeze_to": "b", "unfreeze": [{"at_epoch": 1, "to": "b", "lr_mult": 0.1}]}, 0.5),
    ({"weights": "w.npz", "freeze_to": "b", "l2_sp": 0.1, "cache": "memory"}, 0.01),
    ({"weights": "w.npz", "replace": ["c"], "warmup_epochs": 1, "l2_sp": 0.1, "rates": [{"layers": ["a"]}]}, 0.01),
])  # fmt: skip
def test_careful_fine_tuning_is_not_warned_of(transfer: dict[str, Any], lr: float) -> None:
    layers = [linear("a", 4), {"type": "relu"}, linear("b", 4), {"name": "r", "type": "relu"}, linear("c", 3)]
    assert codes(layers, [8], loss=CROSS_ENTROPY, optimizer={**SGD, "lr": lr}, transfer=transfer) == []


def test_the_fastest_stage_of_a_pretrained_layer_counts() -> None:
    layers = [linear("a", 4), {"type": "relu"}, linear("c", 3)]
    transfer = {"weights": "w.npz", "replace": ["c"], "freeze": ["a"], "unfreeze": [{"at_epoch": 2, "to": "a"}]}
    assert codes(layers, [8], loss=CROSS_ENTROPY, optimizer=SGD, transfer=transfer) == ["NS941"]


def test_a_stage_that_the_training_ends_before_is_none_in_which_pretrained_layers_learn_fast() -> None:
    layers = [linear("a", 4), {"type": "relu"}, linear("c", 3)]
    transfer = {"weights": "w.npz", "replace": ["c"], "warmup_epochs": 9}
    sections: dict[str, Any] = {"loss": CROSS_ENTROPY, "optimizer": SGD, "transfer": transfer}
    assert codes(layers, [8], **sections, train={"epochs": 6}) == ["NS940"]
    assert codes(layers, [8], **sections, train={"epochs": 12}) == ["NS941"]


def test_an_entry_that_unfreezes_nothing_is_told_what_is_still_frozen() -> None:
    layers = [linear("a.x", 4), linear("a.y", 4), linear("b", 4), linear("c", 3)]
    transfer = {"freeze_to": "b", "unfreeze": [{"at_epoch": 1, "to": "b"}, {"at_epoch": 2, "to": "c"}]}
    problems = netspec.analyze(spec_of(layers, [8], transfer=transfer)).problems
    assert [problem.hint for problem in problems if problem.code == "NS311"] == ["name what still is: a"]


@pytest.mark.parametrize(("transfer", "expected"), [
    ({"freeze_to": "b"}, ["NS945"]),
    ({"replace": ["c"], "warmup_epochs": 1}, ["NS945"]),
    ({"freeze": ["bn"]}, []),
    ({"l2_sp": 0.1}, ["NS948"]),
    ({"weights": "w.npz", "replace": ["*"]}, ["NS503"]),
    ({"weights": "w.npz", "freeze": ["*"]}, ["NS504"]),
    ({"weights": "w.npz", "freeze": ["*"], "unfreeze": [{"at_epoch": 2, "to": "a"}]}, ["NS504"]),
    ({"weights": "w.npz", "freeze_to": "b", "replace": ["c"], "l2_sp": 0.1}, ["NS947"]),
    ({"weights": "w.npz", "freeze_to": "b", "rates": [{"layers": ["a", "c"]}, {"layers": ["relu"]}]}, ["NS947", "NS947"]),
    ({"weights": "w.npz", "cache": "disk", "bn": "train"}, ["NS947", "NS947"]),
    ({"weights": "w.npz", "freeze": ["a"], "bn": "train"}, ["NS947"]),
])  # fmt: skip
def test_what_can_be_known_of_transfer_without_its_weights_is_told(transfer: dict[str, Any], expected: list[str]) -> None:
    layers = [linear("a", 4, bias=False), {"type": "batch_norm", "name": "bn"}, {"type": "relu"}, linear("b", 4),
              {"name": "r", "type": "relu"}, linear("c", 3)]  # fmt: skip
    found = codes(layers, [8], loss=CROSS_ENTROPY, optimizer={**SGD, "lr": 0.01}, transfer=transfer)
    assert found == expected


@pytest.mark.parametrize(("normalize", "expected"), [
    ("standard", []), ("none", ["NS944"]),
    ({"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]}, []), ({"mean": [118.0], "std": [58.0]}, ["NS944"]),
    ({"mean": [127.5] * 3, "std": [127.5] * 3}, ["NS944"]),
])  # fmt: skip
def test_data_are_compared_with_what_public_weights_expect(normalize: Any, expected: list[str]) -> None:
    sections: dict[str, Any] = {
        "loss": CROSS_ENTROPY, "optimizer": {**SGD, "lr": 0.001}, "transfer": {"weights": "torchvision/resnet18"},
        "data": {"type": "image_folder", "root": "pictures", "normalize": normalize},
    }  # fmt: skip
    assert codes([linear("a", 3)], [3, 8, 8], **sections) == expected
