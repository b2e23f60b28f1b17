"""The heaps of an HDF5 file, in which its texts lie, are looked at before the C library reads them.

A heap whose last piece does not reach its end makes the library (2.0 and before) turn in a circle for ever.
Source: HDF5 File Format Specification 3.0, III.E "Disk Format: Level 1E - Global Heap".
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import IO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01"
_HEAD, _PIECE = 16, 16
_LENGTHS = {0: 14, 1: 14, 2: 10, 3: 10}
"""Version of the first block → where it says how many bytes a length has."""
Bytes = bytes | mmap.mmap


class HeapError(ValueError):
    """The file is not one that the C library may read."""


def check_heaps(path: Path, stream: IO[bytes] | None) -> None:
    """Raises HeapError. `stream` holds the file where it lies within another one."""
    if stream is not None:
        stream.seek(0)
        _check(stream.read())
        return
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:  # also an empty file, which cannot be mapped
            raise HeapError("it does not begin as one")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _check(data)


def _check(data: Bytes) -> None:
    if data[: len(SIGNATURE)] != SIGNATURE or len(data) < _HEAD:
        raise HeapError("it does not begin as one")
    place = _LENGTHS.get(data[8])
    if place is None or data[place] != 8:
        raise HeapError("its first block is of an unknown kind")
    for start in _starts(data):
        _check_heap(data, start)


def _starts(data: Bytes) -> Iterator[int]:
    start = data.find(_HEAP)
    while start >= 0:
        yield start
        start = data.find(_HEAP, start + 1)


def _check_heap(data: Bytes, start: int) -> None:
    """Pieces lie one behind the other; the free rest is numbered 0 and counts its own head."""
    end = start + _length(data, start + 8)
    at = start + _HEAD
    while at + _PIECE <= min(end, len(data)):
        number, size = int.from_bytes(data[at : at + 2], "little"), _length(data, at + 8)
        if number == 0:
            if at + size != end:
                break
            at = end
        else:
            at += _PIECE + (size + 7) // 8 * 8
    if at > end or end - at >= _PIECE or end > len(data):
        raise HeapError(f"the heap at byte {start} is broken")


def _length(data: Bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")
