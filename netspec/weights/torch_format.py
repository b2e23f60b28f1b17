"""PyTorch's files (.pt, .pth, .th, .bin, .ckpt), read without PyTorch and without executing what they hold.

The zip form (since 1.6) and the stream form before it. See `pickle_machine` for why no code of a file can run.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netspec.weights.base import Tensors, Weights, WeightsError
from netspec.weights.pickle_machine import RefusedPickleError
from netspec.weights.torch_legacy import LegacyFile
from netspec.weights.torch_sets import Set, tensor_sets, unread
from netspec.weights.torch_tensors import Storages, Unreadable
from netspec.weights.torch_zip import METADATA, ZipFile, is_zip
from netspec.weights.torch_zip_writing import write

__all__ = ["read", "read_metadata", "write"]

SAVE_AGAIN = "fetch it again, or save it again as torch.save(model.state_dict(), file)"


def read(path: Path) -> Weights:
    """All sets of named tensors: the preferred one as `tensors`, the rest as `others`; bfloat16 becomes float32."""
    with _explained(path):
        if is_zip(path):
            with ZipFile(path) as file:
                return _weights(file.value(), file.storages(), _metadata(file))
        _refuse_others(path)
        legacy = LegacyFile(path)
        return _weights(legacy.value(), legacy.storages(), {})


def read_metadata(path: Path) -> dict[str, str]:
    """What netspec wrote beside the tensors; empty for PyTorch's own files."""
    with _explained(path):
        if not is_zip(path):
            return {}
        with ZipFile(path) as file:
            return _metadata(file)


def _weights(value: Any, storages: Storages, metadata: dict[str, str]) -> Weights:
    found = tensor_sets(value)
    sets = {place: _read(tensors, storages) for place, tensors in found.items()}
    source, tensors = next(iter(sets.items()))
    others = {place: tensors for place, tensors in sets.items() if place != source}
    return Weights(tensors, metadata, source=source, others=others, notes=unread(value, found))


def _read(tensors: Set, storages: Storages) -> Tensors:
    arrays = {}
    for name, tensor in tensors.items():
        if isinstance(tensor, Unreadable):
            raise RefusedPickleError(f"tensor {name!r} is {tensor.kind}, which netspec does not compute with")
        arrays[name] = storages.tensor(tensor)
    return arrays


def _metadata(file: ZipFile) -> dict[str, str]:
    if not file.has(METADATA):
        return {}
    try:
        return {str(key): str(value) for key, value in json.loads(file.read(METADATA)).items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise RefusedPickleError("its metadata is not a JSON object") from error


def _refuse_others(path: Path) -> None:
    """Files that are neither form, where it can be told what they are."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise RefusedPickleError("it is empty")
    if head[257:262] == b"ustar":
        raise RefusedPickleError("a tar file, as PyTorch wrote them before 2017, which netspec does not read")
    if head.startswith(b"version https://git-lfs"):
        raise RefusedPickleError("only a pointer of git-lfs; the file itself has not been fetched")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever is wrong with the file becomes a WeightsError."""
    try:
        yield
    except RefusedPickleError as error:
        raise WeightsError(path, f"not a file of weights that can be read: {error.message}", SAVE_AGAIN) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise WeightsError(path, f"not a whole PyTorch file ({error})", SAVE_AGAIN) from error
