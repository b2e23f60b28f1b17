"""PyTorch's two file forms made by hand, around any pickle."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

MAGIC = 0x1950A86A20F9469CFC6C
MACHINE = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def zip_form(data: bytes, storages: dict[str, bytes], **records: bytes) -> bytes:
    """The form since 1.6."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/data.pkl", data)
        for key, numbers in storages.items():
            archive.writestr(f"a/data/{key}", numbers)
        for name, text in {"byteorder": b"little", "version": b"3\n", **records}.items():
            archive.writestr(f"a/{name}", text)
    return stream.getvalue()


def legacy_form(data: bytes, storages: dict[str, bytes], item: int = 4) -> bytes:
    """The form before 1.6."""
    head = b"".join(pickle.dumps(one, protocol=2) for one in (MAGIC, 1001, MACHINE))
    tail = b"".join(struct.pack("<q", len(numbers) // item) + numbers for numbers in storages.values())
    return head + data + pickle.dumps(list(storages), protocol=2) + tail


def put(folder: Path, data: bytes, name: str = "w.pth") -> Path:
    """A file with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path


class Named:
    """Pickled as a global of any name, which need not exist."""

    def __init__(self, name: str) -> None:
        self.module, _, self.name = name.rpartition(".")


class Made:
    """Pickled as a call of a global."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.function, self.arguments = Named(name), arguments


class Stored:
    """Pickled as a persistent id."""

    def __init__(self, dtype: str, key: Any, numel: Any, *view: Any) -> None:
        self.identity = ("storage", Named(f"torch.{dtype}Storage"), key, "cpu", numel, *view)


def dumped(value: Any) -> bytes:
    """A pickle of nested dicts, lists, tuples, plain values and the classes above, in protocol 2."""
    return b"\x80\x02" + _opcodes(value) + b"."


def tensor(storage: Stored, offset: Any, shape: Any, strides: Any) -> Made:
    """torch._utils._rebuild_tensor_v2(…)."""
    return Made("torch._utils._rebuild_tensor_v2", storage, offset, shape, strides, False, Made("collections.OrderedDict"))


def _opcodes(value: Any) -> bytes:
    match value:
        case Named():
            return f"c{value.module}\n{value.name}\n".encode()
        case Made():
            return _opcodes(value.function) + _opcodes(value.arguments) + b"R"
        case Stored():
            return _opcodes(value.identity) + b"Q"
        case dict():
            return b"}(" + b"".join(_opcodes(one) for item in value.items() for one in item) + b"u"
        case list() | tuple():
            inner = b"(" + b"".join(map(_opcodes, value))
            return inner + b"t" if isinstance(value, tuple) else b"]" + inner + b"e"
        case _:
            return pickle.dumps(value, protocol=2)[2:-1]
