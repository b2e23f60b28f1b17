"""The names that pickles of PyTorch's weights may ask for, and what stands for each: inert values and pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from netspec.weights.pickle_machine import Opaque, RefusedPickleError, as_key
from netspec.weights.torch_tensors import SPAN, Storage, Stored, Unreadable, stored


@dataclass(frozen=True)
class StorageType:
    """torch.FloatStorage and its like; dtype None for untyped bytes."""

    dtype: str | None


@dataclass(frozen=True)
class NumberType:
    """torch.float32 and its like."""

    dtype: str


def storage_of(identity: Any) -> Storage:
    """("storage", type, key, where, numel[, view]) → Storage; in old files a view is (key, first, numel) of it."""
    match identity:
        case (
            ("storage", StorageType(dtype=dtype), str() as key, str() | None, int() as numel)
            | ("storage", StorageType(dtype=dtype), str() as key, str() | None, int() as numel, None)
        ) if 0 <= numel < SPAN:
            return Storage(key, dtype, numel)
        case (
            "storage", StorageType(dtype=dtype), str() as key, str() | None, int() as numel,
            (str(), int() as first, int() as size),
        ) if first >= 0 and size >= 0 and first + size <= numel < SPAN:  # fmt: skip
            return Storage(key, dtype, size, first)
    raise RefusedPickleError("its pickle names something that is no storage of numbers")


def _ordered_dict(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """OrderedDict(), or of a list of pairs, as Python 2 wrote it."""
    return {as_key(key): value for key, value in (arguments[0] if arguments else ())}


def _rebuild_tensor(arguments: tuple[Any, ...]) -> Stored | Unreadable:
    """(storage, offset, size, stride, …): gradients and hooks do not matter here."""
    storage, offset, shape, strides = arguments[:4]
    return stored(storage, offset, shape, strides)


def _rebuild_tensor_v3(arguments: tuple[Any, ...]) -> Stored | Unreadable:
    """(storage, offset, size, stride, requires_grad, hooks, dtype, …) over bytes without a type."""
    dtype = arguments[6]
    if not isinstance(dtype, NumberType):
        raise RefusedPickleError("a tensor says no type of numbers")
    storage, offset, shape, strides = arguments[:4]
    return stored(storage, offset, shape, strides, dtype.dtype)


def _same(arguments: tuple[Any, ...]) -> Any:
    """_rebuild_parameter(data, …): the data."""
    if not isinstance(arguments[0], Stored | Unreadable):
        raise RefusedPickleError("a parameter is no tensor")
    return arguments[0]


def _from_type(arguments: tuple[Any, ...]) -> Any:
    """_rebuild_from_type_v2(function, type, arguments, state): what the function, one of those above, makes."""
    function, _, inner, *_ = arguments
    if function not in (_rebuild_tensor, _rebuild_tensor_v3, _same) or not isinstance(inner, tuple):
        raise RefusedPickleError("a tensor is made by something else than PyTorch's own functions")
    return function(inner)


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """torch.Size(sizes)."""
    return tuple(arguments[0])


def _unreadable(kind: str) -> Any:
    return lambda arguments: Unreadable(kind)


STORAGES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32",
}  # fmt: skip
NUMBERS = (
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8",
    "bool", "complex64", "complex128", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
)  # fmt: skip
HARMLESS = (
    "argparse.Namespace", "collections.deque", "collections.Counter", "datetime.datetime",
    "datetime.timedelta", "datetime.date", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.Path", "_codecs.encode",
    "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar", "numpy._core.multiarray._reconstruct", "torch.device", "torch.Tensor",
    "torch.nn.parameter.Parameter", "torch.strided", "torch.per_tensor_affine", "torch.per_channel_affine",
    "torch.sparse_coo", "torch.sparse_csr", "torch.serialization._get_layout",
    "pytorch_lightning.utilities.parsing.AttributeDict", "lightning.pytorch.utilities.parsing.AttributeDict",
)  # fmt: skip
"""What checkpoints hold beside tensors; nothing of it is made, only told."""

PLAIN = (
    "set", "frozenset", "list", "dict", "tuple", "int", "float", "str", "unicode", "bytes", "bool", "complex", "slice",
    "range", "xrange", "bytearray", "object",
)  # fmt: skip
"""Python's own types; protocol 2 calls their module __builtin__."""

KNOWN: Mapping[str, Any] = MappingProxyType({
    **{name: Opaque(name) for name in HARMLESS},
    **{f"{module}.{name}": Opaque(name) for name in PLAIN for module in ("builtins", "__builtin__")},
    **{f"torch.{name}Storage": StorageType(dtype) for name, dtype in STORAGES.items()},
    **{f"torch.cuda.{name}Storage": StorageType(dtype) for name, dtype in STORAGES.items()},
    **{f"torch.{name}": NumberType(name) for name in NUMBERS},
    "torch.storage.UntypedStorage": StorageType(None),
    "torch.storage._UntypedStorage": StorageType(None),
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": lambda arguments: {},
    "torch.Size": _size,
    "torch._utils._rebuild_tensor": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": _same,
    "torch._utils._rebuild_parameter_with_state": _same,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _same,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch._utils._rebuild_sparse_tensor": _unreadable("sparse"),
    "torch._utils._rebuild_qtensor": _unreadable("quantized"),
    "torch._utils._rebuild_nested_tensor": _unreadable("nested"),
    "torch._utils._rebuild_meta_tensor_no_storage": _unreadable("meta (without numbers)"),
    "torch._utils._rebuild_device_tensor_from_numpy": _unreadable("on a device without storages"),
})
