"""Gradients against central differences, aware of kinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netspec.kernels.binding import BoundCalls
from tests.kit.bench import Array, LayerRun, to_stored

STEP = 1e-5
"""In float64: truncation about STEP² = 1e-10, rounding about 1e-16 / STEP = 1e-11."""
TOLERANCE = 1e-6
SAMPLES = 24
"""Elements looked at per tensor."""
MOST_KINKS = 0.25
"""Share of elements that may lie within two steps of a kink."""


def compare_with_differences(run: LayerRun, dy: Array, rng: np.random.Generator, given: Sequence[int] = ()) -> None:
    """Assert that every gradient of a float64 run is the derivative of L = Σ y · dy; of `given` inputs, that it is 0.

    Elements whose central differences with STEP and 2·STEP disagree lie at a kink and are left out.
    """
    run.forward()
    run.backward(dy)
    io = run.io
    run.layer.forward(io)
    forward = BoundCalls(io.calls, io.memory, io.dtype)
    io.calls.clear()
    pairs = {f"x{i}": f"dx{i}" for i in range(len(run.inputs))} | {f"p.{name}": f"g.{name}" for name in run.parameters}
    gradients = {buffer: io.memory[gradient].copy() for buffer, gradient in pairs.items()}
    weight = to_stored(dy).reshape(-1)
    for place in given:
        assert not gradients.pop(f"x{place}").any(), f"x{place} is given, but has a gradient"
    for buffer, gradient in gradients.items():
        chosen = rng.permutation(gradient.size)[:SAMPLES]
        kinks = sum(_is_kink(forward, io.memory, buffer, index, gradient[index], weight) for index in chosen)
        assert kinks <= MOST_KINKS * chosen.size, f"{buffer}: {kinks} of {chosen.size} elements are not differentiable"


def _is_kink(
    forward: BoundCalls, memory: dict[str, Array], buffer: str, index: int, gradient: float, weight: Array
) -> bool:
    near, far = (_difference(forward, memory, buffer, index, step, weight) for step in (STEP, 2 * STEP))
    allowed = TOLERANCE * max(1.0, abs(near))
    if abs(near - far) > allowed:
        return True
    assert abs(gradient - near) <= allowed, f"{buffer}[{index}]: gradient {gradient}, central difference {near}"
    return False


def _difference(
    forward: BoundCalls, memory: dict[str, Array], buffer: str, index: int, step: float, weight: Array
) -> float:
    kept, values = memory[buffer][index], []
    for moved in (kept + step, kept - step):
        memory[buffer][index] = moved
        forward.run()
        values.append(float(memory["y"][: weight.size] @ weight))
    memory[buffer][index] = kept
    return (values[0] - values[1]) / (2 * step)
