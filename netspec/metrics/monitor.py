"""What a monitored quantity is: which way it gets better, and whether it is read in percent."""

from __future__ import annotations

from netspec.metrics.base import Direction, Metric
from netspec.registry import plugins

_PREFIXES = ("val_", "validation_", "train_", "running_")


def direction_of(monitor: str) -> Direction | None:
    """Gives "min" for losses, the metric's direction for metrics ("val_f1", "top_5"), None for anything unknown."""
    name = _plain(monitor)
    if name == "loss" or name.endswith("_loss"):
        return "min"
    metric = _metric_of(name)
    return metric.direction if metric is not None else None


def is_share(monitor: str) -> bool:
    """Whether its metric is a part of a whole, from 0 to 1; False for losses and anything unknown."""
    metric = _metric_of(_plain(monitor))
    return metric is not None and metric.is_share


def say(name: str, value: float) -> str:
    """The value of the metric `name` for people: shares in percent, everything else with four digits."""
    return f"{100 * value:.2f} %" if is_share(name) else f"{value:.4g}" if abs(value) < 1e-3 else f"{value:.4f}"


def _plain(monitor: str) -> str:
    return next((monitor.removeprefix(p) for p in _PREFIXES if monitor.startswith(p)), monitor)


def _metric_of(name: str) -> type[Metric] | None:
    return next((m for m in plugins("netspec.metrics").values() if m.reports(name)), None)
