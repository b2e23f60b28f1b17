"""Caffe's binary NetParameter (.caffemodel) → its layers with their blobs. Three generations of the format are known.

The field numbers are those of caffe.proto, https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.weights.protobuf import Value, WireError, fields, integers, message, reals, signed, text

_NET_LAYERS = {2: "V1", 100: "V2"}
_V1_TYPES = {
    3: "Concat", 4: "Convolution", 5: "Data", 6: "Dropout", 14: "InnerProduct", 15: "LRN", 17: "Pooling", 18: "ReLU",
    20: "Softmax", 21: "SoftmaxWithLoss", 25: "Eltwise", 39: "Deconvolution",
}  # fmt: skip
_V0_TYPES = {"conv": "Convolution", "innerproduct": "InnerProduct"}
_MOST_AXES = 32
"""Caffe's own limit (kMaxBlobAxes); NumPy takes 64."""


@dataclass
class CaffeLayer:
    """A layer as the file has it; `eps` is BatchNorm's, where the file names one."""

    name: str = ""
    type: str = ""
    bottoms: list[str] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    blobs: list[NDArray[Any]] = field(default_factory=list)
    eps: float | None = None


def parse_network(data: bytes) -> list[CaffeLayer]:
    """All layers in the file's order, most of them without blobs. Raises WireError."""
    layers = []
    for number, kind, value in fields(memoryview(data)):
        if number in _NET_LAYERS:
            parse = _parse_v1 if _NET_LAYERS[number] == "V1" else _parse_v2
            layers.append(parse(message(kind, value)))
    return layers


def _parse_v2(data: memoryview) -> CaffeLayer:
    layer = CaffeLayer()
    for number, kind, value in fields(data):
        if number == 1:
            layer.name = text(value)
        elif number == 2:
            layer.type = text(value)
        elif number == 3:
            layer.bottoms.append(text(value))
        elif number == 4:
            layer.tops.append(text(value))
        elif number == 7:
            layer.blobs.append(_parse_blob(message(kind, value)))
        elif number == 139:
            layer.eps = _batch_norm_eps(message(kind, value))
    return layer


def _parse_v1(data: memoryview) -> CaffeLayer:
    """Until 2014: types are numbers. A layer of the generation before lies inside, as field 1."""
    layer = CaffeLayer()
    for number, kind, value in fields(data):
        if number == 1:
            _parse_v0(message(kind, value), layer)
        elif number == 2:
            layer.bottoms.append(text(value))
        elif number == 3:
            layer.tops.append(text(value))
        elif number == 4:
            layer.name = text(value)
        elif number == 5:
            code = integers(kind, value)[-1:]
            layer.type = _V1_TYPES.get(code[0], f"V1 type {code[0]}") if code else ""
        elif number == 6:
            layer.blobs.append(_parse_blob(message(kind, value)))
    return layer


def _parse_v0(data: memoryview, layer: CaffeLayer) -> None:
    for number, kind, value in fields(data):
        if number == 1:
            layer.name = text(value)
        elif number == 2:
            layer.type = _V0_TYPES.get(text(value), text(value))
        elif number == 50:
            layer.blobs.append(_parse_blob(message(kind, value)))


def _batch_norm_eps(data: memoryview) -> float | None:
    for number, kind, value in fields(data):
        if number == 3:
            return float(struct.unpack("<f", reals(kind, value, 4)[:4])[0])
    return None


def _parse_blob(data: memoryview) -> NDArray[Any]:
    """`shape`, else the four of before; `data`, else `double_data`. Their counts must agree."""
    singles, doubles, legacy = [], [], {}
    shape: list[int] | None = None
    for number, kind, value in fields(data):
        if number == 5:
            singles.append(reals(kind, value, 4))
        elif number == 8:
            doubles.append(reals(kind, value, 8))
        elif number == 7:
            shape = _parse_shape(message(kind, value))
        elif 1 <= number <= 4:
            legacy[number] = _size(value)
    if shape is None:
        shape = [legacy.get(number, 0) for number in range(1, 5)] if legacy else []
    return _shaped(_joined(singles, "<f4") if singles or not doubles else _joined(doubles, "<f8"), shape)


def _parse_shape(data: memoryview) -> list[int]:
    return [size for number, kind, value in fields(data) if number == 1 for size in integers(kind, value)]


def _size(value: Value) -> int:
    if not isinstance(value, int):
        raise WireError("a blob's size is not a whole number")
    return signed(value)


def _joined(parts: list[memoryview], dtype: Literal["<f4", "<f8"]) -> NDArray[Any]:
    return np.frombuffer(b"".join(parts), dtype)


def _shaped(values: NDArray[Any], shape: list[int]) -> NDArray[Any]:
    if len(shape) > _MOST_AXES or any(size < 1 for size in shape) or math.prod(shape) != values.size:
        raise WireError(f"a blob of shape {shape[:_MOST_AXES]} has {values.size} numbers")
    return values.reshape(shape)
