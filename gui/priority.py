"""The children of the window compute at a lower priority: it stays quick while all cores train."""

from __future__ import annotations

import os
from contextlib import suppress

NICE = 5


def lower() -> None:
    """Lower this process's priority, where the system has such."""
    with suppress(AttributeError, OSError):
        os.nice(NICE)
