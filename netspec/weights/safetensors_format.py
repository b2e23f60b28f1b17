"""safetensors: 8 bytes with the header's length, the header as JSON, then the tensors' bytes one behind the other.

Written here rather than with the library, which puts metadata into random order: equal contents must give equal bytes.
Read with the library, which checks every offset. Source: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from netspec.weights.atomic import replace_file
from netspec.weights.base import Weights, WeightsError, little_endian
from netspec.weights.bfloat16 import widened

NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}
_METADATA = "__metadata__"


def read(path: Path) -> Weights:
    """All tensors in the file's order, and the metadata; bfloat16 becomes float32."""
    with _opened(path) as file:
        # The library sorts by offset, where empty tensors tie; the header knows their order.
        header, start = _read_header(path)
        tensors = {
            name: _widened(path, start, entry) if entry["dtype"] == "BF16" else _tensor(path, file, name)
            for name, entry in header.items()
            if name != _METADATA
        }
        return Weights(tensors, dict(file.metadata() or {}))


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata alone."""
    with _opened(path) as file:
        return dict(file.metadata() or {})


def write(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Tensors in the given order, metadata sorted by key."""
    header = _header(path, tensors, metadata)

    def fill(stream: IO[bytes]) -> None:
        stream.write(len(header).to_bytes(8, "little"))
        stream.write(header)
        for array in tensors.values():
            stream.write(little_endian(array).tobytes() if array.ndim == 0 else little_endian(array).data)

    replace_file(path, fill)


def _header(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> bytes:
    entries: dict[str, Any] = {_METADATA: dict(sorted(metadata.items()))} if metadata else {}
    start = 0
    for name, array in tensors.items():
        if name == _METADATA or array.dtype.name not in NAMES:
            raise WeightsError(path, f"tensor {name!r} of type {array.dtype} cannot be stored", "rename or convert it")
        end = start + array.nbytes
        entries[name] = {"dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % 8)  # the tensors start at a multiple of 8


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """What the library has checked already, and where the tensors begin."""
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        return dict(json.loads(stream.read(size))), 8 + size


def _widened(path: Path, start: int, entry: Mapping[str, Any]) -> NDArray[Any]:
    """A tensor of bfloat16, which the library does not hand to NumPy."""
    first, last = entry["data_offsets"]
    halves = np.fromfile(path, "<u2", count=(last - first) // 2, offset=start + first)
    return widened(halves).reshape(entry["shape"])


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="numpy")
    except (SafetensorError, OSError) as error:
        raise WeightsError(path, f"not a whole safetensors file ({error})", "fetch or save it again") from error


def _tensor(path: Path, file: Any, name: str) -> NDArray[Any]:
    try:
        tensor: NDArray[Any] = file.get_tensor(name)
        return tensor
    except (SafetensorError, TypeError, AttributeError) as error:
        kind = file.get_slice(name).get_dtype()
        raise WeightsError(
            path, f"tensor {name!r} has type {kind}, which NumPy lacks", "convert it to float32 before"
        ) from error
