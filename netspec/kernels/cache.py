"""The folder of compiled kernels: `$NETSPEC_CACHE_DIR` or the user's cache folder, then a hash of netspec's own sources.

Numba's disk cache does not notice an edit in a helper of another file, so every version of the sources gets its own
folder. The modules written there are tiny, readable and importable; their machine code lies in `__pycache__` beside them.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from types import ModuleType

import llvmlite
import numba

UNUSED_SECONDS = 30 * 24 * 3600

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


def _sources() -> list[Path]:
    package = Path(__file__).parent.parent
    return [file for folder in SOURCES for file in sorted((package / folder).glob("*.py"))]


def _stamps() -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every source: changes when a file does."""
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in _sources())


def _hash_sources() -> str:
    digest = hashlib.sha256()
    for version in (platform.python_version(), numba.__version__, llvmlite.__version__, platform.machine()):
        digest.update(version.encode() + b"\0")
    for file in _sources():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


_IMPORTED_STAMPS = _stamps()
_IMPORTED_HASH = _hash_sources()


def source_hash() -> str:
    """Hash of all kernel sources, as they were imported, and of the versions that compile them."""
    return _IMPORTED_HASH


def kernel_folder() -> Path:
    """The folder for this version of the sources.

    A temporary one when the disk is read-only, with a copy of what is there; and when a source has changed since this process
    imported netspec (an upgrade under an open notebook): what it then compiles belongs to no version and must not be found by
    others.
    """
    return _changed_folder() if have_sources_changed() else _shared_folder()


def have_sources_changed() -> bool:
    """Whether a kernel source is no longer what this process has imported."""
    return _stamps() != _IMPORTED_STAMPS


@cache
def _shared_folder() -> Path:
    folder = cache_root() / "kernels" / source_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        # Numba reads no cache that it cannot write.
        return _temporary_folder(folder)
    _remove_unused(folder)
    return folder


@cache
def _changed_folder() -> Path:
    return _temporary_folder(None)


def _temporary_folder(copied: Path | None) -> Path:
    """A folder that lives as long as this process; below it the same names as below `cache_root`."""
    root = Path(tempfile.mkdtemp(prefix="netspec-kernels-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folder = root / "kernels" / source_hash()
    if copied is not None and copied.is_dir():
        shutil.copytree(copied, folder, copy_function=shutil.copy2)
        for part in (folder, *folder.rglob("*")):
            part.chmod(part.stat().st_mode | stat.S_IWUSR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_compiled(name: str) -> bool:
    """Whether the machine code of a module is in the kernel folder, of this processor or another one."""
    folder = kernel_folder()
    return (folder / f"{name}.py").is_file() and any((folder / "__pycache__").glob(f"{name}.entry-*.nbc"))


def _remove_unused(folder: Path) -> None:
    """Remove the kernels of versions that nobody has used for a month."""
    for other in folder.parent.iterdir():
        if other != folder and time.time() - other.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


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
