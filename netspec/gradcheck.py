"""Gradients of a whole compiled network against central differences, in float64, on the kernels that train.

For a scalar L of the network and one number θ of a tensor:
numeric = (L(θ+h) − L(θ−h)) / 2h, whose error is h²·L‴/6 plus round-off of about ε·|L|/h; h = 1e-5 · max(1, |θ|).
A kink (ReLU, max) inside θ ± h makes the quotient meaningless, so it is looked for in the values of L alone: with
C(h) the central quotient and D(h) = (L(θ+h) − 2L(θ) + L(θ−h)) / h, a smooth L has C(h) ≈ C(h/2) and D(h) ≈ 2·D(h/2).
An entry that fails this is tried again with smaller h, and left out (and counted) when it stays at a kink.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netspec.gradcheck_network import Quantity, quantities
from netspec.program import compile as compile_spec
from netspec.random import stream

if TYPE_CHECKING:
    from netspec.spec.model import Spec

Array = NDArray[np.float64]
STEPS = (1e-5, 1e-6, 1e-7)
"""Relative step widths that are tried in turn."""
EPSILON = float(np.finfo(np.float64).eps)


class UnknownLayerError(Exception):
    """There is no layer of that name; `message` says so, `hint` what to do."""

    def __init__(self, name: str, hint: str) -> None:
        self.message, self.hint = f"there is no layer {name}", hint
        super().__init__(f"{self.message}; {hint}")


@dataclass(frozen=True)
class Row:
    """The result for one tensor: a parameter ("conv1.weight") or a network input ("input")."""

    tensor: str
    layer: str
    of: str
    """What was differentiated: "loss", or "Σ r·y" with a random r."""
    size: int
    checked: int
    """Entries compared; fewer than `size` when the tensor is large."""
    at_kinks: int
    """Entries left out because they stand at a kink."""
    error: float
    """Greatest relative error, see `relative_error`; 0 when nothing was compared."""
    index: tuple[int, ...] | None
    """Entry with the greatest error, with its two values:"""
    analytic: float
    numeric: float

    def passes(self, tolerance: float) -> bool:
        """Whether something was compared and all of it agrees: entries at kinks alone prove nothing."""
        return self.checked > 0 and self.error <= tolerance


@dataclass(frozen=True)
class Quotients:
    """Central differences of one entry at the widths h and h/2, and what round-off may do to them."""

    numeric: float
    roundoff: float
    is_smooth: bool


def check_gradients(
    spec: Spec,
    *,
    layer: str | None = None,
    batch_size: int = 3,
    samples: int = 24,
    seed: int = 0,
    threads: int | None = None,
) -> Iterator[Row]:
    """Compare all gradients of `spec`, tensor by tensor, in the order of the parameters, then those of the inputs.

    layer: only this layer's parameters. samples: entries compared of each tensor, chosen at random; all when fewer.
    The network runs in training mode on random inputs. With a loss in the spec, parameters are checked through it (with
    a random target); without one, and for the inputs, L = Σ r·y with a random r. Frozen layers have no gradients and
    give no rows. Raises UnknownLayerError.
    """
    program = compile_spec(spec, batch_size=batch_size, dtype="float64", threads=threads, seed=seed)
    owners = {name: entry.layer for name, entry in program.layout.parameters.items()}
    if layer is not None:
        _require_layer(spec, layer)
    for quantity in quantities(program, batch_size, seed):
        for tensor, gradient in quantity.gradients().items():
            owner = owners.get(tensor, tensor)
            if tensor in program.start.inputs and not program.form.is_free(tensor):
                continue  # indices or boxes: a small change is another one, or none
            if layer is None or owner == layer:
                yield _check_tensor(quantity, tensor, owner, gradient, samples, seed)


def _require_layer(spec: Spec, name: str) -> None:
    names = [layer.name for layer in spec.layers]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        raise UnknownLayerError(name, f"did you mean {close[0]}?" if close else "`netspec summary` lists the layers")


def relative_error(analytic: float, numeric: float, scale: float, roundoff: float) -> float:
    """|a − n| / max(|a|, |n|, scale / 1000, 10⁶ · roundoff).

    scale: greatest |gradient| of the tensor; entries a thousand times smaller than it are measured against it.
    roundoff: of the numeric value; alone it never makes more than 1e-6.
    """
    difference = abs(analytic - numeric)
    if not np.isfinite(difference):
        return float("inf")
    return difference / max(abs(analytic), abs(numeric), scale / 1000, 1e6 * roundoff, np.finfo(np.float64).tiny)


def differentiate(value: Callable[[float], float], at: float, width: float) -> Quotients:
    """Quotients of `value` around `at` with h = width · max(1, |at|)."""
    h = width * max(1.0, abs(at))
    h = (at + h) - at  # exactly the step that is taken
    middle, half = value(at), h / 2
    values = [value(at + h), value(at - h), value(at + half), value(at - half)]
    right, left, near_right, near_left = values
    wide, narrow = (right - left) / (2 * h), (near_right - near_left) / h
    bend, near_bend = (right - 2 * middle + left) / h, (near_right - 2 * middle + near_left) / half
    # Sums of many terms carry more than one rounding; 8 ε|L| covers networks of some hundred layers.
    roundoff = 8 * EPSILON * max(abs(middle), *map(abs, values)) / h
    tolerance = 1e-6 * max(abs(wide), abs(narrow)) + 8 * roundoff
    is_smooth = abs(wide - narrow) <= tolerance and abs(bend - 2 * near_bend) <= tolerance
    return Quotients((4 * narrow - wide) / 3, 3 * roundoff, is_smooth)


def _check_tensor(quantity: Quantity, tensor: str, owner: str, gradient: Array, samples: int, seed: int) -> Row:
    chosen = _choose(gradient.size, samples, seed, tensor)
    values = quantity.tensor(tensor)
    scale = float(np.max(np.abs(gradient), initial=0.0))
    checked = at_kinks = 0
    worst, worst_error = (0, 0.0, 0.0), -1.0
    for entry in chosen:
        quotients = _quotients(quantity, tensor, values, int(entry))
        if not quotients.is_smooth:
            at_kinks += 1
            continue
        checked += 1
        analytic = float(gradient.flat[entry])
        error = relative_error(analytic, quotients.numeric, scale, quotients.roundoff)
        if error > worst_error:
            worst, worst_error = (int(entry), analytic, quotients.numeric), error
    quantity.restore(tensor, values)
    index = tuple(int(i) for i in np.unravel_index(worst[0], gradient.shape)) if checked else None
    return Row(
        tensor, owner, quantity.name, gradient.size, checked, at_kinks, max(worst_error, 0.0), index, worst[1], worst[2]
    )


def _quotients(quantity: Quantity, tensor: str, values: Array, entry: int) -> Quotients:
    """With the first step width that no kink spoils; the last one's when all are spoiled."""
    changed = values.copy()

    def value(theta: float) -> float:
        changed.flat[entry] = theta
        return float(quantity.value_with(tensor, changed))

    for width in STEPS:
        quotients = differentiate(value, float(values.flat[entry]), width)
        if quotients.is_smooth:
            break
    return quotients


def _choose(size: int, samples: int, seed: int, tensor: str) -> NDArray[np.int64]:
    if size <= samples:
        return np.arange(size, dtype=np.int64)
    chosen = stream(seed, "gradcheck", tensor).choice(size, samples, replace=False)
    return np.sort(chosen).astype(np.int64)
