"""What the numbers were measured on."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path

PACKAGES = ("netspec", "numba", "llvmlite", "numpy", "torch", "onnxruntime")


BUSY = 0.5
"""Load average above which others take so much of the machine that times say little."""


def machine(threads: int) -> dict[str, str]:
    """Name → value, in the order in which they are shown; call it before measuring, as it tells how busy others are.

    A warning goes to stderr when they are busy: threads that spin while they wait, as PyTorch's do, then wait for cores.
    """
    from netspec.kernels.tile import VECTOR_BYTES

    return {
        "date": datetime.date.today().isoformat(),
        "CPU": f"{_model()}, {cores()} cores, {threads} of them used",
        "vectors": f"{8 * VECTOR_BYTES} bits",
        "memory": _memory(),
        "load": _load(),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    }


def require_torch() -> None:
    """End the script with one line and exit code 2 where the extra `peers` is missing; loads nothing."""
    if importlib.util.find_spec("torch") is None:
        print("needs PyTorch: pip install -e '.[peers]'", file=sys.stderr)
        raise SystemExit(2)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load() -> str:
    if not hasattr(os, "getloadavg"):
        return "unknown"
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"others keep this machine busy (load average {load:.1f}): wait until it is quiet", file=sys.stderr)
    return f"{load:.1f} before the first measurement"


def _model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "from a checkout" if name == "netspec" else "missing"
