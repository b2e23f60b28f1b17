"""Whether the tensors that are to learn move: their hashes when an epoch begins, and when it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.linting.lost_bias import SHIFTING, lost_biases
from netspec.plan.layout import Layout
from netspec.plan.plan import Plan
from netspec.training.contract import Lane, Program


@dataclass
class Movement:
    """What the tensors of every lane were when the epoch began, and what has been told."""

    before: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Lane → tensor → SHA-256."""
    told: set[tuple[str, str]] = field(default_factory=set)

    def begin(self, program: Program, lanes: Mapping[str, Lane]) -> None:
        """An epoch begins, or goes on after a resume: then what moved before is not known."""
        self.before = {label: hashes(program, lane) for label, lane in lanes.items()}

    def still(self, program: Program, label: str, lane: Lane) -> list[str]:
        """Tensors that are to learn and have not moved since `begin`; each is named once."""
        before, after = self.before.get(label, {}), hashes(program, lane)
        found = [name for name, value in after.items() if before.get(name) == value and (label, name) not in self.told]
        self.told |= {(label, name) for name in found}
        return found


def multipliers(layout: Layout) -> dict[str, float]:
    """Tensor that is updated, in graph order → its factor of the learning rate."""
    return {
        name: next(group.lr_mult for group in layout.groups if group.first <= entry.offset < group.last)
        for name, entry in layout.parameters.items()
        if entry.offset < layout.updated_size
    }


def without_effect(start: Plan) -> set[str]:
    """Tensors whose gradient is 0 but for rounding, so that they may stand still: biases that a normalization takes away."""
    lost = lost_biases(start.graph, start.shapes, start.outputs, start.inference_mode, SHIFTING)
    return {f"{name}.bias" for name in lost}


def hashes(program: Program, lane: Lane) -> dict[str, bytes]:
    """Tensor that is updated, with a rate above 0 and an effect → SHA-256 of its bits."""
    layout: Layout = program.start.layout
    flat, idle = lane.memory["parameters"], without_effect(program.start)
    entries = [layout.parameters[name] for name, rate in multipliers(layout).items() if rate and name not in idle]
    return {
        entry.name: hashlib.sha256(flat[entry.offset : entry.offset + entry.tensor.size].data).digest() for entry in entries
    }
