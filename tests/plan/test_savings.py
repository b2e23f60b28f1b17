"""What freezing saves, counted by hand."""

from __future__ import annotations

import pytest

import netspec
from netspec.cli.savings import lines
from netspec.plan import keeping
from netspec.plan.savings import savings
from tests.kit.networks import CROSS_ENTROPY, spec_of

CONV = 3 * 3 * 2 * 4 * 36
"""Multiply-adds of conv1, 2 → 4 channels of 6 × 6; conv2 has twice as many."""
FC = 4 * 36 * 3


def net(**sections) -> netspec.Spec:
    layers = [
        {"name": "conv1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1, "bias": False},
        {"name": "conv2", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1, "bias": False},
        {"name": "relu", "type": "relu"},
        {"name": "fc", "type": "linear", "out_features": 3, "bias": False},
    ]
    optimizer = {"type": "momentum", "lr": 0.1}
    return spec_of(layers, **{"loss": CROSS_ENTROPY, "optimizer": optimizer, **sections})


def test_the_costs_of_a_step_are_those_counted_by_hand() -> None:
    found = savings(net(transfer={"freeze_to": "relu", "cache": "memory"}), 5, plans=True)
    assert found is not None
    assert found.from_cache is not None
    whole, frozen, cached = found.nothing_frozen, found.frozen, found.from_cache
    assert whole.multiply_adds == 5 * (2 * CONV + 3 * 2 * CONV + 3 * FC)  # no gradient to the input
    assert frozen.multiply_adds == 5 * (CONV + 2 * CONV + 2 * FC)
    assert cached.multiply_adds == 5 * 2 * FC
    assert (whole.backward_layers, frozen.backward_layers, cached.backward_layers) == (4, 1, 1)
    assert frozen.gradient_bytes == frozen.slot_bytes == cached.gradient_bytes == 4 * FC
    assert whole.gradient_bytes == 4 * (80 + 144 + FC)  # 72 weights of conv1, up to the next cache line
    assert None not in (whole.backward_calls, frozen.backward_calls, cached.backward_calls)
    assert whole.backward_calls > frozen.backward_calls == cached.backward_calls  # type: ignore[operator]
    assert whole.activation_bytes > frozen.activation_bytes > cached.activation_bytes  # type: ignore[operator]


def test_the_prefix_is_named_with_its_bytes() -> None:
    found = savings(net(transfer={"freeze_to": "relu"}, train={"dtype": "float64"}), 5, plans=False)
    assert found is not None
    assert found.prefix is not None
    prefix = found.prefix
    assert (prefix.first, prefix.last, prefix.layers, prefix.cut) == ("conv1", "relu", 3, ("relu",))
    assert (prefix.numbers, prefix.bytes) == (4 * 36, 8 * 4 * 36)
    assert found.frozen.activation_bytes is None


def test_a_frozen_layer_above_one_that_learns_saves_its_own_gradient_and_no_more() -> None:
    found = savings(net(transfer={"freeze": ["conv2"]}), 1, plans=False)
    assert found is not None
    assert (found.prefix, found.from_cache) == (None, None)
    assert found.nothing_frozen.multiply_adds - found.frozen.multiply_adds == 2 * CONV


DIGITS = {"type": "digits"}


@pytest.mark.parametrize(("transfer", "data", "epochs", "why"), [
    ({"cache": "off"}, DIGITS, 5, keeping.AS_ASKED),
    ({"cache": "memory"}, {**DIGITS, "augment": [{"type": "random_crop", "padding": 1}]}, 5, keeping.AUGMENTED),
    ({"cache": "memory"}, DIGITS, 1, keeping.ONCE),
    ({"cache": "auto"}, DIGITS, 5, "as conv1 … relu takes 9 multiply-adds for each of the 576 numbers"),
    ({"cache": "memory"}, DIGITS, 5, ""),
])  # fmt: skip
def test_no_cache_is_promised_that_the_spec_rules_out(transfer: dict, data: dict, epochs: int, why: str) -> None:
    layers = [
        {"name": "conv1", "type": "conv2d", "out_channels": 9, "kernel_size": 3, "padding": 1, "bias": False},
        {"type": "relu", "name": "relu"},
        {"name": "fc", "type": "linear", "out_features": 10},
    ]
    sections = {"loss": CROSS_ENTROPY, "optimizer": {"type": "sgd", "lr": 0.1}, "data": data, "train": {"epochs": epochs}}
    spec = spec_of(layers, [1, 8, 8], **sections, transfer={"freeze_to": "relu", **transfer})
    found = savings(spec, 5, plans=False)
    assert found is not None
    assert found.prefix is not None
    (stage,) = found.stages
    assert stage.no_cache.startswith(why)
    assert (stage.no_cache == "", stage.from_cache is not None) == (why == "", why == "")


def test_each_stage_that_the_epochs_reach_has_its_costs() -> None:
    unfreeze = [{"at_epoch": 2, "to": "conv2"}, {"at_epoch": 3, "to": "input"}]
    spec = net(transfer={"freeze_to": "relu", "cache": "memory", "unfreeze": unfreeze}, train={"epochs": 6})
    found = savings(spec, 5, plans=False)
    assert found is not None
    assert [(one.first_epoch, one.last_epoch, one.frozen_layers) for one in found.stages] == [(0, 2, 3), (2, 3, 1), (3, 6, 0)]
    assert found.stages[1].no_cache == keeping.ONCE
    assert found.stages[2].frozen == found.nothing_frozen
    assert "stage 2 of 3, epoch 3: 64.7 % of the multiply-adds; " in lines(found)[2]
    assert lines(found)[3] == "stage 3 of 3, epochs 4 – 6: nothing is frozen, nothing is saved"


@pytest.mark.parametrize("sections", [{}, {"transfer": {"freeze": ["conv1"]}, "loss": None}])
def test_there_is_nothing_to_tell_of_a_network_without_frozen_layers_or_loss(sections: dict) -> None:
    given = {key: value for key, value in sections.items() if value is not None}
    spec = net(**given)
    assert savings(spec if "loss" not in sections else spec.model_copy(update={"losses": ()}), 2, plans=False) is None
