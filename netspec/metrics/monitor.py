"""Which way a monitored quantity gets better."""

from __future__ import annotations

from netspec.metrics.base import Direction
from netspec.registry import plugins

_PREFIXES = ("val_", "validation_", "train_")


def direction_of(monitor: str) -> Direction | None:
    """Gives "min" for losses, the metric's direction for metrics ("val_f1", "top_5"), None for anything unknown."""
    name = next((monitor.removeprefix(p) for p in _PREFIXES if monitor.startswith(p)), monitor)
    if name == "loss" or name.endswith("_loss"):
        return "min"
    directions: list[Direction | None] = [m.direction for m in plugins("netspec.metrics").values() if m.reports(name)]
    return directions[0] if directions else None
