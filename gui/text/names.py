"""Names that a spec gives to its layers, blocks and variables: what may be referred to at a place of the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gui.forms.tables import parameters_of
from gui.text.scan import Scan, Value
from netspec.problems import Path
from netspec.registry import plugins

LAYER_NAMES = frozenset({"inputs", "outputs", "output", "freeze", "replace", "freeze_to"})
"""Keys that hold names of layers."""
BLOCK_NAMES = frozenset({"block"})
MONITORS = frozenset({"monitor"})
Name = tuple[str, str, str]
"""Name, what to say beside it, the layer's type."""


def names_for(path: Path, found: Scan) -> list[Name]:
    """Names that the value at a path may be; [] where it holds no name."""
    keys = [step for step in path if isinstance(step, str)]
    key = keys[-1] if keys else ""
    if key in BLOCK_NAMES and "layers" in keys:
        blocks = found.at(("blocks",))
        return [(name, "block", "block") for name in blocks.entries] if blocks else []
    if key in MONITORS:
        return _monitors(found)
    if key in LAYER_NAMES or is_loss_input(path):
        return _layers_for(path, found)
    return []


def is_loss_input(path: Path) -> bool:
    """Whether it is a key of a loss that names a layer: `input` or `scores`."""
    return path[-1:] in (("input",), ("scores",)) and (path[:-1] == ("loss",) or (len(path) == 3 and path[0] == "losses"))


def _layers_for(path: Path, found: Scan) -> list[Name]:
    """Layers of the same scope: those above (the nearest first), the inputs, those below."""
    if path[:1] == ("inputs",) or path[:1] == ("input",):
        return []
    scope: Path = path[:2] if path[0] == "blocks" else ()
    layers = found.at((*scope, "layers"))
    known = [(item.word("name"), item.word("type"), item.start) for item in layers.items] if layers else []
    own = path[len(scope) + 1] if path[len(scope)] == "layers" and len(path) > len(scope) + 1 else None
    here = own if isinstance(own, int) else len(known)
    above = [(name, kind, kind) for name, kind, _ in reversed(known[:here]) if name]
    below = [(name, kind, kind) for name, kind, _ in known[here + 1 :] if name]
    reads = path[-2:-1] == ("inputs",) or path[-1:] == ("inputs",)
    return above + (_inputs(scope, found) if reads else []) + below


def _inputs(scope: Path, found: Scan) -> list[Name]:
    if scope:
        return [("input", "what the block is given", "")]
    several = found.at(("inputs",))
    if several is not None and several.items:
        return [(item.word("name"), "input", "") for item in several.items if item.word("name")]
    single = found.at(("input",))
    return [((single.word("name") if single else "") or "input", "input", "")]


def _monitors(found: Scan) -> list[Name]:
    metrics = found.at(("metrics",))
    given = [_metric_name(item) for item in metrics.items] if metrics else []
    names = [name for name in given if name] or ["accuracy"]
    return [("val_loss", "validation", ""), *((f"val_{name}", "validation", "") for name in names)]


def _metric_name(item: Value) -> str:
    plain = item.plain()
    kind = plain.get("type") if isinstance(plain, dict) else plain
    return kind if isinstance(kind, str) and kind in plugins("netspec.metrics") else ""


def variables_at(path: Path, found: Scan) -> list[tuple[str, str]]:
    """Names that an expression at a path may use, with what they stand for."""
    variables = found.at(("variables",))
    names = [(name, _spelled(entry.value)) for name, entry in variables.entries.items()] if variables else []
    if path[:1] == ("blocks",) and len(path) > 1:
        block = found.at(path[:2])
        plain: Any = block.plain() if block else {}
        own: Mapping[str, Any] = parameters_of(plain)
        names = [*((name, "parameter") for name in own), *names]
        names += [("index", "number of the copy, from 0"), ("repeat", "number of copies")]
        names += [("copy", "number of the copy over all tables of each, from 0")]
    return names


def _spelled(value: Value | None) -> str:
    return f"= {value.text}" if value is not None and value.sort == "scalar" else "variable"
