"""Promises of the plan: places, lifetimes, and the text form."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from netspec.plan.buffers import homes, size_in_bytes
from netspec.plan.dump import dump
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from netspec.plan.verify import PlanError, verify
from tests.kit.golden import check_golden
from tests.kit.networks import small_convnet, spec_of

GOLDEN = Path(__file__).parent / "golden"
GOALS = {
    "inference": Goal(batch=3),
    "evaluation": Goal(batch=3, loss=True),
    "training": Goal(batch=3, training=True, loss=True, gradients=True),
    "gradients": Goal(batch=3, training=True, gradients=True, input_gradients=True),
}


def plan_of(goal, **sections):
    return make_plan(start_plan(small_convnet(**sections), dtype="float32", seed=0), goal)


@pytest.mark.parametrize("goal", GOALS.values(), ids=GOALS)
def test_live_buffers_never_overlap(goal):
    plan = plan_of(goal)
    arena = homes(plan)
    assert len(arena) > 4
    for one, other in combinations(arena, 2):
        meet = one.first <= other.last and other.first <= one.last
        ends = one.offset + size_in_bytes(one, "float32"), other.offset + size_in_bytes(other, "float32")
        assert not meet or ends[0] <= other.offset or ends[1] <= one.offset, (one, other)
        assert max(ends) <= plan.arena_bytes
    for buffer in plan.buffers.values():
        assert not buffer.home or buffer.offset == plan.buffers[buffer.home].offset


def test_buffers_that_never_meet_share_memory():
    layers = [{"name": f"fc{i}", "type": "linear", "out_features": 64} for i in range(10)]
    plan = make_plan(start_plan(spec_of(layers, [64]), dtype="float32", seed=0), Goal(batch=7))
    total = sum(size_in_bytes(buffer, "float32") for buffer in plan.buffers.values() if buffer.place == "arena")
    assert plan.arena_bytes <= 2 * 7 * 64 * 4 + 64 < total


def test_verify_finds_an_overlap():
    plan = plan_of(GOALS["training"])
    broken = {name: replace(buffer, offset=0) for name, buffer in plan.buffers.items()}
    with pytest.raises(PlanError, match="live at once"):
        verify(replace(plan, buffers=broken))


def test_verify_finds_a_read_before_the_write():
    plan = plan_of(GOALS["inference"])
    with pytest.raises(PlanError, match="before it is written"):
        verify(replace(plan, calls=plan.calls[::-1]))


def test_inference_needs_less_memory_than_training():
    assert plan_of(GOALS["inference"]).arena_bytes < plan_of(GOALS["training"]).arena_bytes


@pytest.fixture
def _wide_vectors(monkeypatch):
    """Tiles of a host with 32 vector registers, so that the text is the same everywhere."""
    monkeypatch.setattr("netspec.kernels.contract.TALL_1", 24)
    monkeypatch.setattr("netspec.layers.convolution.TALL", (12, 24))
    for module in ("convolution", "pixel_groups", "winograd_tiling"):
        monkeypatch.setattr(f"netspec.layers.{module}.VECTOR_BYTES", 64)


@pytest.mark.usefixtures("_wide_vectors")
@pytest.mark.parametrize("name", GOALS)
def test_the_plan_as_text(name, update_golden):
    check_golden(GOLDEN / f"{name}.txt", dump(plan_of(GOALS[name])), update=update_golden)


@pytest.mark.usefixtures("_wide_vectors")
def test_the_plan_of_a_frozen_backbone_as_text(update_golden):
    text = dump(plan_of(GOALS["training"], transfer={"freeze_to": "tanh2"}))
    check_golden(GOLDEN / "frozen.txt", text, update=update_golden)


@pytest.mark.usefixtures("_wide_vectors")
def test_the_plan_of_a_sharded_batch_as_text(update_golden):
    goal = Goal(batch=8, training=True, loss=True, gradients=True)
    text = dump(make_plan(start_plan(small_convnet(), dtype="float32", seed=0), goal))
    check_golden(GOLDEN / "sharded.txt", text, update=update_golden)
