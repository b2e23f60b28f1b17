"""Stages of [transfer]: which layers learn when, and how fast."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.freezing import FreezeStage, stage_at, stages
from netspec.graph import build_graph, match_layers
from netspec.spec.model import Spec

NAMES = ["conv1", "bn1", "relu1", "layer1.0", "layer1.1", "drop", "fc"]
TYPES: dict[str, dict[str, Any]] = {
    "conv1": {"type": "conv2d", "out_channels": 4, "kernel_size": 3}, "bn1": {"type": "batch_norm"},
    "relu1": {"type": "relu"}, "layer1.0": {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "lr_mult": 2.0},
    "layer1.1": {"type": "conv2d", "out_channels": 4, "kernel_size": 3}, "drop": {"type": "dropout"},
    "fc": {"type": "linear", "out_features": 3},
}  # fmt: skip


def staged(**transfer: Any) -> tuple[FreezeStage, ...]:
    layers = [{"name": name, **TYPES[name]} for name in NAMES]
    tree = {"inputs": [{"shape": [2, 12, 12]}], "layers": layers, "transfer": transfer}
    spec = Spec.model_validate(tree)
    return stages(spec, build_graph(spec))


def test_without_a_schedule_there_is_one_stage_with_the_frozen_layers_of_the_spec() -> None:
    (stage,) = staged(freeze=["conv1"])
    assert (stage.number, stage.first_epoch, stage.frozen) == (0, 0, {"conv1"})
    assert stage.rates == {"bn1": 1.0, "layer1.0": 2.0, "layer1.1": 1.0, "fc": 1.0}
    assert set(stage.since.values()) == {0}


def test_each_entry_unfreezes_a_layer_and_all_that_is_computed_from_it() -> None:
    first, second, third = staged(freeze_to="drop", unfreeze=[
        {"at_epoch": 2, "to": "layer1.1", "lr_mult": 0.1}, {"at_epoch": 4, "to": "input", "lr_mult": 0.01},
    ])  # fmt: skip
    assert first.frozen == set(NAMES) - {"fc"}
    assert second.frozen == {"conv1", "bn1", "relu1", "layer1.0"}
    assert (second.first_epoch, second.rates) == (2, {"layer1.1": 0.1, "fc": 1.0})
    assert third.frozen == frozenset()
    assert third.rates == {"conv1": 0.01, "bn1": 0.01, "layer1.0": 0.02, "layer1.1": 0.1, "fc": 1.0}
    assert third.since == {"conv1": 4, "bn1": 4, "layer1.0": 4, "layer1.1": 2, "fc": 0}


def test_chosen_layers_may_be_unfrozen_by_name_glob_and_regular_expression() -> None:
    _, second = staged(freeze=["*"], replace=["fc"], unfreeze=[{"at_epoch": 1, "layers": ["re:layer1[.]\\d", "f*"]}])
    assert second.frozen == {"conv1", "bn1", "relu1", "drop"}
    assert match_layers("re:layer1", NAMES) == []
    assert match_layers("re:(", NAMES) == []


def test_during_the_warm_up_only_what_is_replaced_learns_and_its_dropout_drops() -> None:
    first, second, third = staged(
        replace=["fc"], warmup_epochs=1, freeze=["conv1"], unfreeze=[{"at_epoch": 3, "to": "conv1"}])  # fmt: skip
    assert first.frozen == set(NAMES) - {"fc", "drop"}
    assert (second.first_epoch, second.frozen) == (1, {"conv1"})
    assert second.since == {"fc": 0, "bn1": 1, "layer1.0": 1, "layer1.1": 1}
    assert (third.first_epoch, third.frozen, third.since["conv1"]) == (3, frozenset(), 3)


def test_a_warm_up_that_freezes_nothing_more_begins_no_stage() -> None:
    assert len(staged(replace=["fc"], warmup_epochs=2, freeze_to="drop")) == 1


def test_rates_multiply_the_layers_own_and_each_other() -> None:
    (stage,) = staged(rates=[{"layers": ["layer1"], "lr_mult": 0.1, "decay_mult": 0.5}, {"layers": ["*.0"], "lr_mult": 3}])
    assert stage.rates["layer1.0"] == pytest.approx(2.0 * 0.1 * 3)
    assert stage.rates["layer1.1"] == 0.1
    assert stage.decays == {"conv1": 1.0, "bn1": 1.0, "layer1.0": 0.5, "layer1.1": 0.5, "fc": 1.0}


def test_the_slope_over_depth_is_geometric_from_lowest_to_one() -> None:
    (stage,) = staged(discriminative={"lowest": 0.0001})
    assert stage.rates == pytest.approx({"conv1": 1e-4, "bn1": 1e-3, "layer1.0": 2e-2, "layer1.1": 1e-1, "fc": 1.0})


def test_each_stage_of_layers_learns_by_the_factor_slower_than_the_next() -> None:
    (stage,) = staged(discriminative={"factor": 0.5, "stages": ["layer1.0", "fc"]})
    assert stage.rates == {"conv1": 0.25, "bn1": 0.25, "layer1.0": 1.0, "layer1.1": 0.5, "fc": 1.0}


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["input", *NAMES])), max_size=4), st.integers(0, 4))
def test_layers_are_only_ever_unfrozen_and_the_epoch_alone_says_which(entries: list[tuple[int, str]], warmup: int) -> None:
    found = staged(
        freeze_to="layer1.1", replace=["fc"], warmup_epochs=warmup,
        unfreeze=[{"at_epoch": epoch, "to": name} for epoch, name in entries],
    )  # fmt: skip
    for before, after in itertools.pairwise(found):
        assert after.frozen < before.frozen
        assert after.first_epoch > before.first_epoch
        assert before.since.items() <= after.since.items()
        assert {name for name, epoch in after.since.items() if epoch == after.first_epoch} <= before.frozen
    for epoch in range(12):
        now = stage_at(found, epoch)
        assert now.first_epoch <= epoch
        assert now == found[-1] or epoch < found[now.number + 1].first_epoch
