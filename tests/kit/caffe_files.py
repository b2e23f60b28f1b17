"""Writing Caffe's binary files, in all generations of the format."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def varint(number: int) -> bytes:
    """Seven bits a byte; negative numbers as 64 bits."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | str | bytes) -> bytes:
    """A varint, or a length and bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def blob(array: Array, form: str = "shape") -> bytes:
    """form: "shape", "legacy" (num, channels, height, width), "double" or "unpacked"."""
    if form == "legacy":
        sizes = [1] * (4 - array.ndim) + list(array.shape)
        head = b"".join(field(number, size) for number, size in enumerate(sizes, 1))
    else:
        head = field(7, field(1, b"".join(varint(size) for size in array.shape)))
    if form == "double":
        return head + field(8, array.astype("<f8").tobytes())
    if form == "unpacked":
        return head + b"".join(varint(5 << 3 | 5) + number.tobytes() for number in array.astype("<f4").reshape(-1))
    return head + field(5, array.astype("<f4").tobytes())


def layer(
    name: str, kind: str, *blobs: Array, bottom: str = "x", top: str = "x", form: str = "shape", more: bytes = b""
) -> bytes:
    """A layer of today's generation, as a field of the network."""
    head = field(1, name) + field(2, kind) + field(3, bottom) + field(4, top)
    return field(100, head + b"".join(field(7, blob(array, form)) for array in blobs) + more)


def v1_layer(name: str, kind: int, *blobs: Array) -> bytes:
    """2013 to 2014: types are numbers."""
    return field(2, field(4, name) + field(5, kind) + b"".join(field(6, blob(array, "legacy")) for array in blobs))


def v0_layer(name: str, kind: str, *blobs: Array) -> bytes:
    """2013: the layer lies within a connection."""
    inner = field(1, name) + field(2, kind) + b"".join(field(50, blob(array, "legacy")) for array in blobs)
    return field(2, field(1, inner))
