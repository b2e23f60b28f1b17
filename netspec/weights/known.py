"""Public weights by name ("torchvision/resnet18"): which file they are, and where it lies once it was fetched."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from netspec.kernels.cache import cache_root
from netspec.weights.base import WeightsError
from netspec.weights.files import FORMATS, known_endings


@dataclass(frozen=True)
class Known:
    """One row of known.toml."""

    name: str
    """ "torchvision/resnet18" """
    file: str
    url: str
    mib: float
    """Size in 2²⁰ bytes."""
    spec: str
    """The shipped spec that the weights fit."""
    classes: int
    size: int
    """Height and width of the pictures that they were trained on, cut from the middle …"""
    resize: int
    """… after their shorter side was made so long."""
    mean: tuple[float, ...]
    """Of the bytes 0 … 255, channel by channel."""
    std: tuple[float, ...]
    licence: str
    note: str = ""

    @property
    def hash_prefix(self) -> str:
        """First digits of the file's SHA-256, which its name carries."""
        return Path(self.file).stem.rpartition("-")[2]

    @property
    def path(self) -> Path:
        """In the cache folder, whether it is there or not."""
        return cache_root() / "weights" / self.file


@cache
def known_weights() -> dict[str, Known]:
    """By name."""
    sources = tomllib.loads((files("netspec") / "weights" / "known.toml").read_text(encoding="utf-8"))
    return {known.name: known for source, table in sources.items() for known in _rows(source, table)}


def _rows(source: str, table: dict[str, Any]) -> Iterator[Known]:
    folder, rows = table["folder"], table["files"]
    common = {key: value for key, value in table.items() if key not in ("folder", "files")}
    for row in rows:
        keys = {**common, **row, "mean": tuple(row.get("mean", common["mean"])), "std": tuple(row.get("std", common["std"]))}
        keys |= {"name": f"{source}/{row['name']}", "url": folder + row["file"], "spec": row["name"]}
        yield Known(**keys)


def find_known(weights: str | Path) -> Known | None:
    """The row that such a text means, unless there is a file of that name."""
    path = Path(weights)
    return None if path.expanduser().is_file() else known_weights().get(path.as_posix())


def no_such_weights(path: Path, text: str | Path) -> WeightsError:
    """The error for a text that is no file (`path`, seen from the spec) and no known name, with what it may have meant."""
    near = path.expanduser().parent
    beside = [one for one in sorted(near.iterdir()) if one.suffix.lower() in FORMATS] if near.is_dir() else []
    words = {str(Path(text).with_name(one.name)): None for one in beside} | dict.fromkeys(known_weights())
    close = difflib.get_close_matches(Path(text).as_posix(), words, n=2, cutoff=0.6)
    if not close:  # "resnet18" is near no whole name
        close = [name for name, known in known_weights().items() if known.spec == Path(text).stem]
    what = "is a folder" if path.expanduser().is_dir() else "no such file, and no known name"
    if (best := sorted(path.expanduser().glob("checkpoints/best*.safetensors"))):
        return WeightsError(path, "is the folder of a run", f"name a file of weights in it: {best[0]}")
    others = f"give a file of weights ({known_endings()}), or a name of `netspec weights`"
    hint = f"did you mean {' or '.join(close)}?" if close else others
    return WeightsError(path, what, hint)
