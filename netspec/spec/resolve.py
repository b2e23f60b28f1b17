"""The tree as typed → the tree that is validated: a list of named steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from netspec.problems import Problem, SpecError, error
from netspec.registry import plugins
from netspec.spec.blocks import expand_blocks
from netspec.spec.extends import extend
from netspec.spec.lost_normalization import check_normalization
from netspec.spec.marks import Array, Table, marked, plain
from netspec.spec.model import Spec
from netspec.spec.overrides import apply_overrides
from netspec.spec.source import Source
from netspec.spec.variables import check_use, resolve_variables, substitute, used_variables

FAMILIES = {
    "layers": "netspec.layers",
    "losses": "netspec.losses",
    "data": "netspec.datasets",
    "optimizers": "netspec.optimizers",
    "schedule": "netspec.schedules",
    "metrics": "netspec.metrics",
}
"""Sections that hold plug-ins, and the package of the family."""
PLURALS = {"input": "inputs", "loss": "losses", "optimizer": "optimizers"}
SECTIONS = (*sorted({*Spec.model_fields, *PLURALS, "variables", "blocks", "extends", "remove"}),)
"""All keys that may stand at the top of a spec."""


@dataclass(frozen=True)
class Resolved:
    """The tree that is validated, and how it came about."""

    tree: Table
    singular: frozenset[str]
    """Plural keys that were written as one table: "optimizers" for `[optimizer]`."""
    files: tuple[str, ...]


def resolve(tree: Table, source: Source, overrides: Sequence[str], problems: list[Problem]) -> Resolved:
    """extends → overrides → variables → blocks → overrides of blocks' layers → plural forms → dialect."""
    tree, files = extend(tree, source, problems)
    used = used_variables(tree)  # before --set, which may replace the last use
    data = tree.get("data")
    replaced = data.replaced if isinstance(data, Table) else None
    tree = _copy(tree)
    if isinstance(tree.get("$schema"), str):  # where an editor finds the JSON Schema
        tree = tree.without("$schema")
    later = apply_overrides(tree, overrides, problems, SECTIONS, is_expanded=False)
    check_normalization(tree, replaced, problems)
    variables = resolve_variables(tree.get("variables"), problems)
    _check_tables(tree, problems)
    settled = tree.without("variables")
    for key in settled:
        if key not in ("layers", "blocks"):
            settled[key] = substitute(settled[key], variables, problems, (key,))
    settled = expand_blocks(settled, variables, problems).without("blocks")
    if not any(problem.code in ("NS020", "NS021", "NS022") for problem in problems):  # which may be their broken use
        check_use(tree.get("variables"), used | used_variables(tree), source.file, problems)
    apply_overrides(settled, later, problems, SECTIONS)
    settled, singular = _use_plurals(settled, problems)
    return Resolved(fill_dialect(settled), singular, tuple(files))


def resolve_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a plain dict, which may hold plug-in instances; raises SpecError."""
    problems: list[Problem] = []
    source = Source("<dict>", "", "json", FilePath())
    tree: Table = marked(value)
    result = resolve(tree, source, (), problems).tree
    if any(problem.severity == "error" for problem in problems):
        raise SpecError(problems)
    resolved: dict[str, Any] = plain(result)
    return resolved


def _copy(value: Any) -> Any:
    """A deep copy of tables and arrays; overrides write into it."""
    if isinstance(value, Table):
        table = Table(span=value.span)
        for key, item in value.items():
            table.put(key, _copy(item), value.key_spans.get(key), value.value_spans.get(key))
        return table
    if isinstance(value, Array):
        return Array([_copy(item) for item in value], value.span, value.item_spans)
    return value


def _check_tables(tree: Table, problems: list[Problem]) -> None:
    for key in ("variables", "blocks"):
        if key in tree and not isinstance(tree[key], Table):
            problems.append(error("NS103", (key,), tree.at_value(key), f"{key} is not a table", f"write [{key}]"))


def _use_plurals(tree: Table, problems: list[Problem]) -> tuple[Table, frozenset[str]]:
    """`[input]` → `[[inputs]]`, `[loss]` → `[[losses]]`, `[optimizer]` → `[[optimizers]]`, each with one entry."""
    singular = set()
    for one, many in PLURALS.items():
        if one not in tree:
            continue
        if many in tree:
            message, hint = f"there is {one} as well as {many}", f"keep [{one}] for one, or [[{many}]] for several"
            problems.append(error("NS108", (one,), tree.at_key(one), message, hint))
        elif isinstance(tree[one], list):
            hint = f"write [{one}] for one, [[{many}]] for several"
            problems.append(error("NS103", (one,), tree.at_key(one), f"{one} is a list", hint))
        elif tree[one] is not None:  # a dict may say None for nothing
            span = tree.value_spans.get(one)
            tree.put(many, Array([tree[one]], span, [span]), tree.key_spans.get(one), span)
            singular.add(many)
    return tree.without(*PLURALS), frozenset(singular)


def fill_dialect(tree: Table) -> Table:
    """Write the chosen framework's defaults into the plug-ins' tables, where they say nothing."""
    dialect = tree.get("dialect")
    if not isinstance(dialect, str) or dialect == "netspec":
        return tree
    span = tree.value_spans.get("dialect")
    for section, package in FAMILIES.items():
        entries = tree.get(section)
        for table in entries if isinstance(entries, list) else [entries]:
            if not isinstance(table, Table):
                continue
            kind = table.get("type")
            plugin = plugins(package).get(kind) if isinstance(kind, str) else None
            for key, value in (plugin.dialects.get(dialect, {}) if plugin else {}).items():
                if key not in table:
                    table.put(key, marked(value, span), span, span)
    return tree
