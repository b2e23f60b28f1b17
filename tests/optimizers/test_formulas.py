"""Every optimizer against its formula written in NumPy, 1,000 steps in float64, and what all have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.registry import plugins
from tests.optimizers.references import KEYS, REFERENCES
from tests.optimizers.runner import Lane, dialect, landscape

OPTIMIZERS = plugins("netspec.optimizers")
CASES = [pytest.param(kind, keys, id=f"{kind} {keys}") for kind, several in KEYS.items() for keys in several]
every_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)


def falling(lr: float, steps: int) -> list[float]:
    """A learning rate that changes: where the two forms of momentum differ."""
    return [lr * (1 - 0.9 * i / steps) for i in range(steps)]


def follow(optimizer: Any, rates: list[float]) -> float:
    """Largest distance between the compiled path and the formula's, relative to the largest parameter."""
    start, gradient = landscape()
    lane, furthest = Lane(optimizer, start), 0.0
    expected = REFERENCES[optimizer.type_name()](optimizer, start, gradient, rates)
    for t, (lr, p) in enumerate(zip(rates, expected, strict=True)):
        furthest = max(furthest, float(abs(lane.step(gradient(lane.p, t), lr) - p).max()))
    assert abs(lane.p - start).max() > 1e-2, "the path never left its start"
    return furthest / float(abs(start).max())


def test_every_optimizer_of_the_registry_has_a_formula_and_cases_here():
    assert set(REFERENCES) == set(OPTIMIZERS) == set(KEYS)


@pytest.mark.parametrize(("kind", "keys"), CASES)
def test_a_thousand_steps_follow_the_formula(kind, keys):
    optimizer = OPTIMIZERS[kind](**keys)
    assert follow(optimizer, falling(optimizer.lr, 1000)) < 1e-12


@pytest.mark.parametrize(("kind", "mode"), [
    (kind, mode) for kind in OPTIMIZERS for mode in ("l2", "l1", "decoupled")
    if kind != "adamw" or mode == "decoupled"])
def test_weight_decay_follows_the_formula(kind, mode):
    optimizer = OPTIMIZERS[kind](**KEYS[kind][0], weight_decay=0.02, weight_decay_mode=mode)
    # sign(θ) flips where θ crosses 0, so a rounding error may be amplified there: fewer steps for l1.
    assert follow(optimizer, falling(optimizer.lr, 100 if mode == "l1" else 1000)) < 1e-12


@every_optimizer
def test_clipping_by_value_follows_the_formula(kind):
    optimizer = OPTIMIZERS[kind](**KEYS[kind][0], clip_value=0.1)
    assert follow(optimizer, falling(optimizer.lr, 1000)) < 1e-12


@pytest.mark.parametrize("framework", ["torch", "keras", "caffe"])
@every_optimizer
def test_dialects_are_keys_the_optimizer_has_and_follow_the_formula(kind, framework):
    if kind == "adamw" and framework == "caffe":
        assert "caffe" not in OPTIMIZERS[kind].dialects  # Caffe has no AdamW
        return
    optimizer = dialect(OPTIMIZERS[kind], framework, weight_decay=0.01)
    assert optimizer.decay_bias
    assert follow(optimizer, falling(max(optimizer.lr, 0.005), 1000)) < 1e-12


@every_optimizer
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-13)])
def test_first_step_by_hand(kind, dtype, tolerance):
    optimizer = OPTIMIZERS[kind](lr=0.1, weight_decay=0)
    by_hand = {
        "sgd": 0.1 * 0.5, "momentum": 0.1 * 0.5, "nesterov": 1.9 * 0.1 * 0.5,
        "adagrad": 0.1 * 0.5 / np.sqrt(0.25 + 1e-8), "rmsprop": 0.1 * 0.5 / np.sqrt(0.025 + 1e-8),
        "adam": 0.1 * 0.5 / (0.5 + 1e-8), "adamw": 0.1 * 0.5 / (0.5 + 1e-8),
    }
    p = Lane(optimizer, np.array([3.0]), dtype).step(np.array([0.5]))
    assert p[0] == pytest.approx(3 - by_hand[kind], rel=tolerance)


@every_optimizer
def test_zero_gradient_without_decay_moves_nothing(kind):
    start, _ = landscape()
    lane = Lane(OPTIMIZERS[kind](weight_decay=0), start)
    for _ in range(3):
        np.testing.assert_array_equal(lane.step(np.zeros_like(start)), start)


@every_optimizer
def test_decoupled_decay_alone_shrinks_by_lr_times_lambda(kind):
    start, _ = landscape()
    lane = Lane(OPTIMIZERS[kind](weight_decay=0.5, weight_decay_mode="decoupled", lr=0.1), start)
    np.testing.assert_allclose(lane.step(np.zeros_like(start)), start * 0.95, rtol=1e-14)


@every_optimizer
def test_a_group_that_does_not_decay_ignores_the_optimizers_decay(kind):
    start, gradient = landscape()
    decaying = OPTIMIZERS[kind](weight_decay=0.5)
    exempt = Lane(decaying, start, weight_decay=0.0).step(gradient(start, 0))
    np.testing.assert_array_equal(exempt, Lane(OPTIMIZERS[kind](weight_decay=0), start).step(gradient(start, 0)))


@every_optimizer
def test_lr_mult_is_a_factor_of_the_learning_rate(kind):
    start, gradient = landscape()
    multiplied = Lane(OPTIMIZERS[kind](lr=0.01), start, lr_mult=4)
    plain = Lane(OPTIMIZERS[kind](lr=0.04), start)
    for t in range(5):
        np.testing.assert_allclose(
            multiplied.step(gradient(multiplied.p, t)), plain.step(gradient(plain.p, t)), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_optimizer
def test_chunks_change_no_bit(kind, dtype):
    start, gradient = landscape(size=1001)
    whole, cut = (Lane(OPTIMIZERS[kind](), start, dtype, parts=parts) for parts in (1, 7))
    for t in range(3):
        g = gradient(start, t)
        np.testing.assert_array_equal(whole.step(g), cut.step(g))


@every_optimizer
def test_lr_mult_0_keeps_the_parameters(kind):
    start, gradient = landscape()
    lane = Lane(OPTIMIZERS[kind](weight_decay=0.1), start, lr_mult=0)
    np.testing.assert_array_equal(lane.step(gradient(start, 0)), start)


@every_optimizer
def test_the_common_factor_multiplies_the_gradient(kind):
    start, gradient = landscape()
    g = gradient(start, 0)
    scaled = Lane(OPTIMIZERS[kind](), start, scale=0.25).step(g)
    np.testing.assert_array_equal(scaled, Lane(OPTIMIZERS[kind](), start).step(0.25 * g))


@every_optimizer
def test_nan_in_the_gradient_reaches_the_parameter_and_no_other(kind):
    start, gradient = landscape()
    g = gradient(start, 0)
    g[4] = np.nan
    p = Lane(OPTIMIZERS[kind](clip_value=1.0), start).step(g)
    np.testing.assert_array_equal(np.isnan(p), np.arange(start.size) == 4)


@every_optimizer
def test_a_path_in_float32_stays_near_the_one_in_float64(kind):
    start, gradient = landscape()
    narrow, wide = (Lane(OPTIMIZERS[kind](), start, dtype) for dtype in ("float32", "float64"))
    for t in range(50):
        narrow.step(gradient(narrow.p.astype(np.float64), t))
        wide.step(gradient(wide.p, t))
    np.testing.assert_allclose(narrow.p, wide.p, rtol=1e-4, atol=1e-5)


def test_slots_and_their_initial_values():
    slots = {kind: OPTIMIZERS[kind]().slots() for kind in OPTIMIZERS}
    assert slots == {
        "sgd": {}, "momentum": {"momentum_buffer": 0.0}, "nesterov": {"momentum_buffer": 0.0}, "adagrad": {"sum": 0.0},
        "rmsprop": {"square_avg": 0.0}, "adam": {"exp_avg": 0.0, "exp_avg_sq": 0.0},
        "adamw": {"exp_avg": 0.0, "exp_avg_sq": 0.0},
    }
    assert OPTIMIZERS["sgd"](momentum=0.9).slots() == {"momentum_buffer": 0.0}
    assert OPTIMIZERS["adagrad"](initial_accumulator_value=0.1).slots() == {"sum": 0.1}
    assert set(OPTIMIZERS["rmsprop"](centered=True, momentum=0.5).slots()) == {
        "square_avg", "grad_avg", "momentum_buffer"}


def test_a_centered_variance_that_rounds_below_0_counts_as_0():
    lane = Lane(OPTIMIZERS["rmsprop"](centered=True), np.array([1.0]), "float32")
    for _ in range(300):
        p = lane.step(np.array([0.1]))
    assert np.isfinite(p).all()


@pytest.mark.parametrize(("kind", "keys", "text"), [
    ("sgd", {"nesterov": True}, "momentum is 0"), ("sgd", {"dampening": 0.5}, "momentum is 0"),
    ("nesterov", {"dampening": 0.5}, "no dampened form"), ("nesterov", {"nesterov": False}, "True"),
    ("momentum", {"momentum": 1.0}, "less than 1"), ("adam", {"betas": (0.9, 1.0)}, "less than 1"),
    ("adam", {"betas": (0.9,)}, "betas"), ("adamw", {"weight_decay_mode": "l2"}, "decoupled"),
    ("adam", {"momentum": 0.9}, "Extra inputs"), ("rmsprop", {"eps": 0}, "greater than or equal to"),
    ("sgd", {"clip_norm": 0}, "greater than 0"), ("sgd", {"lr": -1}, "greater than or equal to 0"),
])
def test_senseless_keys_are_refused(kind, keys, text):
    with pytest.raises(ValidationError, match=text):
        OPTIMIZERS[kind](**keys)
