"""A slice of the loss surface around a network's weights θ: L(θ + a·δ + b·η) on a square of (a, b).

δ and η are random directions with filter normalization: normal numbers of the seed, then each filter d_i (the weights of one
output channel or feature) scaled to the length of the filter θ_i it is added to, d_i ← d_i · ‖θ_i‖ / ‖d_i‖; tensors of one
axis (biases, normalization) stay as they are. Running statistics stay, too, nothing is dropped, and the loss is that of the
data as training weighs it. So a step of 1 replaces a filter by one as long as itself.
Source: Li, Xu, Taylor, Studer & Goldstein 2018, Visualizing the loss landscape of neural nets, arXiv:1712.09913, §4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Part
from netspec.datasets.batch import Batch, Finish
from netspec.datasets.loader import Loader
from netspec.datasets.normalization import Normalization
from netspec.inside.errors import InsideError
from netspec.lane import Lane
from netspec.loss_value import LossValue
from netspec.losses.base import Loss
from netspec.program import Program
from netspec.random import stream
from netspec.training.targets import targets_for

Array = NDArray[Any]
Tensors = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Slice:
    """losses[i, j] = L(θ + a[j]·δ + a[i]·η); NaN where it is not known yet. done: points known."""

    axis: Array
    losses: Array
    done: int


def direction(weights: Tensors, seed: int, name: str) -> dict[str, Array]:
    """A filter-normalized random direction for each tensor with two axes or more. name: "δ" or "η", for its own numbers."""
    found = {}
    for tensor, w in weights.items():
        if w.ndim < 2:
            continue
        d = stream(seed, "landscape", name, tensor).standard_normal(w.shape)
        rows, lengths = d.reshape(len(w), -1), np.linalg.norm(w.reshape(len(w), -1).astype(np.float64), axis=1)
        norms = np.linalg.norm(rows, axis=1)
        rows *= (lengths / np.where(norms > 0, norms, 1.0))[:, None]
        found[tensor] = d
    return found


def loss_slice(
    program: Program, part: Part, normalization: Normalization, *, samples: int = 512, points: int = 21,
    reach: float = 1.0, seed: int = 0, finish: Finish | None = None,
) -> Iterator[Slice]:  # fmt: skip
    """The slice around the weights of the program's first lane, finer and finer; the last one is whole.

    points: odd, so that θ itself is the middle one; reach: a and b run from −reach to reach. The lane's weights are put back
    at the end, also when the caller stops early. finish: see `Data.finish`.
    """
    if points < 3 or points % 2 == 0:
        raise ValueError(f"points {points}; use an odd number of 3 or more")
    lane, minimized = program.lanes[0], program.losses
    weights = {name: array for name, array in lane.tensors().items() if name in program.layout.parameters}
    delta, eta = direction(weights, seed, "δ"), direction(weights, seed, "η")
    if not delta:
        raise InsideError("the network has no weights with filters", "choose a network with a layer that learns")
    batches = _batches(program, part, normalization, samples, finish)
    axis = np.linspace(-reach, reach, points)
    losses = np.full((points, points), np.nan)
    try:
        for done, (i, j) in enumerate(refining_order(points), 1):
            lane.load_tensors({name: weights[name] + axis[j] * delta[name] + axis[i] * eta[name] for name in delta})
            losses[i, j] = mean_loss(lane, batches, minimized, program.dtype)
            yield Slice(axis, losses, done)
    finally:
        lane.load_tensors({name: weights[name] for name in delta})


def refining_order(points: int) -> list[tuple[int, int]]:
    """All places of a square, coarse ones first, from the middle outwards in each pass."""
    middle, stride = points // 2, 1
    found: dict[tuple[int, int], None] = {}
    while stride * 4 <= points:
        stride *= 2
    while stride:
        passed = [
            (i, j) for i in range(middle % stride, points, stride) for j in range(middle % stride, points, stride)
        ]
        for place in sorted(passed, key=lambda at: (max(abs(at[0] - middle), abs(at[1] - middle)), at)):
            found.setdefault(place, None)
        stride //= 2
    return list(found)


def mean_loss(lane: Lane, batches: Sequence[Batch], losses: Sequence[Loss], dtype: Any) -> float:
    """The loss over the batches, with the lane's weights as they are; infinity becomes NaN."""
    total = LossValue.empty(len(losses))
    for batch in batches:
        value = lane.evaluate(batch.feed, targets_for(lane, batch, losses, dtype))
        assert value is not None
        total += value
    return total.mean if np.isfinite(total.mean) else float("nan")


def _batches(
    program: Program, part: Part, normalization: Normalization, samples: int, finish: Finish | None
) -> list[Batch]:
    """The first samples, normalized once."""
    rows = np.arange(min(samples, len(part)), dtype=np.int64)
    return list(Loader(part, normalization, program.batch_size, rows, np.dtype(program.dtype), finish=finish))
