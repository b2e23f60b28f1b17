"""An HDF5 file is read in another process first: the C library falls over broken ones, and must not take this one with it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import IO

from netspec.weights.base import WeightsError

_CODE = "import sys; sys.path[:] = {path!r}; from netspec.weights.hdf5_trial import run; run()"
_PATIENCE = 60.0
_BYTES_A_SECOND = 10e6
"""A slow disk's; both give the seconds after which the library counts as turning in a circle."""


class TrialError(ValueError):
    """The library did not come back."""


def try_reading(path: Path, stream: IO[bytes] | None, skip: frozenset[str]) -> None:
    """Raises TrialError when reading ends otherwise than with a result or an error.

    Where no other process of this Python can be started (a bundled program), nothing is tried.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        return
    data = stream.read() if stream is not None and stream.seek(0) == 0 else None
    size = len(data) if data is not None else path.stat().st_size
    command = [sys.executable, "-c", _CODE.format(path=sys.path), str(path.resolve()) if data is None else "", *skip]
    try:
        ended = subprocess.run(command, input=data or b"", capture_output=True, timeout=_PATIENCE + size / _BYTES_A_SECOND)
    except subprocess.TimeoutExpired as error:
        raise TrialError("the HDF5 library does not come to an end with it") from error
    except OSError:  # no process to be had
        return
    if ended.returncode:
        raise TrialError(f"the HDF5 library fails on it, exit code {ended.returncode}")


def run() -> None:
    """The other process's life: arguments are the path, or "" for stdin, and the groups to skip."""
    from netspec.weights.hdf5 import read_here

    path, *skip = sys.argv[1:]
    stream = None if path else io.BytesIO(sys.stdin.buffer.read())
    try:
        read_here(Path(path or "stdin"), stream, frozenset(skip))
    except WeightsError:
        return  # the parent meets the same error and tells it
