"""Memory: what the machine has left, and a refusal in time when a program needs more."""

from __future__ import annotations

import os
from pathlib import Path

KEPT_BYTES = 256 << 20
"""Left to everything else."""


class NotEnoughMemoryError(MemoryError):
    """A batch does not fit; the message names the largest that does."""


def available_bytes() -> int | None:
    """Memory that can be had without swapping; None where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def check_room(needed: int, batch: int) -> None:
    """Refuse what does not fit; `needed` bytes grow with the batch."""
    available = available_bytes()
    if available is None or needed <= available - KEPT_BYTES:
        return
    fitting = int(batch * max(0, available - KEPT_BYTES) / needed)
    remedy = f"use batch_size ≤ {fitting}" if fitting else "use smaller pictures or a smaller network"
    raise NotEnoughMemoryError(
        f"a batch of {batch} samples needs {_gib(needed)}, and {_gib(available)} are free; {remedy}"
    )


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
