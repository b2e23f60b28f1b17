"""Protocol buffers' wire format: a message is a row of fields, each a number, a wire type and a value.

Nothing is allocated for what a file only claims: every length is checked against the bytes that are there.
Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

Value = int | memoryview
"""A varint's number, or the bytes of every other field."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}


class WireError(ValueError):
    """The bytes are no message."""


def fields(message: memoryview) -> Iterator[tuple[int, int, Value]]:
    """(field number, wire type, value) in the file's order. Raises WireError."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("a field has the number 0")
        if kind == VARINT:
            whole, at = _varint(message, at)
            yield number, kind, whole
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind in _WIDTHS:
            length = _WIDTHS[kind]
        else:  # 3 and 4 are groups, which Caffe never had
            raise WireError(f"field {number} has the wire type {kind}")
        if length > len(message) - at:
            raise WireError(f"field {number} claims {length} bytes where {len(message) - at} are left")
        yield number, kind, message[at : at + length]
        at += length


def integers(kind: int, value: Value) -> list[int]:
    """A repeated integer field's values from one of its fields: one number, or many packed."""
    if isinstance(value, int):
        return [signed(value)]
    if kind != BYTES:
        raise WireError("a number is stored as floating point")
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(signed(number))
    return found


def text(value: Value) -> str:
    """A string field."""
    if isinstance(value, int):
        raise WireError("a number stands where a text belongs")
    return bytes(value).decode("utf-8", "replace")


def reals(kind: int, value: Value, width: Literal[4, 8]) -> memoryview:
    """The bytes of a repeated float or double field from one of its fields: one number, or many packed."""
    if isinstance(value, int) or (kind != BYTES and len(value) != width) or len(value) % width:
        raise WireError(f"floating-point numbers of {width} bytes are expected")
    return value


def message(kind: int, value: Value) -> memoryview:
    """A field that is a message of its own."""
    if isinstance(value, int) or kind != BYTES:
        raise WireError("a number stands where a message belongs")
    return value


def signed(number: int) -> int:
    """int32 and int64 are stored as the 64 bits of their two's complement."""
    return number - (1 << 64) if number >> 63 else number


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Seven bits a byte, least first; and where the next field begins."""
    total = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        total |= (byte & 0x7F) << shift
        if byte < 0x80:
            return total & (1 << 64) - 1, at
        shift += 7
    raise WireError("it ends within a number" if shift < 70 else "a number has more than 64 bits")
