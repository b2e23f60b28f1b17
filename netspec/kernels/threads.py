"""Threads that wait asleep.

GNU OpenMP's threads by default spin between parallel regions. With one busy neighbour (a browser, another run) a spinning
thread keeps the core from the one it waits for: a LeNet-5 step took 200 ms that way and 4 ms with sleeping threads, on two
cores that others kept busy. The policy is read once, when the library is loaded, so it is loaded here.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress

POLICY = "OMP_WAIT_POLICY"
CHOICES_OF_THE_USER = (POLICY, "GOMP_SPINCOUNT", "NUMBA_THREADING_LAYER")


def load_sleeping_threads() -> None:
    """Load OpenMP with sleeping threads, unless the user's environment chooses otherwise or there is no OpenMP."""
    if any(name in os.environ for name in CHOICES_OF_THE_USER):
        return
    os.environ[POLICY] = "passive"
    try:
        with suppress(ImportError):  # Numba then uses its own pool
            importlib.import_module("numba.np.ufunc.omppool")
    finally:
        del os.environ[POLICY]
