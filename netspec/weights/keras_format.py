"""Keras' three files: .keras (a zip), .weights.h5 (Keras 3) and the older .h5 of whole models or weights."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from netspec.weights.base import Weights, WeightsError
from netspec.weights.hdf5 import Node, read_tree
from netspec.weights.keras_config import Config, parse_config, snake_case
from netspec.weights.keras_layers import ARRAYS, KerasLayer, layers_tensors

_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"
_MOST_CONFIG = 64 << 20
_MOST_SHRINKING = 1100
_NOT_READ = frozenset({"optimizer", "optimizer_weights", "seed_generator", "compile_metrics", "_loss_tracker"})
_CONTAINERS = frozenset({"layers", "_layer_checkpoint_dependencies", "_operations", "_self_tracked_trackables"})
_KINDS = {snake_case(kind): kind for kind in (*ARRAYS, "BatchNormalization", "LayerNormalization", "GroupNormalization")}


def read(path: Path) -> Weights:
    """Tensors under PyTorch's names in Keras' layouts, and what the file says of the layers. Raises WeightsError."""
    tree, config = _read_archive(path) if path.suffix.lower() == ".keras" else _read_hdf5(path)
    old = tree.groups.get("model_weights", tree)
    layers = _old_layers(path, old, config) if "layer_names" in _listed(old) else list(_new_layers(tree, config))
    if config is not None:  # the model's order, where the file's own is that of the alphabet
        places = {layer.name: place for place, layer in enumerate(config.layers)}
        layers.sort(key=lambda layer: places.get(layer.name, len(places)))
    tensors, facts = layers_tensors(layers)
    if not tensors:
        raise WeightsError(path, "no layer with weights is in it", "save it with model.save or model.save_weights")
    known = config is not None or "layer_names" in _listed(old)
    first = config.channels_first if config is not None else None
    notes = ("not read: optimizer",) if {"optimizer", "optimizer_weights"}.intersection(tree.skipped) else ()
    return Weights(
        tensors, convention="keras", layers=facts, is_ordered=known, is_channels_first=first, notes=notes
    )


def read_metadata(path: Path) -> dict[str, str]:
    """What netspec writes into its files is in none of Keras'."""
    return {}


def _read_hdf5(path: Path) -> tuple[Node, Config | None]:
    tree = read_tree(path, skip=_NOT_READ)
    text = tree.attributes.get("model_config")
    return tree, parse_config(path, text) if isinstance(text, str) else None


def _read_archive(path: Path) -> tuple[Node, Config]:
    with _zip(path) as archive:
        names = archive.namelist()
        for name in (_WEIGHTS, _CONFIG):
            if names.count(name) != 1:
                raise WeightsError(path, f"{name} is in it {names.count(name)} times, not once", "save the model again")
        config = parse_config(path, _member(path, archive, _CONFIG, _MOST_CONFIG).decode("utf-8", "replace"))
        stream = io.BytesIO(_member(path, archive, _WEIGHTS, _MOST_SHRINKING * path.stat().st_size))
    return read_tree(path, stream, _NOT_READ), config


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise WeightsError(path, f"not a whole .keras file ({error})", "fetch or save it again") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise WeightsError(path, f"not a whole .keras file ({error})", "fetch or save it again") from error


def _member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > min(most, _MOST_SHRINKING * info.compress_size + 1):
        raise WeightsError(path, f"{name} unpacks to {info.file_size} bytes", "Keras writes no such file: get it anew")
    stream: IO[bytes]
    with archive.open(info) as stream:
        return stream.read()


def _listed(node: Node) -> dict[str, list[str]]:
    """Attributes that are lists of names; long ones are cut into "layer_names0", "layer_names1", …"""
    found: dict[str, list[str]] = {}
    for key in sorted(node.attributes, key=lambda key: (len(key), key)):
        value = node.attributes[key]
        if isinstance(value, list):
            found.setdefault(key.rstrip("0123456789"), []).extend(str(item) for item in value)
    return found


def _old_layers(path: Path, top: Node, config: Config | None) -> list[KerasLayer]:
    """Each layer's group lists its variables: weight_names = ["conv1/kernel:0", …]."""
    described = {layer.name: layer for layer in config.layers} if config is not None else {}
    layers: dict[str, KerasLayer] = {}
    for group in _listed(top)["layer_names"]:
        node = _child(path, top, group)
        for variable in _listed(node).get("weight_names", []):
            *parts, leaf = variable.split("/")
            name = _old_name(group, parts)
            array = _array(path, node, variable)
            if name not in layers:
                found = described.get(name)
                layers[name] = KerasLayer(name, found.kind, options=found.options) if found else KerasLayer(name)
            layers[name].arrays[_word(leaf)] = array
    return list(layers.values())


def _old_name(group: str, parts: list[str]) -> str:
    """Layer of a variable: "conv1" in its own group, "backbone.conv1" in that of a model, without scopes before them."""
    start = parts.index(group) if group in parts else -1
    inner = parts[start + 1 :] if start >= 0 else [part for part in parts if part not in group.split("/")]
    return ".".join((group.replace("/", "."), *inner))


def _word(leaf: str) -> str:
    """kernel:0 → kernel; the second variable of a name is called kernel_1 by TensorFlow's graphs."""
    return re.sub(r":\d+$", "", leaf)


def _child(path: Path, node: Node, name: str) -> Node:
    for part in name.split("/"):
        if part not in node.groups:
            raise WeightsError(path, f"the layer {name!r} that it lists is not in it", "fetch or save the file again")
        node = node.groups[part]
    return node


def _array(path: Path, node: Node, variable: str) -> Any:
    folder, _, leaf = variable.rpartition("/")
    parent = _child(path, node, folder) if folder else node
    if leaf not in parent.arrays:
        raise WeightsError(path, f"the variable {variable!r} that it lists is not in it", "fetch or save the file again")
    return parent.arrays[leaf]


def _new_layers(top: Node, config: Config | None) -> Iterator[KerasLayer]:
    """Keras 3: a group "vars" in that of the layer, which is called by type and number: layers/conv2d_1/vars/0."""
    described = {layer.folder: layer for layer in config.layers} if config is not None else {}
    for folder, names, contained, variables in _folders(top, (), (), False):
        if not variables.arrays:
            continue
        numbered = dict(sorted(variables.arrays.items(), key=lambda item: (len(item[0]), item[0])))
        found = described.get("/".join(folder))
        if found is not None:
            yield KerasLayer(found.name, found.kind, numbered, found.options)
        else:
            word = re.sub(r"_\d+$", "", folder[-1]) if folder else ""
            yield KerasLayer(".".join(names) or "model", _KINDS.get(word, "") if contained else "", numbered)


def _folders(
    node: Node, folder: tuple[str, ...], names: tuple[str, ...], contained: bool
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], bool, Node]]:
    """(names of the groups, names of the layers, whether the group is called by its type, its variables)."""
    if "vars" in node.groups:
        yield folder, names, contained, node.groups["vars"]
    for name, child in sorted(node.groups.items(), key=lambda item: _natural(item[0])):
        if name == "vars":
            continue
        if name in _CONTAINERS:
            for inner, grandchild in sorted(child.groups.items(), key=lambda item: _natural(item[0])):
                yield from _folders(grandchild, (*folder, inner), (*names, _called(grandchild, inner)), True)
        else:
            yield from _folders(child, (*folder, name), (*names, name), False)


def _called(node: Node, name: str) -> str:
    """Newer files say what the layer is called; older ones only have its type and number."""
    variables = node.groups.get("vars")
    said = variables.attributes.get("name") if variables is not None else None
    return said if isinstance(said, str) and said else name


def _natural(name: str) -> tuple[str, int]:
    """conv2d before conv2d_1 before conv2d_10."""
    word, _, number = name.rpartition("_")
    return (word, int(number)) if number.isdecimal() and word else (name, 0)
