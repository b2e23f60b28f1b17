"""HDF5 files, read so that nothing outside of the file is touched and nothing larger than it is allocated.

HDF5 can point to other files (external links, external storage, virtual datasets) and can declare sizes that it does not store;
Keras writes none of that, so here it is refused. The bytes are parsed by the C library behind h5py, first in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.weights.base import WeightsError
from netspec.weights.hdf5_heaps import HeapError, check_heaps
from netspec.weights.hdf5_trial import TrialError, try_reading

_MOST_DEPTH = 32
_MOST_OBJECTS = 100_000
_MOST_SHRINKING = 1100
"""gzip makes 1032 zeros one byte at best."""
_FILTERS = {1, 2, 3, 32000}
"""gzip, shuffle, checksum, lzf: others load code from a folder of plug-ins."""
_ERRORS = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, OverflowError, UnicodeDecodeError)


@dataclass
class Node:
    """A group: its attributes, and what is in it by name; `skipped`: groups that were not read."""

    attributes: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def read_tree(path: Path, stream: IO[bytes] | None = None, skip: frozenset[str] = frozenset()) -> Node:
    """The whole file but groups called like one of `skip`; `stream` holds it where it lies within another file (`path`).

    Raises WeightsError, also for files at which the C library would crash or never end.
    """
    try:
        check_heaps(path, stream)
        try_reading(path, stream, skip)
    except (HeapError, TrialError, OSError) as error:
        raise WeightsError(path, f"not a whole HDF5 file ({_brief(error)})", "fetch or save it again") from error
    return read_here(path, stream, skip)


def read_here(path: Path, stream: IO[bytes] | None, skip: frozenset[str]) -> Node:
    """The same in this process, without a trial in another one."""
    with _opened(path, stream) as (file, size):
        return _Walk(path, size, skip).group(file, "", 0)


@contextmanager
def _opened(path: Path, stream: IO[bytes] | None) -> Iterator[tuple[Any, int]]:
    try:
        import h5py  # the extra `keras`, and only when such a file is read
    except ImportError as error:
        raise WeightsError(
            path, "Keras' files are HDF5, which is read by h5py, and that is not installed",
            'install it: pip install "netspec[keras]"',
        ) from error  # fmt: skip
    try:
        with h5py.File(stream or path, "r") as file:
            yield file, _size(path, stream)
    except _ERRORS as error:
        raise WeightsError(path, f"not a whole HDF5 file ({_brief(error)})", "fetch or save it again") from error


def _size(path: Path, stream: IO[bytes] | None) -> int:
    return stream.seek(0, 2) if stream is not None else path.stat().st_size


def _brief(error: BaseException) -> str:
    return str(error).strip("'\"").partition("\n")[0][:200] or type(error).__name__


class _Walk:
    """One pass over a file; each object is read once, so that links to one's own parents end nowhere."""

    def __init__(self, path: Path, size: int, skip: frozenset[str]) -> None:
        self.path, self.size, self.skip = path, size, skip
        self.seen: set[tuple[int, ...]] = set()

    def group(self, group: Any, where: str, depth: int) -> Node:
        import h5py

        if depth > _MOST_DEPTH:
            raise self._refusal(where, f"is more than {_MOST_DEPTH} groups deep")
        self._once(group, where)
        node = Node(attributes={key: _plain(group.attrs[key]) for key in group.attrs})
        for name in group:
            here = f"{where}/{name}" if where else name
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise self._refusal(here, "is a link to somewhere else")
            if name in self.skip:
                node.skipped.append(name)
                continue
            found = group[name]
            if isinstance(found, h5py.Group):
                node.groups[name] = self.group(found, here, depth + 1)
            elif isinstance(found, h5py.Dataset):
                node.arrays[name] = self._array(found, here)
        return node

    def _once(self, found: Any, where: str) -> None:
        import h5py

        info = h5py.h5o.get_info(found.id)
        key = (info.fileno, info.addr)
        if key in self.seen or len(self.seen) >= _MOST_OBJECTS:
            what = "is a second name of another object" if key in self.seen else f"comes after {_MOST_OBJECTS} objects"
            raise self._refusal(where, what)
        self.seen.add(key)

    def _array(self, found: Any, where: str) -> NDArray[Any]:
        self._once(found, where)
        if found.is_virtual or found.external:
            raise self._refusal(where, "has its numbers in other files")
        if found.shape is None or found.dtype.kind not in "fiub":
            raise self._refusal(where, f"has type {found.dtype}, not numbers")
        self._check_size(found, where)
        return np.asarray(found[()])

    def _check_size(self, found: Any, where: str) -> None:
        plan = found.id.get_create_plist()
        filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
        if not _FILTERS.issuperset(filters):
            raise self._refusal(where, f"is packed by a filter of number {max(filters)}, which HDF5 itself does not have")
        stored = min(found.id.get_storage_size(), self.size)
        if found.nbytes > stored * (_MOST_SHRINKING if filters else 1):
            raise self._refusal(where, f"declares {found.nbytes} bytes of shape {found.shape}, but {stored} are stored")

    def _refusal(self, where: str, what: str) -> WeightsError:
        return WeightsError(self.path, f"{where or 'its top'} {what}", "Keras writes no such file: get it from its makers")


def _plain(value: Any) -> Any:
    """An attribute as text, a list of texts, or what it is."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()] if value.ndim == 1 else value.tolist()
    return value
