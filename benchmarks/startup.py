"""From the command to the loss of the first training step, on an empty and on a warm cache of kernels.

Every start is a process of its own; the caches are temporary. "new network": another network than the one that filled the
cache, with the same layers.

python -m benchmarks.startup
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.table import markdown_line

GOALS = {"lenet5": 15.0, "resnet18": 45.0}
"""Seconds to the first step on an empty cache; on a warm one 1.5 s for a new network."""
WARM_GOAL = 1.5
FIRST_STEP = """
import sys
import numpy as np
import netspec
from netspec.shipped import shipped_specs
name, batch, threads, *overrides = sys.argv[1:]
spec = netspec.load(shipped_specs()[name], ["optimizer.type=momentum", "optimizer.lr=0.01", *overrides])
program = netspec.compile(spec, batch_size=int(batch), threads=int(threads))
x = np.ones((int(batch), *spec.inputs[0].shape), np.float32)
print(program.train_step(x, np.zeros(int(batch), np.int64)), flush=True)
"""
NEW = {"lenet5": "layers.conv1.out_channels=7", "resnet18": "layers.fc.out_features=10"}
"""What makes another network of each."""


def first_step(name: str, batch: int, threads: int, cache: Path, overrides: Sequence[str] = ()) -> float:
    """Seconds from starting Python to the loss of its first step. Raises RuntimeError with the error when it fails."""
    root = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-c", FIRST_STEP, name, str(batch), str(threads), *overrides]
    environment = {**os.environ, "PYTHONPATH": path, "NETSPEC_CACHE_DIR": str(cache)}
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        loss = process.stdout.readline()
        seconds = time.perf_counter() - started
        if process.wait() or not loss:
            said.seek(0)
            raise RuntimeError(f"{name}: the first step failed\n{said.read()}")
    return seconds


def measure(name: str, batch: int, threads: int, rounds: int) -> tuple[float, float, float]:
    """Seconds on an empty cache, on the cache that this left, and those of another network on it; medians of the warm."""
    with tempfile.TemporaryDirectory() as folder:
        cold = first_step(name, batch, threads, Path(folder))
        warm = [first_step(name, batch, threads, Path(folder)) for _ in range(rounds)]
        new = [first_step(name, batch, threads, Path(folder), [NEW[name]]) for _ in range(rounds)]
    return cold, statistics.median(warm), statistics.median(new)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(GOALS)}")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="warm starts (default 3)")
    given = parser.parse_args(argv)
    if unknown := [name for name in given.networks if name not in GOALS]:
        parser.error(f"{', '.join(unknown)}: no such network; there are {', '.join(GOALS)}")
    described = machine(given.threads)
    print(markdown_line(["first step, s", "empty cache", "goal", "warm cache", "new network", "goal"]))
    print(markdown_line(["---", *["---:"] * 5]))
    for name in given.networks or GOALS:
        cold, warm, new = measure(name, given.batch, given.threads, given.rounds)
        shown = [f"{cold:.1f}", f"≤ {GOALS[name]:g}", f"{warm:.2f}", f"{new:.2f}", f"≤ {WARM_GOAL:g}"]
        print(markdown_line([name, *shown]), flush=True)
    scipy = (
        "installed, and always loaded by Numba: about 0.3 s of each start" if find_spec("scipy") else "not installed"
    )
    print("", *(f"- {key}: {value}" for key, value in {**described, "SciPy": scipy}.items()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
