"""What the looks say is wrong with a training, by fixed rules.

dead: DEAD of a layer's units or more give 0 for every sample looked at
saturated: SATURATED of a layer's values or more lie at an end of the activation's range
still: a weight that should learn was not moved by the step
fast, slow: ‖Δw‖/‖w‖ of a weight is above FAST or below SLOW. As a rule of thumb it is about 1e-3: A. Karpathy, CS231n notes,
"Neural networks part 3", https://cs231n.github.io/neural-networks-3/#ratio; the alarms begin 30 times beyond it
broken: values that are not finite

Ratios are asked of tensors with two axes or more; biases and normalization may begin at 0 and move as they like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEAD, SATURATED = 0.25, 0.5
RULE, BAND = 1e-3, (3e-4, 3e-3)
"""The rule of thumb, and what the chart shows as about that."""
FAST, SLOW = 3e-2, 3e-5
Look = Mapping[str, Any]


@dataclass(frozen=True)
class Alarm:
    """kind: see the module; layer: whose; text: for people."""

    kind: str
    layer: str
    text: str
    is_error: bool = False


def alarms(tensors: Look | None, units: Look | None, weights: frozenset[str]) -> list[Alarm]:
    """What the newest looks say. weights: names of tensors with two axes or more."""
    found = [
        alarm for name, tensor in _items(tensors, "tensors") for alarm in _of_tensor(name, tensor, name in weights)
    ]
    return found + [alarm for name, layer in _items(units, "layers") for alarm in _of_units(name, layer)]


def _items(look: Look | None, key: str) -> list[tuple[str, Any]]:
    return list(look[key].items()) if look is not None else []


def _of_tensor(name: str, tensor: Look, is_weight: bool) -> list[Alarm]:
    layer, found = name.rpartition(".")[0], []
    for what in ("weights", "gradients"):
        broken = tensor[what]["nonfinite"] if tensor[what] is not None else 0
        if broken:
            found.append(Alarm("broken", layer, f"{name}: {broken} {what} are NaN or infinite", is_error=True))
    ratio = tensor["ratio"]
    if not is_weight or ratio is None:
        return found
    if ratio == 0:
        found.append(Alarm("still", layer, f"{name} was not moved by the step, though it is not frozen", is_error=True))
    elif ratio > FAST:
        found.append(Alarm("fast", layer, f"{name} moves by {ratio:.1e} of its size a step: is lr too high?"))
    elif ratio < SLOW:
        found.append(Alarm("slow", layer, f"{name} moves by {ratio:.1e} of its size a step: is lr too low?"))
    return found


def _of_units(name: str, layer: Look) -> list[Alarm]:
    found = []
    dead, units, saturated = layer["dead"], layer["units"], layer["saturated"]
    if dead is not None and units and len(dead) >= DEAD * units:
        share = f"{100 * len(dead) / units:.0f} %"
        found.append(Alarm("dead", name, f"{name}: {len(dead)} of {units} units ({share}) give 0 for every sample"))
    if saturated is not None and saturated >= SATURATED:
        found.append(
            Alarm("saturated", name, f"{name}: {100 * saturated:.0f} % of its values lie at an end of its range")
        )
    return found
