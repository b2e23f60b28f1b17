"""Pages of the reference: one for each layer, one for each other family of plug-ins, and their index."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence

from netspec.analysis import analyze
from netspec.graph import inputs_of
from netspec.layers.base import Layer, Move, Shape
from netspec.look import FAMILY_COLOURS, plural
from netspec.reference import BASES, Key, base_of, keys_of, own_keys
from netspec.registry import Plugin, plugins
from netspec.rendering import render_toml
from netspec.spec.model import Spec

TITLES = {
    "losses": "Losses", "metrics": "Metrics", "optimizers": "Optimizers", "schedules": "Schedules",
    "initializers": "Initializers", "datasets": "Data sets", "augment": "Augmentations",
}  # fmt: skip
Pages = dict[str, str]
"""File name below docs/ → text."""
MADE = "<!-- made by `python docs/update.py` from the docstrings of the sources -->\n\n"


def reference_pages(examples: Mapping[str, Mapping[str, object]]) -> Pages:
    """All pages; examples: layer → a small spec as a table in which it stands."""
    layers = plugins("netspec.layers")
    pages = {f"layers/{name}.md": layer_page(name, examples.get(name)) for name in layers}
    pages |= {f"{_file(family)}.md": family_page(family) for family in BASES if family != "layers"}
    return {"layers/README.md": layer_index(), **pages}


def layer_index() -> str:
    """The layers by family, each with what it is."""
    layers: Mapping[str, type[Layer]] = plugins("netspec.layers")
    parts = [f"# Layers\n\nAll {len(layers)} types, each on a page of its own; keys that all layers have:\n"]
    parts.append(_table(keys_of(base_of("layers"))))
    for family in sorted({layer.family for layer in layers.values()}, key=list(FAMILY_COLOURS).index):
        own = {name: layer for name, layer in layers.items() if layer.family == family}
        rows = [f"| [{name}]({name}.md) | {_cell(layer.summary())} |" for name, layer in own.items()]
        parts.append("\n".join([f"## {family.capitalize()}\n", "| type | what it is |", "|---|---|", *rows]) + "\n")
    others = [f"[{TITLES[family].lower()}](../{_file(family)}.md)" for family in BASES if family != "layers"]
    parts.append(f"Other pages: {', '.join(others)}; [the spec language](../spec.md).\n")
    return MADE + "\n".join(parts)


def layer_page(name: str, example: Mapping[str, object] | None) -> str:
    """A layer with its formula, shapes, gradients, keys, and an example with its numbers."""
    layer: type[Layer] = plugins("netspec.layers")[name]
    parts = [f"# {name}\n\n{_doc(layer)}", "## Keys\n", _table(own_keys("layers", layer))]
    parts.append("Beside these the [keys of all layers](README.md).\n")
    if example is not None:
        parts.append(_example(name, example))
    if layer.aliases:
        others = ", ".join(f"`{alias}`" for alias in layer.aliases)
        parts.append(f"Other frameworks call it {others}; a spec takes `{name}` only.\n")
    return MADE + "\n".join(parts)


def family_page(family: str) -> str:
    """All plug-ins of a family."""
    types: Mapping[str, type[Plugin]] = plugins(f"netspec.{family}")
    parts = [f"# {TITLES[family]}\n", *(f"- [{name}](#{name}): {plugin.summary()}" for name, plugin in types.items()), ""]
    common = keys_of(base_of(family))
    if common:
        parts += ["All have these keys:\n", _table(common)]
    for name, plugin in types.items():
        own = own_keys(family, plugin)
        parts += [f"## {name}\n\n{_doc(plugin)}", *([_table(own)] if own else [])]
    return MADE + "\n".join(parts)


def describe_reach(layer: Layer, inputs: Sequence[Shape], output: Shape) -> str:
    """What each number of the output reads of the pictures it is given: how the layer widens the receptive field."""
    if len(inputs[0]) != 3:
        return ""
    if len(output) != 3:
        return "Each number of the output may read the whole picture."
    moves = layer.moves(inputs) if all(len(shape) == 3 for shape in inputs) else None
    if moves is None:
        return "Which pixels a number of the output reads does not follow from its place."
    height, width = moves
    if height == width == Move():
        return "Each pixel of the output reads the pixel at its place: the receptive field stays."
    size = f"{height.extent} × {width.extent}"
    steps = " and ".join(dict.fromkeys(_step(move) for move in moves))
    return f"Each pixel of the output reads a window of {size} pixels, its neighbour one that begins {steps} further on."


def _step(move: Move) -> str:
    return f"{move.down}" if move.up == 1 else f"{move.down}/{move.up}"


def _example(name: str, example: Mapping[str, object]) -> str:
    spec = Spec.model_validate(example)
    report = analyze(spec)
    layer = next(layer for layer in spec.layers if layer.type_name() == name)
    row = next(row for row in report.table if row.name == layer.name)
    inputs = [report.shapes[source] for source in inputs_of(report.graph, layer.name)]
    assert row.output_shape is not None
    costs = [plural(row.params, "parameter")] * bool(row.params) + [plural(row.macs, "multiply-add")] * bool(row.macs)
    given = ", ".join(str(list(shape)) for shape in inputs)
    numbers = f"{given} → {list(row.output_shape)}" + "".join(f", {cost}" for cost in costs)
    reach = describe_reach(layer, inputs, row.output_shape)
    text = render_toml(dict(example))
    return f"## Example\n\n```toml\n{text}```\n\nGives {numbers}. {reach}".rstrip() + "\n"


def _doc(plugin: type[Plugin]) -> str:
    """The first line of the docstring as text; the rest as it stands, since its lines are formulas."""
    first, _, rest = inspect.cleandoc(plugin.__doc__ or "").partition("\n")
    body = rest.strip("\n")
    return f"{first}\n" + (f"\n```text\n{body}\n```\n" if body else "")


def _table(keys: Iterable[Key]) -> str:
    rows = [f"| `{key.name}` | {_cell(key.holds)} | {_cell(key.default)} | {_cell(key.meaning)} |" for key in keys]
    if not rows:
        return "None of its own.\n"
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _file(family: str) -> str:
    return {"augment": "augmentations"}.get(family, family)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
