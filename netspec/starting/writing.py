"""The text of a first spec, with comments that say why."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from netspec.rendering import toml_value
from netspec.starting.network import network_for
from netspec.starting.recognize import Found

NAME_LINE = re.compile(r'(?m)^name = "[^"\n]*"')
MOST_NAMED = 12
"""Classes that are listed in the comment."""
DIGITS = frozenset("0123456789")


def spec_of_template(text: str, name: str) -> str:
    """The text of a shipped spec under another name; comments stay."""
    return NAME_LINE.sub(lambda _: f"name = {toml_value(name)}", text, count=1)


def spec_of_data(found: Found, name: str, folder: Path) -> str:
    """A spec that trains on the data at once; paths in it start at `folder`, where the spec will lie."""
    data = {key: _relative(key, value, folder) for key, value in found.data.items()}
    parts = [
        _head(found, name),
        _layers(found),
        _table("loss", _loss(found)),
        _data(found, data),
        _table("train", _train(found)),
        _table("optimizer", {"type": "adam", "lr": 0.001}),
        _table("schedule", {"type": "cosine"}),
    ]
    return "\n\n".join(parts) + "\n"


def _head(found: Found, name: str) -> str:
    metrics = {"classification": ["accuracy"], "regression": ["mae", "r2"], "detection": ["mean_average_precision"],
               "segmentation": ["mean_iou", "pixel_accuracy"]}  # fmt: skip
    size = "channels, height, width" if len(found.shape) == 3 else "numbers of one sample"
    return "\n".join([
        f"# Made by `netspec init` for {found.about}.",
        *_class_comment(found),
        "spec_version = 1",
        f"name = {toml_value(name)}",
        f"metrics = {toml_value(metrics[found.task])}",
        *(['outputs = ["answers"]'] if found.task == "detection" else []),
        f"input.shape = {toml_value(list(found.shape))}   # {size}; {_size_hint(found)}",
    ])  # fmt: skip


def _class_comment(found: Found) -> list[str]:
    if not found.classes:
        return []
    more = f", … ({len(found.classes)} in all)" if len(found.classes) > MOST_NAMED else ""
    return [f"# Classes: {', '.join(_one_line(name) for name in found.classes[:MOST_NAMED])}{more}."]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _size_hint(found: Found) -> str:
    if found.task == "segmentation":
        return "larger pictures are cut into tiles of it"
    if found.data["type"] in ("image_folder", "boxes"):
        return "pictures are scaled to it: larger ones show more and take longer"
    return "as the data have it"


def _layers(found: Found) -> str:
    lines = [f"  {toml_value(layer)}," for layer in network_for(found)]
    if found.task == "detection":
        lines[-1] += "   # classes, and the reaches of a box to four sides"
    elif found.task == "segmentation":
        lines[-1] += "   # one output for each class, at every pixel"
    elif found.classes:
        lines[-1] += "   # one output for each class"
    return "\n".join(["layers = [", *lines, "]"])


def _loss(found: Found) -> dict[str, Any]:
    if found.task == "detection":
        return {"type": "single_shot", "stride": 8}
    return {"type": "cross_entropy" if found.classes else "mse"}


def _train(found: Found) -> dict[str, Any]:
    is_dense = found.task in ("detection", "segmentation")
    batch = 8 if is_dense else 16 if found.samples < 500 else 32 if found.samples < 20_000 else 64
    epochs = 40 if found.samples < 2000 else 20 if found.samples < 20_000 else 5
    split = {} if found.has_validation else {"validation_split": 0.1}
    return {"epochs": epochs, "batch_size": batch, **split}


def _data(found: Found, data: dict[str, Any]) -> str:
    lines = [_table("data", data)]
    if len(found.shape) == 3:
        lines += ['# normalize = "standard" is the default: mean and deviation of the training part.', *_augmentation(found)]
    return "\n".join(lines)


def _augmentation(found: Found) -> list[str]:
    """Which changes of the pictures keep their class, as far as the names of the classes tell."""
    if found.task in ("detection", "segmentation"):
        return []
    if set("".join(found.classes)) <= DIGITS and len(found.classes) == 10:
        return ["# Digits must not be mirrored, and hardly be turned: a 6 would become a 9."]
    return ['# augment = ["flip"]   # shows mirrored pictures, too; it helps where these are still of their class']


def _table(name: str, table: dict[str, Any]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in table.items())])


def _relative(key: str, value: Any, folder: Path) -> Any:
    """A path as seen from the spec's folder, with forward slashes."""
    if key not in ("root", "file"):
        return value
    try:
        return Path(os.path.relpath(value, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return Path(value).as_posix()
