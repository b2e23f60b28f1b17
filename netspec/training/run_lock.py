"""One process a run: a lock that the system itself lifts when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.training.errors import TrainError

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Windows keeps others from reading what is locked, and they are to read the number of the process."""

    def _try_lock(file: int) -> None:
        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _try_lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOOKS = 5
"""Tries for the lock, 20 ms apart: `is_held` of another process holds it for some microseconds."""


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold `path` (running.pid) for this process; a file that a dead process left is taken over.

    Raises TrainError, naming the process, while another one holds it.
    """
    file = _take(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # there, open files cannot be removed
            os.close(file)
            path.unlink(missing_ok=True)
        else:  # the other way round somebody else's lock could be removed
            path.unlink(missing_ok=True)
            os.close(file)


def refuse_running(path: Path) -> None:
    """Raise TrainError while a process holds `path`."""
    if path.exists():
        with run_lock(path):
            pass


def is_held(path: Path) -> bool:
    """Whether a process holds `path`; leaves the file as it is. Reading is enough: the run may be somebody else's."""
    try:
        file = _open_to_look(path)
    except OSError:
        return False
    try:
        _try_lock(file)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def _open_to_look(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR)
    except FileNotFoundError:
        raise
    except OSError:
        return os.open(path, os.O_RDONLY)


def _take(path: Path) -> int:
    looks = 0
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _try_lock(file)
        except OSError as error:
            os.close(file)
            looks += 1
            if looks == LOOKS:
                raise _taken(path) from error
            time.sleep(0.02)
            continue
        if _is_still_there(path, file):
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
            return file
        os.close(file)  # its holder has just removed it


def _is_still_there(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _taken(path: Path) -> TrainError:
    try:
        process = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        process = ""
    return TrainError(
        f"{path.parent}: this run is being trained by process {process or '(unknown)'}",
        "wait for it, stop it with Ctrl-C, or give another --output",
    )
