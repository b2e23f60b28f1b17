"""Which threads compute, and that they wait only a moment awake.

Milliseconds of a training step, two threads on two cores of a Zen 5; medians, layers and settings in turn. First, on a machine
that others used a little, LeNet-5 (64 samples) with nobody else and with two busy neighbours:

    OpenMP, asleep at once  2.0   6.1        TBB        2.0  14.7
    OpenMP, its own way     1.6  72.0        workqueue  2.3   5.3

GNU OpenMP's threads by default spin between parallel regions: with one neighbour (a browser, another run) a spinning thread
keeps the core from the one it waits for. TBB hands work from thread to thread, which costs more when one of them is not
running. Workqueue aborts the process when two Python threads compute at once, as in a desktop program. So: OpenMP; TBB where
there is none; workqueue last. Second, how long OpenMP's threads look for work before they sleep; waking costs tens of
microseconds, and a woken thread may find itself on the core of the one that woke it:

    rounds                    0    2000    5000   20000
    LeNet-5, alone          1.20    0.94    0.95    0.96        one busy neighbour    1.9    2.5    3.2    7.4
    ResNet-20, alone       47.      36.4    36.6    36.4                             71.    97.   127.   245.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress

from numba.core import config

SETTINGS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "2000"}
"""2000 rounds are about 30 µs."""
CHOICES_OF_THE_USER = (*SETTINGS, "NUMBA_THREADING_LAYER")
PRIORITY = "NUMBA_THREADING_LAYER_PRIORITY"


def load_sleeping_threads() -> None:
    """Prefer OpenMP, and load it with threads that soon sleep, unless the user's environment chooses otherwise."""
    if PRIORITY not in os.environ:
        config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]  # type: ignore[attr-defined]
    if any(name in os.environ for name in CHOICES_OF_THE_USER):
        return
    # They are read once, when the library is loaded.
    os.environ.update(SETTINGS)
    try:
        with suppress(ImportError):  # no OpenMP here
            importlib.import_module("numba.np.ufunc.omppool")
    finally:
        for name in SETTINGS:
            del os.environ[name]
