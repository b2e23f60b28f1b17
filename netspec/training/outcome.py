"""The exit status of a run."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.training.events import COMPLETED, DRY_RUN, EARLY_STOPPING, FROZEN_CHANGED, INTERRUPTED, NAN, NO_WEIGHT, End

_STATUS = {
    FROZEN_CHANGED: 1, NO_WEIGHT: 1, NAN: 3, INTERRUPTED: 130, COMPLETED: 0, EARLY_STOPPING: 0, DRY_RUN: 0,
}  # fmt: skip
"""Worst first."""


def exit_status(ends: Iterable[End]) -> int:
    """0 when every lane ended well; else the first that occurs of 1 (frozen tensors changed, no weight), 3 (NaN) and
    130 (interrupted).
    """
    reasons = {end.reason for end in ends}
    return next((status for reason, status in _STATUS.items() if reason in reasons), 1)
