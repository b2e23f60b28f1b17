"""lock.json: what a run was made with, so that it can be repeated, and told when it cannot."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from netspec import __version__
from netspec.spec.model import Spec
from netspec.training.run_folder import base_copies

_PACKAGES = ("numpy", "numba", "llvmlite")


@cache
def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    return {
        "netspec": __version__,
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in _PACKAGES},
    }


@cache
def machine() -> dict[str, Any]:
    """The processor, by the names LLVM gives it; other vector widths may round differently."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpu": _cpu_model(),
        "llvm_name": binding.get_host_cpu_name(),
        "features": sorted(name for name, present in features.items() if present),
    }


def lock(
    spec: Spec, *, spec_hash: str, fingerprint: str, seed: int, threads: int | None, options: dict[str, Any]
) -> dict[str, Any]:
    """The contents of lock.json."""
    return {
        "name": spec.name,
        "spec_file": spec.origin.file,
        "extends": base_copies(spec.origin.bases),
        "base_dir": str(spec.base_dir.resolve()),
        "spec_hash": spec_hash,
        "data_fingerprint": fingerprint,
        "seed": seed,
        "threads": threads,
        "options": options,
        "versions": versions(),
        "machine": machine(),
    }


def _cpu_model() -> str:
    """The name the vendor gave it, where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
