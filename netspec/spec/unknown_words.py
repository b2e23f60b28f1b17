"""Keys and types that netspec does not know: what was probably meant, and where it belongs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from netspec.problems import Path, Problem, error, spell
from netspec.registry import Plugin, plugins
from netspec.spec.expected import owner_of
from netspec.spec.marks import Table, locate
from netspec.spec.suggest import FOREIGN_HINTS, FOREIGN_KEYS, FOREIGN_TYPES, did_you_mean, foreign, listing, question

TABLES = ("layers", "inputs", "losses", "optimizers", "metrics")
"""Lists of tables: the table itself is what a problem is about, its place in the list is not."""


def unknown_key(path: Path, where: Path, tree: Table, spec: type[BaseModel]) -> Problem:
    """A key that is not known where it stands, with the word or the place that is meant."""
    key, owner = str(path[-1]), owner_of(path, spec, tree)
    span = locate(tree, path, key=True)
    valid = list(owner.model_fields) if owner else []
    if len(path) == 1:
        valid = sorted({*valid, "input", "loss", "optimizer", "variables", "blocks", "extends", "remove"})
    names = foreign(key, FOREIGN_KEYS, valid)
    of_another = owner is not None and _is_key_of_another(key, owner)
    if (special := FOREIGN_HINTS.get(key.lower())) and special[0] in valid:
        hint = special[1]
    elif names:
        hint = f"netspec calls it {' or '.join(names)}"
    elif not of_another and (near := did_you_mean(key, valid)):
        hint = f"did you mean {near}?"
    elif not of_another and len(path) > 1 and (home := _home_of(key, spec)):
        hint = home
    else:
        hint = f"valid keys: {listing(valid, 20)}"
    value: Any = tree
    for step in path:
        value = value[step]
    what = "section" if isinstance(value, dict) and len(path) == 1 else "key"
    if isinstance(value, dict) and path[0] in TABLES and len(path) == 3:
        hint = f"start each entry with [[{path[0]}]] in double brackets"
    if of_another and owner is not None and issubclass(owner, Plugin):
        return error("NS101", where, span, f"{owner.type_name()} has no {key_of(path)}", hint)
    return error("NS101", where, span, f"unknown {what} {key_of(path)}", hint)


def _is_key_of_another(key: str, owner: type[BaseModel]) -> bool:
    """Whether another type of the same family has a key of this name: betas under an sgd that was an adam."""
    if not issubclass(owner, Plugin) or "type" not in owner.model_fields:
        return False
    return any(key in plugin.model_fields for plugin in plugins(owner.__module__.rpartition(".")[0]).values())


def _home_of(key: str, spec: type[BaseModel]) -> str | None:
    """Where a key belongs that stands in the wrong section."""
    if key in spec.model_fields or key in ("input", "loss", "optimizer"):
        return f"{key} belongs to the top of the file: write it above the first [section], or as [{key}]"
    for section in ("train", "checkpoint", "early_stopping", "transfer"):
        fields = owner_of((section, key), spec, Table())
        if fields is not None and key in fields.model_fields:
            return f"{key} belongs to [{section}]"
    if any(key in plugin.model_fields for plugin in plugins("netspec.optimizers").values()):
        return f"{key} belongs to [optimizer]"
    return None


def plugin_type(item: ErrorDetails, path: Path, where: Path, tree: Table) -> Problem:
    """A table without a type, with one that does not exist, or something that is no table."""
    package, value = item["ctx"]["package"], item["input"]
    family = package.rpartition(".")[2]
    known = plugins(package)
    if isinstance(value, dict):
        where = (*where, "type")
    if isinstance(value, dict) and "type" not in value:
        span = locate(tree, (*path, "name")) or locate(tree, path)
        return error("NS102", where, span, "type is missing", f"add type = … ({listing(known)})")
    is_text = isinstance(value, str) and item["ctx"]["shorthand"]
    if not is_text and not (isinstance(value, dict) and isinstance(value["type"], str)):
        section = _ONE_OF.get(str(path[0]), path[-1]) if isinstance(path[-1], int) else path[-1]
        name = section if path[-1] == 0 else key_of(path)
        message = f"{name} is {spell(value)}, but must be a table with a type"
        is_known = isinstance(value, str) and value in known
        hint = f'write [{section}] and below it type = "{value}"' if is_known else f"choose a type: {listing(known)}"
        return error("NS103", where, locate(tree, path), message, hint)
    kind = value if isinstance(value, str) else value["type"]
    span = locate(tree, path if isinstance(value, str) else (*path, "type"))
    message = f'there is no {_SINGULAR.get(family, "type")} "{kind}"'
    return error("NS106", where, span, message, type_hint(kind, package))


_ONE_OF = {"inputs": "input", "losses": "loss", "optimizers": "optimizer"}
"""Sections as they are written when there is one."""
_SINGULAR = {
    "layers": "layer type",
    "losses": "loss",
    "datasets": "data set type",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "metrics": "metric",
    "initializers": "initializer",
    "augment": "augmentation",
}


def type_hint(kind: str, package: str) -> str:
    """The plug-in that a type of another framework, or a slip of the keyboard, means."""
    known = plugins(package)
    aliases = [name for name, plugin in known.items() if kind.lower() in (a.lower() for a in plugin.aliases)]
    names = aliases or list(foreign(kind, FOREIGN_TYPES, known))
    return f"netspec calls it {' or '.join(names)}" if names else question(kind, known, what="there are")


def key_of(path: Path) -> str:
    """("layers", 0, "kernel_size", 1) → "kernel_size[1]"; ("layers", 0, "weight_init", "std") → "weight_init.std"."""
    inside = path[1:] if len(path) > 1 else path
    inside = inside[1:] if len(inside) > 1 and isinstance(inside[0], int) and path[0] in TABLES else inside
    text = ""
    for step in inside:
        text = f"{text or path[0]}[{step}]" if isinstance(step, int) else f"{text}.{step}".lstrip(".")
    return text if text else "the spec"
