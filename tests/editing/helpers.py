"""Specs to edit, and what can be seen of an edit."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netspec import editing
from netspec.editing import Node, Outline
from netspec.loading import read_from
from netspec.shipped import shipped_specs
from netspec.spec.source import Source, read_source

ODD = """\
# A file in which everything is written another way.
spec_version = 1   # the only one
"name" = 'odd'
outputs = ["head"]
input.shape = [3, 16, 16]   # C, H, W

[loss]   # what is minimized
type = "cross_entropy"
  label_smoothing = 0.1

# the network
[[layers]]
name = "stem"   # reads the input
type = "conv2d"
out_channels = "${width}"
kernel_size = [3, 3]
padding = { top = 1, bottom = 1,  left = 1, right = 1 }   # by side

[[ layers ]]
name = "a.b"
type = "relu"

  [[layers]]
  name = "stage"
  type = "block"
  block = "unit"
  repeat = 2

# before the head
[[layers]]
name = "sum"
type = "add"
inputs = [
  "stage",      # the block
  "a.b",
]

[[layers]]
name = "head"
type = "linear"
out_features = 10
weight_init.type = "normal"
weight_init.std = 0.01

[variables]
width = 8   # channels

[transfer]
freeze = ["stem", "stage.1.*"]

[[optimizers]]
type = "sgd"
lr = 1e-1

[[optimizers]]
type = "adam"   # the second lane

[blocks.unit]
parameters = { bias = true }

[[blocks.unit.layers]]
name = "conv"
type = "conv2d"
out_channels = "${width}"
kernel_size = 3
padding = 1
bias = "${bias}"

[[blocks.unit.layers]]
name = "act"   # ends the block
type = "relu"
# the end"""


EDITED = (
    "digits", "digits_race", "lenet5", "lenet_caffe", "logistic", "mlp", "one_hidden_layer", "resnet18", "resnet20_cifar",
    "vgg16", "mobilenet_v2",
)  # fmt: skip
"""Shipped specs of every form; the others are like one of them."""


def sources() -> dict[str, Source]:
    """These shipped specs and the odd one, in TOML, with CRLF, and in JSON."""
    found = {name: read_source(shipped_specs()[name]) for name in EDITED}
    found["odd"] = Source("odd.toml", ODD, "toml", Path())
    for name in ("digits", "resnet18", "odd"):
        source = found[name]
        found[f"{name}-crlf"] = with_text(source, source.text.replace("\n", "\r\n"))
        for indent in (None, 2):
            text = json.dumps(tomllib.loads(source.text), indent=indent, ensure_ascii=False)
            found[f"{name}-json{indent or ''}"] = Source(f"{name}.json", text, "json", source.folder)
    return found


def is_worked_out(source: Source, node: Node) -> bool:
    """Whether the name of a layer is an expression of its block's parameters."""
    return node.kind != "input" and "${" in str(editing.fields(source, node.address).get("name"))


def with_text(source: Source, text: str) -> Source:
    """The same file with another text."""
    return Source(source.file, text, source.format, source.folder)


def edited(source: Source, function: Callable[..., str], *args: Any, **kwargs: Any) -> Source:
    """The file after an edit; what it says can be read by the standard library."""
    text = function(source, *args, **kwargs)
    values(text, source.format)
    return with_text(source, text)


def values(text: str, format: str) -> Any:
    """What the standard library reads."""
    return json.loads(text) if format == "json" else tomllib.loads(text)


def edges(outline: Outline) -> dict[str, list[str]]:
    """What each layer reads."""
    return {node.name: list(node.inputs) for node in outline.nodes if node.kind == "layer"}


def compiled_edges(source: Source) -> dict[str, list[str]]:
    """The same, as the compiler sees it."""
    found = read_from(source)
    layers = found.spec.layers if found.spec is not None else ()
    inputs = [item.name for item in found.spec.inputs] if found.spec is not None else []
    above = inputs[0] if len(inputs) == 1 else None
    result: dict[str, list[str]] = {}
    for layer in layers:
        result[layer.name] = list(layer.inputs) if layer.inputs is not None else [above] if above else []
        above = layer.name
    return result


def frozen(source: Source) -> set[str]:
    """Names of the layers that are frozen, by the outline."""
    return {node.name for node in editing.outline(source).nodes if node.kind == "layer" and node.frozen}


def changes(before: Source, after: Source) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    lines = difflib.ndiff(before.text.splitlines(), after.text.splitlines())
    kept = [line for line in lines if line[:2] in ("- ", "+ ")]
    return [line[2:] for line in kept if line[0] == "-"], [line[2:] for line in kept if line[0] == "+"]


SOURCES = sources()
