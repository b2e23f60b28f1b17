"""Where a name is defined: the layer that `inputs` reads, the block that is used, the variable of an expression."""

from __future__ import annotations

import re

from gui.text.names import BLOCK_NAMES, LAYER_NAMES, is_loss_input
from gui.text.scan import Scan, Value, scan
from netspec.problems import Path
from netspec.spec.source import Format

Place = tuple[int, int]


def definition_of(text: str, format: Format, position: int) -> Place | None:
    """Start and end of the name that the word at a position refers to; None when it is no such word."""
    found = scan(text, format)
    zone = found.zone(position)
    value = found.at(zone.path) if zone.sort == "value" else None
    if value is None or value.sort != "scalar":
        return None
    name = value.plain()
    if isinstance(name, str) and "${" in name:
        return _variable(found, zone.path, position)
    keys = [step for step in zone.path if isinstance(step, str)]
    if not isinstance(name, str) or not keys:
        return None
    if keys[-1] in BLOCK_NAMES:
        return _entry(found, ("blocks",), name)
    if keys[-1] in LAYER_NAMES or is_loss_input(zone.path):
        return layer_place(found, name, zone.path[:2] if keys[0] == "blocks" else ())
    return None


def layer_place(found: Scan, name: str, scope: Path = ()) -> Place | None:
    """Where a layer (or an input) is given its name; "layer1.0.conv1" is looked for in the block of layer1."""
    layers = found.at((*scope, "layers"))
    for layer in layers.items if layers else ():
        own = layer.word("name")
        if own == name:
            return _name_place(layer)
        if own and name.startswith(f"{own}.") and layer.word("type") == "block":
            rest = re.sub(r"^\d+\.(?=.)", "", name[len(own) + 1 :])
            block: Path = ("blocks", layer.word("block"))
            inside = layer_place(found, rest, block)
            return inside or (_name_place(layer) if rest.isdigit() else None)  # "layer1.0" may be a copy as a whole
    return _input_place(found, name, scope)


def _input_place(found: Scan, name: str, scope: Path) -> Place | None:
    if scope:
        return None
    several = found.at(("inputs",))
    for item in several.items if several else ():
        if item.word("name") == name:
            return _name_place(item)
    single = found.at(("input",))
    is_it = single is not None and (single.word("name") or "input") == name
    return _entry(found, (), "input") if is_it else None


def _name_place(table: Value) -> Place | None:
    entry = table.entries.get("name")
    return (entry.value.start, entry.value.end) if entry and entry.value else None


def _entry(found: Scan, path: Path, key: str) -> Place | None:
    table = found.at(path)
    entry = table.entries.get(key) if table and table.sort == "table" else None
    return (entry.start, entry.end) if entry else None


def _variable(found: Scan, path: Path, position: int) -> Place | None:
    start = end = position
    while start > 0 and (found.text[start - 1].isalnum() or found.text[start - 1] == "_"):
        start -= 1
    while end < len(found.text) and (found.text[end].isalnum() or found.text[end] == "_"):
        end += 1
    name = found.text[start:end]
    if path[:1] == ("blocks",):
        inside = _entry(found, (*path[:2], "parameters"), name)
        if inside:
            return inside
        required = found.at((*path[:2], "required"))
        for item in required.items if required else ():
            if item.plain() == name:
                return item.start, item.end
    return _entry(found, ("variables",), name)
