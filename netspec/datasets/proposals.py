"""Proposed regions of the pictures of a set, made once and kept on the disk."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netspec.datasets.base import Array
from netspec.detection import proposals

KEPT = 1000
"""Regions of a picture in a file at least: fewer are the first of them, so that all who ask for fewer share it."""


def proposals_of(pictures: Sequence[Array], most: int) -> tuple[Array, str]:
    """(N, most, 4) float32 proposed regions in pixels of the pictures, padded with −1; and where they come from.

    The file is named by a hash of the pixels and of the way they are made, so it can never belong to others.
    """
    from netspec.kernels.cache import cache_root  # loads the compiler, which reading other data does without

    count = max(most, KEPT)
    path = cache_root() / "proposals" / f"{_digest(pictures, count)}.npy"
    kept = _read(path, (len(pictures), count, 4))
    if kept is not None:
        return kept[:, :most], f"proposed regions: {len(pictures)} pictures, read from {path}"
    made = np.full((len(pictures), count, 4), -1, np.float32)
    for out, picture in zip(made, pictures, strict=True):
        boxes = proposals.propose(picture, count)
        out[: len(boxes)] = boxes
    where = f", kept in {path}" if _write(path, made) else ""
    return made[:, :most], f"proposed regions: made for {len(pictures)} pictures{where}"


def _digest(pictures: Sequence[Array], most: int) -> str:
    source = Path(proposals.__file__).read_bytes()
    digest = hashlib.sha256(source + f"{most} {len(pictures)}".encode())
    for picture in pictures:
        digest.update(f"{picture.shape}".encode() + np.ascontiguousarray(picture).data)
    return digest.hexdigest()[:32]


def _read(path: Path, shape: tuple[int, ...]) -> Array | None:
    try:
        array: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.shape == shape and array.dtype == np.float32 else None


def _write(path: Path, array: Array) -> bool:
    """Whether it could be kept; written beside its place and moved, so that nobody reads half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.save(file, array)
        Path(file.name).replace(path)
    except OSError:
        return False
    return True
