"""Atomic files: a reader, or the next run after a crash, sees the old file or the new one, never a half."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def replace_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a temporary file beside `path`, bring it to the disk, then rename it over `path`.

    The folder is brought to the disk, too, so that the rename survives a power cut. On an error the old file stays as
    it was and the temporary file is removed; a kill leaves it behind, and the next write of `path` overwrites it.
    The new file may be read and written by whom the old one could. Raises PermissionError when nobody may write that.
    """
    path = path.resolve()  # the file that a link points to, not the link
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and not mode & ANYBODY_WRITES:
        raise PermissionError(errno.EACCES, "the file is read-only", str(path))
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            if mode is not None:
                temporary.chmod(stat.S_IMODE(mode))
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace a UTF-8 text file, with \\n as it stands."""
    replace_file(path, lambda stream: _write(stream, text.encode()))


def sync_folder(folder: Path) -> None:
    """Bring renames in `folder` to the disk, where the system can do that (Windows does it by itself)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)
