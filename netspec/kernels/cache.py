"""The folder of compiled kernels: `$NETSPEC_CACHE_DIR` or the user's cache folder, then a hash of netspec's own sources.

Numba's disk cache does not notice an edit in a helper of another file, so every version of the sources gets its own
folder. The modules written there are tiny, readable and importable; their machine code lies in `__pycache__` beside them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

import llvmlite
import numba

SOURCES = ("kernels", "layers", "losses", "optimizers")
"""Packages whose files take part in machine code."""


def cache_root() -> Path:
    """Where netspec keeps what it can make again."""
    if folder := os.environ.get("NETSPEC_CACHE_DIR"):
        return Path(folder)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "netspec"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/netspec"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "netspec"


@cache
def source_hash() -> str:
    """Hash of all kernel sources and of the versions that compile them."""
    digest = hashlib.sha256()
    for version in (platform.python_version(), numba.__version__, llvmlite.__version__, platform.machine()):
        digest.update(version.encode() + b"\0")
    package = Path(__file__).parent.parent
    for folder in SOURCES:
        for file in sorted((package / folder).glob("*.py")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def kernel_folder() -> Path:
    """The folder for this version of the sources; falls back to a temporary one when the disk is read-only."""
    folder = cache_root() / "kernels" / source_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="netspec-kernels-"))
    return folder


def load_module(name: str, source: str) -> ModuleType:
    """Import a module with this source from the kernel folder, writing it there, atomically, when it is not."""
    path = kernel_folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != source:
        write_atomically(path, source)
    spec = importlib.util.spec_from_file_location(f"netspec_kernel_entries.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old content or the new, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
