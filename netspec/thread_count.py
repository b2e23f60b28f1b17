"""How many threads compute."""

from __future__ import annotations

import os

from numba.core import config


def checked_threads(threads: int | None) -> int:
    """The number of threads to use: all cores by default. Raises ValueError for what the machine has not."""
    most: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if threads is None:
        return min(most, os.cpu_count() or 1)
    if not 1 <= threads <= most:
        is_set = os.environ.get("NUMBA_NUM_THREADS", "").strip() == str(most)
        limit = f"NUMBA_NUM_THREADS is {most}" if is_set else f"this machine has {most}"
        remedy = ", or change the variable" if is_set else ""
        raise ValueError(f"threads {threads}: {limit}; use 1 … {most}{remedy}")
    return threads


