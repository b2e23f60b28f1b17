"""The frozen prefix: which layers it has, and that a network cut in two computes the bits of the whole."""

import numpy as np
import pytest

import netspec
from netspec.batch import CutValues
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal

FROZEN = {"frozen": True}


def conv(name: str, channels: int = 4, **more) -> dict:
    return {"type": "conv2d", "name": name, "out_channels": channels, "kernel_size": 3, "padding": 1, **more}


def bn(name: str, **more) -> dict:
    return {"type": "batch_norm", "name": name, **more}


def act(name: str, **more) -> dict:
    return {"type": "relu", "name": name, **more}


def head(**more) -> dict:
    return {"type": "linear", "name": "head", "out_features": 3, **more}


def spec_of(layers: list[dict], shape=(3, 8, 8), inputs=None, **more) -> netspec.Spec:
    given = {"inputs": inputs} if inputs else {"input": {"shape": list(shape)}}
    return netspec.Spec.model_validate({
        **given, "layers": layers, "loss": {"type": "cross_entropy"},
        "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9}, **more,
    })  # fmt: skip


PLAIN = [conv("c1", **FROZEN), bn("b1", **FROZEN), act("r1"), conv("c2"), bn("b2"), act("r2"), head()]
NETWORKS = {
    "plain": spec_of(PLAIN),
    "a sum across the cut": spec_of([
        conv("c1", **FROZEN), bn("b1", **FROZEN), act("r1"), conv("c2"), bn("b2"),
        {"type": "add", "name": "sum", "inputs": ["b2", "r1"]}, act("r2"), {"type": "dropout", "name": "drop", "p": 0.3},
        head(),
    ]),
    "a sum whose summands are made in the other order": spec_of([
        conv("c1"), conv("c2", **FROZEN, inputs=["input"]), bn("b2", **FROZEN),
        {"type": "add", "name": "sum", "inputs": ["c1", "b2"]}, act("r"), head(),
    ]),
    "the rest begins with what the prefix could do at its end": spec_of([conv("c1", **FROZEN), bn("b1"), act("r1"), head()]),
    "the rest reads the input, too": spec_of([
        conv("c1", **FROZEN), act("r1"), {"type": "concat", "name": "both", "inputs": ["r1", "input"]}, conv("c2"), head(),
    ]),
    "a flattened cut": spec_of([conv("c1", **FROZEN), {"type": "flatten", "name": "flat"}, head()]),
    "two inputs": spec_of(
        [conv("c1", inputs=["left"], **FROZEN), conv("c2", inputs=["right"]),
         {"type": "add", "name": "sum", "inputs": ["c1", "c2"]}, act("r"), head()],
        inputs=[{"name": "left", "shape": [3, 8, 8]}, {"name": "right", "shape": [2, 8, 8]}],
    ),
    "an output in the prefix": spec_of(
        [conv("c1", **FROZEN), act("r1"), conv("c2"), head()], outputs=["r1", "head"],
    ),
    "winograd": spec_of(
        [conv("c1", 32, **FROZEN), bn("b1", **FROZEN), act("r1"), conv("c2", 32, **FROZEN), act("r2"), conv("c3", 32),
         {"type": "global_avg_pool", "name": "pool"}, head()], (32, 40, 40),
    ),
}  # fmt: skip


def batches(spec: netspec.Spec, count: int, dtype: str) -> tuple[dict, np.ndarray]:
    rng = np.random.default_rng(0)
    x = {}
    for item in spec.inputs:
        c, h, w = item.shape
        x[item.name] = rng.normal(size=(count, h, w, c)).astype(dtype)
    return x, rng.integers(0, 3, count)


def program_of(spec: netspec.Spec, batch_size: int, dtype: str = "float32", **more):
    program = netspec.compile(spec, batch_size=batch_size, dtype=dtype, **more)
    rng = np.random.default_rng(1)
    states = {name: rng.uniform(0.5, 1.5, array.shape) for name, array in program.states.items()}
    program.load_parameters({**program.parameters, **states})
    return program


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_training_from_the_cut_gives_the_bits_of_training_from_the_input(name: str, dtype: str) -> None:
    spec, size = NETWORKS[name], 8
    if name == "winograd" and dtype == "float64":
        pytest.skip("one element type says enough, and this network is large")
    whole, cut = program_of(spec, size, dtype), program_of(spec, size, dtype, threads=1)
    x, y = batches(spec, 20, dtype)
    parts = [whole.lanes[0].cut_values({k: v[i : i + n] for k, v in x.items()}) for i, n in ((0, 8), (8, 1), (9, 8), (17, 3))]
    values = {name: np.concatenate([part[name] for part in parts]) for name in whole.start.cut}
    for first, last in ((0, 8), (3, 11), (16, 20), (11, 12)):
        rows = slice(first, last)
        given, picture = CutValues({k: v[rows] for k, v in values.items()}), {k: v[rows] for k, v in x.items()}
        assert cut.lanes[0].train_step(given, y[rows], lr=0.1) == whole.lanes[0].train_step(picture, y[rows], lr=0.1)
        assert_same(cut.lanes[0].all_outputs(), whole.lanes[0].all_outputs())
        assert cut.lanes[0].evaluate(given, y[rows]) == whole.lanes[0].evaluate(picture, y[rows])
        assert_same(cut.lanes[0].all_outputs(), whole.lanes[0].all_outputs())
        cut.lanes[0].accumulate(given, y[rows])
        whole.lanes[0].accumulate(picture, y[rows])
        for lane in (cut.lanes[0], whole.lanes[0]):
            lane.update(lr=0.1)
    assert_same(cut.lanes[0].tensors(), whole.lanes[0].tensors())
    assert_same(cut.lanes[0].slots(), whole.lanes[0].slots())


def assert_same(one: dict, other: dict) -> None:
    assert {k: v.tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in other.items()}


def test_the_networks_above_have_shards_and_winograd() -> None:
    plans = {name: program_of(NETWORKS[name], 8).lanes[0].training_plan(8) for name in ("plain", "winograd")}
    assert plans["plain"].shards == 8
    assert {c.algorithm for c in plans["winograd"].calls if c.owner in ("c1", "c2", "c3")} >= {"winograd"}


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_the_prefix_keeps_the_algorithms_of_the_usual_batch_in_a_batch_of_any_size(n: int) -> None:
    def algorithms(goal: Goal) -> list[tuple[str, str]]:
        start = start_plan(NETWORKS["winograd"], dtype="float32", seed=0, usual_batch=8)
        return sorted({(c.owner, c.algorithm) for c in make_plan(start, goal).calls if c.owner in ("c1", "c2") and c.algorithm})

    usual = algorithms(Goal(batch=8, training=True, loss=True, gradients=True))
    assert usual == [("c1", "winograd"), ("c2", "winograd")]
    assert algorithms(Goal(batch=n)) == algorithms(Goal(batch=n, prefix="only")) == usual


def prefix_of(layers: list[dict], **more) -> tuple[set[str], tuple[str, ...]]:
    start = start_plan(spec_of(layers, **more), dtype="float32", seed=0)
    return set(start.prefix), start.cut


def test_the_prefix_is_closed_under_what_it_is_computed_from() -> None:
    assert prefix_of(PLAIN) == ({"c1", "b1", "r1"}, ("r1",))
    frozen_above = [conv("c1"), conv("c2", **FROZEN), act("r"), head()]
    assert prefix_of(frozen_above) == (set(), ())


def test_a_network_without_frozen_parameters_has_no_prefix() -> None:
    assert prefix_of([act("r0"), conv("c1"), head()]) == (set(), ())
    assert prefix_of([act("r0", **FROZEN), conv("c1"), head()]) == (set(), ())


def test_what_draws_or_takes_statistics_ends_the_prefix() -> None:
    def until(*layers: dict, **more) -> tuple[str, ...]:
        return prefix_of([conv("c1", **FROZEN), *layers, act("r"), conv("c2"), head()], **more)[1]

    drop = {"type": "dropout", "name": "drop"}
    assert until(drop) == until({"type": "spatial_dropout", "name": "drop"}) == ("c1",)
    assert until({**drop, "frozen": True}) == until({**drop, "p": 0.0}) == ("r",)
    assert until(bn("b")) == ("c1",)
    assert until(bn("b", affine=False)) == ("c1",)
    assert until(bn("b", **FROZEN)) == ("r",)
    assert until(bn("b", **FROZEN), transfer={"bn": "train"}) == ("c1",)
    assert until(act("x")) == until({"type": "max_pool2d", "name": "x", "kernel_size": 2}) == ("r",)


def test_nothing_is_fused_across_the_cut() -> None:
    start = start_plan(NETWORKS["the rest begins with what the prefix could do at its end"], dtype="float32", seed=0)
    for goal in (Goal(batch=8), Goal(batch=8, training=True, loss=True, gradients=True)):
        made = {call.owner: call.absorbed for call in make_plan(start, goal).calls if call.direction == "forward"}
        assert made["c1"] == ()


def test_the_rest_alone_calls_nothing_of_the_prefix_and_takes_less_memory() -> None:
    pool = {"type": "global_avg_pool", "name": "pool"}
    spec = spec_of([conv("c1", 32, **FROZEN), act("r1"), pool, head()], (3, 40, 40))
    start = start_plan(spec, dtype="float32", seed=0, usual_batch=8)
    goal = Goal(batch=8, training=True, loss=True, gradients=True)
    whole, given = (make_plan(start, Goal(**{**vars(goal), "prefix": part})) for part in ("whole", "given"))
    alone = make_plan(start, Goal(batch=8, prefix="only"))
    assert start.prefix.isdisjoint(call.owner for call in given.calls)
    assert {call.owner for call in alone.calls} <= start.prefix
    assert 100 * given.arena_bytes < whole.arena_bytes
