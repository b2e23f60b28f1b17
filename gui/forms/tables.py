"""Address of a table in a spec → the keys it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel
from pydantic import Field as PydanticField

from gui.forms.fields import (
    Boolean,
    Field,
    Free,
    Integer,
    Kind,
    Number,
    Part,
    Several,
    Text,
    Typed,
    TypeName,
    fields_of,
)  # fmt: skip
from netspec.docstrings import Documented
from netspec.layers.base import Layer
from netspec.problems import Path
from netspec.registry import Plugin, plugins
from netspec.spec.model import Spec
from netspec.spec.sections import Input

LAYERS = "netspec.layers"
BASES: Mapping[str, type[Plugin]] = {LAYERS: Layer}
"""Keys of a table whose type is not known (yet)."""


class Block(Documented):
    """Layers under one name, to be used several times."""

    description: str = ""
    """What it is, for people."""
    parameters: dict[str, Any] = PydanticField(default={})
    """Parameters with their defaults; `${parameter}` stands for the value."""
    required: tuple[str, ...] = ()
    """Parameters without default: every use gives them."""
    output: str | None = None
    """Layer that gives the block's output; default: the last."""


class BlockUse(Documented):
    """A block of layers, defined once under [blocks.NAME]."""

    name: str
    """Unique name; the layers inside are called NAME.LAYER, of copies NAME.0.LAYER."""
    type: Literal["block"] = "block"
    """Says that a block stands here."""
    block: str
    """Which block."""
    repeat: int = 1
    """Copies, one behind the other."""
    first: dict[str, Any] = PydanticField(default={})
    """Parameters of the first copy only: { stride = 2 }."""
    each: list[dict[str, Any]] = PydanticField(default=[])
    """Instead of repeat: a table for each copy with its parameters; it may have repeat and first of its own."""
    inputs: tuple[str, ...] | None = None
    """Names of the layers (or inputs) it reads; default: the layer above."""
    frozen: bool = False
    """Keep the parameters and statistics of all layers inside as they are."""
    lr_mult: float = 1.0
    """Multiplies the learning rate for all layers inside."""
    decay_mult: float = 1.0
    """Multiplies the weight decay for all layers inside."""


WHEN = Field("when", (Boolean(), Text()), "Whether the layer is there at all: true, false or a \"${condition}\".")
VARIABLE_DOC = "Parameter of the block {block}."


@dataclass(frozen=True)
class Keys:
    """The keys of one table. title: "conv2d", "[train]"; own: keys that the user may call as they like."""

    title: str
    doc: str
    fields: Mapping[str, Field]
    own: bool = False


def keys_at(path: Path, tree: Any) -> Keys | None:
    """The keys that the table at a path may have; None where no table can be. tree: what the file says, as plain dicts."""
    kinds: tuple[Kind, ...] = (Part(Spec),)
    title = "spec"
    for depth, step in enumerate(path):
        inside = _step(kinds, step, _inside(tree, path[:depth]), path[:depth], tree)
        if inside is None:
            return None
        kinds = inside
        title = str(step) if isinstance(step, str) else title
    return _keys(kinds, _inside(tree, path), path, tree, title)


def kinds_at(path: Path, tree: Any) -> tuple[Kind, ...]:
    """What the value at a path may be; () where nothing is known of it."""
    kinds: tuple[Kind, ...] = (Part(Spec),)
    for depth, step in enumerate(path):
        kinds = _step(kinds, step, _inside(tree, path[:depth]), path[:depth], tree) or ()
    return kinds


def field_at(path: Path, tree: Any) -> Field | None:
    """The field that the last key of a path is; items of lists belong to the list's key."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    keys = keys_at(path[:-1], tree) if path else None
    return keys.fields.get(str(path[-1])) if keys else None


def _step(kinds: tuple[Kind, ...], step: str | int, node: Any, path: Path, tree: Any) -> tuple[Kind, ...] | None:
    if isinstance(step, int):
        lists = [kind for kind in kinds if isinstance(kind, Several)]
        return (lists[0].item,) if lists else None
    keys = _keys(kinds, node, path, tree, "")
    if keys is None:
        return None
    if step in keys.fields:
        return keys.fields[step].kinds
    free = next((kind for kind in kinds if isinstance(kind, Free)), None)
    return (free.item,) if free is not None and free.item is not None else () if free is not None else None


def _keys(kinds: tuple[Kind, ...], node: Any, path: Path, tree: Any, title: str) -> Keys | None:
    for kind in kinds:
        match kind:
            case Part(model=model):
                return _keys_of_model(model, title)
            case Typed(package=package):
                return _keys_of_plugin(package, node, tree, path)
            case Free(item=Part()):
                return Keys(f"[{title}]", "A table for each name.", {}, own=True)
            case Free():
                return Keys(f"[{title}]", "Names of your own, each with a value.", {}, own=True)
    return None


def _keys_of_model(model: type[BaseModel], title: str) -> Keys:
    doc = " ".join((model.__doc__ or "").split())
    fields = fields_of(model)
    if model is Spec:
        known = {**fields, **_top()}
        return Keys("spec", doc, {key: known[key] for key in ORDER} | known)
    if model is Block:
        layers = Field("layers", (Several(Typed(LAYERS)),), "Layers; `${parameter}` stands for its value.", True)
        return Keys("block", doc, {**fields, "layers": layers})
    return Keys(f"[{title}]", doc, fields)


ORDER = ("spec_version", "name", "description", "seed", "dialect", "extends", "remove", "variables", "input", "inputs",
         "layers", "outputs", "loss", "losses", "data", "train", "optimizer", "optimizers")  # fmt: skip
"""Keys of a file, as specs are written."""


def _top() -> dict[str, Field]:
    """Keys of the file that are worked into others before the Spec is made."""
    one, loss, inputs = (fields_of(Spec)[key] for key in ("optimizers", "losses", "inputs"))
    return {
        "inputs": replace(inputs, is_required=False, doc="Several inputs, with a name each."),
        "input": Field("input", (Part(Input),), "What one sample looks like."),
        "loss": Field("loss", (Typed("netspec.losses"),), loss.doc),
        "optimizer": Field("optimizer", (Typed("netspec.optimizers"),), one.doc),
        "extends": Field("extends", (Text(),), "The file that this one patches, or a shipped spec by name."),
        "remove": Field("remove", (Several(Text()),), "Layers of the base that are taken out first: names, groups, globs."),
        "variables": Field("variables", (Free(),), "Names for values; `${name}` stands for the value."),
        "blocks": Field("blocks", (Free(Part(Block)),), "Blocks of layers by name: [blocks.NAME]."),
    }


def _keys_of_plugin(package: str, node: Any, tree: Any, path: Path) -> Keys:
    known = plugins(package)
    kind = node.get("type") if isinstance(node, dict) else node
    if package == LAYERS and kind == "block":
        return _keys_of_use(node, tree)
    plugin = known.get(kind) if isinstance(kind, str) else None
    family = package.rpartition(".")[2]
    types: tuple[Kind, ...] = (TypeName(package),)
    if plugin is None:
        type_field = Field("type", types, f"Which of the {family}.", True)
        common = fields_of(BASES[package]) if package in BASES else _common(package)
        return Keys(family, "", _ordered({**common, "type": type_field}))
    own = _in_dialect(plugin, tree)
    own["type"] = replace(own["type"], kinds=types, doc=f"Which of the {family}.", is_required=True)
    extra = {"when": WHEN} if package == LAYERS else {}
    return Keys(plugin.type_name(), plugin.summary(), {**_ordered(own), **extra})


def _in_dialect(plugin: type[Plugin], tree: Any) -> dict[str, Field]:
    """The fields with the defaults that the file's `dialect` gives them."""
    dialect = tree.get("dialect") if isinstance(tree, dict) else None
    changed = plugin.dialects.get(dialect, {}) if isinstance(dialect, str) else {}
    return {
        key: replace(field, default=changed[key]) if key in changed else field
        for key, field in fields_of(plugin).items()
    }


def _ordered(fields: Mapping[str, Field]) -> dict[str, Field]:
    """name and type first, then what the type has of its own, then what all have."""
    common = fields_of(Layer)
    is_layer = set(common) <= set(fields)
    first = [key for key in ("name", "type") if key in fields]
    last = [key for key in common if key in fields and key not in first] if is_layer else []
    middle = [key for key in fields if key not in (*first, *last)]
    return {key: fields[key] for key in (*first, *middle, *last)}


def _common(package: str) -> dict[str, Field]:
    """The keys that every type of a family has."""
    known: list[type[BaseModel]] = list(plugins(package).values())
    tables = [fields_of(plugin) for plugin in known]
    return {key: field for key, field in tables[0].items() if all(key in table for table in tables)}


def _keys_of_use(use: Mapping[str, Any], tree: Any) -> Keys:
    name = use.get("block")
    block = _inside(tree, ("blocks", name)) if isinstance(name, str) else None
    fields = dict(fields_of(BlockUse))
    for key, default in parameters_of(block).items():
        doc = VARIABLE_DOC.format(block=name)
        fields[key] = Field(key, kinds_like(default), doc, default is None, default)
    fields["repeat"] = replace(fields["repeat"], kinds=(*fields["repeat"].kinds, Text()))
    return Keys("block", f"The block {name}." if name else (BlockUse.__doc__ or ""), {**fields, "when": WHEN})


def parameters_of(block: Any) -> dict[str, Any]:
    """Parameters of a block's table → their defaults; None: required."""
    if not isinstance(block, dict):
        return {}
    required, defaults = block.get("required"), block.get("parameters")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return {**dict.fromkeys(names), **(defaults if isinstance(defaults, dict) else {})}


def kinds_like(value: Any) -> tuple[Kind, ...]:
    """What may stand where this value is the default."""
    if isinstance(value, bool):
        return (Boolean(),)
    if isinstance(value, int):
        return Integer(), Text()
    if isinstance(value, float):
        return Number(), Text()
    is_text = isinstance(value, str) and "${" not in value
    return (Text(),) if is_text else (Integer(), Number(), Boolean(), Text())


def _inside(tree: Any, path: Path) -> Any:
    for step in path:
        if isinstance(tree, dict):
            tree = tree.get(str(step))
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree
