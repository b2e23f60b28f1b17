"""Clipping by norm: by hand, by property, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.optimizers.base import HYPER_SCALE, HYPER_SIZE
from netspec.optimizers.clipping import emit_clipping
from netspec.optimizers.sgd import SGD
from tests.kit.bench import Recorder

SIZES = [1, 7, 8, 9, 100_003]


def clip(tensors, dtype="float64", **keys):
    """The gradients after clipping, as the update sees them, and the common factor."""
    io = Recorder(dtype, 1)
    refs = [io.add(f"g{i}", g) for i, g in enumerate(tensors)]
    hyper = io.add("hyper", np.ones(HYPER_SIZE), "double")
    emit_clipping(io, SGD(**keys), refs, hyper)
    io.run()
    factor = io.memory["hyper"][HYPER_SCALE]
    return [factor * io.memory[r.buffer] for r in refs], factor


def gradients(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(size) for size in SIZES]


def norm(tensors):
    return np.sqrt(sum(float((g**2).sum()) for g in tensors))


def test_global_norm_by_hand():
    (a, b), factor = clip([np.array([3.0]), np.array([0.0, 4.0])], clip_global_norm=1.0)
    assert factor == 1 / 5
    np.testing.assert_allclose(np.concatenate([a, b]), [0.6, 0, 0.8], rtol=1e-15)


def test_tensor_norm_by_hand():
    (a, b, c), factor = clip([np.array([3.0, 4.0]), np.array([0.3, 0.4]), np.zeros(3)], clip_norm=1.0)
    assert factor == 1
    np.testing.assert_allclose(a, [0.6, 0.8], rtol=1e-15)
    np.testing.assert_array_equal(b, [0.3, 0.4])
    np.testing.assert_array_equal(c, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_gradients_end_at_the_norm_and_small_ones_stay(dtype):
    tensors = gradients()
    tolerance = 1e-6 if dtype == "float32" else 1e-13
    clipped, _ = clip(tensors, dtype, clip_global_norm=2.0)
    assert norm(clipped) == pytest.approx(2.0, rel=tolerance)
    assert clip(tensors, dtype, clip_global_norm=1e6)[1] == 1
    for g, after in zip(tensors, clip(tensors, dtype, clip_norm=2.0)[0], strict=True):
        assert norm([after]) == pytest.approx(min(2.0, norm([g])), rel=tolerance)


def test_both_norms_clip_each_tensor_first():
    clipped, factor = clip([np.array([30.0]), np.array([0.0, 40.0])], clip_norm=2.0, clip_global_norm=1.0)
    assert factor == pytest.approx(1 / np.sqrt(8))
    np.testing.assert_allclose(np.concatenate(clipped), [np.sqrt(0.5), 0, np.sqrt(0.5)], rtol=1e-15)


def test_without_the_keys_nothing_is_emitted():
    tensors = gradients()
    clipped, factor = clip(tensors)
    assert factor == 1
    for g, after in zip(tensors, clipped, strict=True):
        np.testing.assert_array_equal(after, g)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("key", ["clip_norm", "clip_global_norm"])
def test_a_broken_gradient_is_not_scaled_away(key, broken):
    tensors = gradients()
    tensors[1][3] = broken
    clipped, _ = clip(tensors, **{key: 1.0})
    assert np.isnan(clipped[1]).all()


def test_two_runs_give_the_same_bits():
    first, second = (clip(gradients(), "float32", clip_global_norm=1.0)[1] for _ in range(2))
    assert first == second


@pytest.mark.peers
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-13)])
@pytest.mark.parametrize("most", [0.5, 1e5])
def test_clipping_equals_pytorchs(dtype, tolerance, most):
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
    tensors = gradients(3)
    peers = [torch.zeros(g.size, dtype=getattr(torch, dtype), requires_grad=True) for g in tensors]
    for peer, g in zip(peers, tensors, strict=True):
        peer.grad = torch.tensor(g, dtype=getattr(torch, dtype))
    torch.nn.utils.clip_grad_norm_(peers, most)
    keys = {**SGD.dialects["torch"], "clip_global_norm": most}
    for after, peer in zip(clip(tensors, dtype, **keys)[0], peers, strict=True):
        np.testing.assert_allclose(after, peer.grad.numpy(), rtol=tolerance)
