"""Which threads compute, and that they wait asleep.

Milliseconds of a LeNet-5 training step, 64 samples, two threads on two cores; median and 90th percentile of 25 rounds in
which the layers took turns:

    threading layer           nobody else    two busy neighbours
    OpenMP, sleeping          2.0   2.2        6.1   12.0
    TBB                       2.0   2.8       14.7   19.4
    Numba's workqueue         2.3   3.3        5.3   10.7
    OpenMP, its own way       1.6  34.4       72.0  119.2

GNU OpenMP's threads by default spin between parallel regions: a little faster alone, but with one neighbour (a browser,
another run) a spinning thread keeps the core from the one it waits for. TBB hands work from thread to thread, which costs
more when one of them is not running. Workqueue aborts the process when two Python threads compute at once, as in a desktop
program. So: OpenMP, asleep; TBB where there is no OpenMP; workqueue last.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress

from numba.core import config

POLICY = "OMP_WAIT_POLICY"
CHOICES_OF_THE_USER = (POLICY, "GOMP_SPINCOUNT", "NUMBA_THREADING_LAYER")
PRIORITY = "NUMBA_THREADING_LAYER_PRIORITY"


def load_sleeping_threads() -> None:
    """Prefer OpenMP, and load it with sleeping threads, unless the user's environment chooses otherwise."""
    if PRIORITY not in os.environ:
        config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]  # type: ignore[attr-defined]
    if any(name in os.environ for name in CHOICES_OF_THE_USER):
        return
    # The policy is read once, when the library is loaded.
    os.environ[POLICY] = "passive"
    try:
        with suppress(ImportError):  # no OpenMP here
            importlib.import_module("numba.np.ufunc.omppool")
    finally:
        del os.environ[POLICY]
