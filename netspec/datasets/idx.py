"""MNIST-style idx files."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from netspec.datasets.base import Array, DataError, Part, Source, class_names, indexes, read_all, resolve
from netspec.datasets.download import CLASSES, fetch_idx
from netspec.datasets.scaling import StoredPictures

_IMAGES_MAGIC, _LABELS_MAGIC = 0x00000803, 0x00000801  # unsigned bytes with 3 axes, with 1 axis


class Idx(StoredPictures):
    """MNIST-style idx files, plain or .gz: train-images-idx3-ubyte, train-labels-idx1-ubyte, and the same for t10k.

    The t10k files are the test part. Samples are [1, H, W], 8 bits a pixel.
    Format: LeCun, Cortes & Burges 1998, "The MNIST database of handwritten digits".
    """

    type: Literal["idx"] = "idx"

    root: str
    """Folder of the files, relative to the spec file."""

    download: Literal["mnist", "fashion-mnist", "none"] | None = None
    """Fetch missing files of this set into `root` (about 11 or 30 MB) and check their contents by SHA-256.

    "none" fetches nothing, also where the spec that this one extends does."""

    classes: list[str] | None = Field(default=None, min_length=1)
    """Names of the classes in label order; without this key "0", "1", … (or the names of the set to download)."""

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        root = resolve(base_dir, self.root)
        fetched = self.download if self.download != "none" else None
        if fetched is not None:
            fetch_idx(fetched, root, lambda name: _find(root, name) is not None)
        if not root.is_dir():
            raise DataError(f"[data] root: {root} is not a folder", self._missing_hint())
        has_test = _find(root, "t10k-images-idx3-ubyte") or _find(root, "t10k-labels-idx1-ubyte")
        prefixes = {"train": "train"} | ({"test": "t10k"} if has_test else {})
        parts = self._read_parts(root, prefixes)
        notes = () if has_test else ("no t10k files: there is no test part",)
        names = self.classes or (CLASSES[fetched] if fetched else None)
        classes = class_names(names, [p.y for p in parts.values()], str(root), self._ignored)
        return Source(parts, classes, notes=notes)

    def _read_parts(self, root: Path, prefixes: dict[str, str]) -> dict[str, Part]:
        images = {part: self._require(root, f"{prefix}-images-idx3-ubyte") for part, prefix in prefixes.items()}
        labels = {part: self._require(root, f"{prefix}-labels-idx1-ubyte") for part, prefix in prefixes.items()}
        magic = dict.fromkeys(images.values(), _IMAGES_MAGIC) | dict.fromkeys(labels.values(), _LABELS_MAGIC)
        arrays = dict(zip(magic, read_all(lambda path: read_idx(path, magic[path]), magic), strict=True))
        return {part: _pair(images[part], labels[part], arrays) for part in prefixes}

    def _require(self, root: Path, name: str) -> Path:
        path = _find(root, name)
        if path is None:
            raise DataError(f"[data] root: neither {name} nor {name}.gz is in {root}", self._missing_hint())
        return path

    def _missing_hint(self) -> str:
        return 'correct root, or set download = "mnist" (or "fashion-mnist") to fetch the files'


def _pair(image_file: Path, label_file: Path, arrays: dict[Path, Array]) -> Part:
    images, labels = arrays[image_file], arrays[label_file].astype(np.int64)
    if len(images) != len(labels):
        raise DataError(
            f"{image_file}: has {len(images)} images, but {label_file.name} has {len(labels)} labels",
            "the two files belong to different sets; fetch both again",
        )
    return Part(images[..., None], labels, indexes(len(labels)))


def read_idx(path: Path, magic: int) -> Array:
    """The unsigned bytes of an idx file, in the shape of its header. Raises DataError for anything malformed."""
    content = _read_bytes(path)
    axes = magic & 0xFF
    header = 4 + 4 * axes
    if len(content) < header:
        raise DataError(f"{path}: ends after {len(content)} bytes, inside its header of {header}", "fetch it again")
    found = int.from_bytes(content[:4], "big")
    if found != magic:
        kind = {_IMAGES_MAGIC: "images", _LABELS_MAGIC: "labels"}
        also = f", the number of a file of {kind[found]}" if found in kind else ""
        raise DataError(
            f"{path}: starts with magic number {found} (0x{found:08x}){also}; expected {magic} for {kind[magic]}",
            "it is another file or another format (idx with unsigned bytes is needed)",
        )
    shape = tuple(int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes))
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise DataError(
            f"{path}: its header announces shape {list(shape)}, {expected} bytes in all, but it has {len(content)}",
            "the file is cut off or damaged; fetch it again",
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                return stream.read()
        return path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not a complete gzip file ({error})", "fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", "check the file") from error


def _find(root: Path, name: str) -> Path | None:
    """The file `name`, plain or compressed, also in the spelling "train-images.idx3-ubyte"."""
    dotted = name.replace("-idx", ".idx")
    for candidate in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
        if (root / candidate).is_file():
            return root / candidate
    return None
