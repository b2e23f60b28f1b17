"""`--set optimizer.lr=0.01`: before: a tree → after: the tree with values set from the command line."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Sequence
from typing import Any

from netspec.problems import Problem, Span, error
from netspec.spec.marks import Array, Table, item_index, marked
from netspec.spec.suggest import FOREIGN_KEYS, foreign, question


def apply_overrides(
    tree: Table, overrides: Iterable[str], problems: list[Problem], sections: Sequence[str], *, is_expanded: bool = True
) -> list[str]:
    """Set each `path=value` in the tree; returns those that name a layer which blocks have yet to make."""
    later = []
    for text in overrides:
        path, equals, value = text.partition("=")
        keys = [key.strip() for key in path.strip().split(".")]
        span = Span(f"--set {text}", 0, 1, len(text) + 1, text)
        if not equals or not all(keys):
            message, hint = f"{text!r} is not path=value", "write --set optimizer.lr=0.01"
            problems.append(error("NS041", (), span, message, hint))
        elif keys[0] not in sections:
            names = foreign(keys[0], FOREIGN_KEYS, sections)
            hint = f"netspec calls it {' or '.join(names)}" if names else question(keys[0], sections, what="sections")
            problems.append(error("NS040", (keys[0],), span, f"there is no {keys[0]}", hint))
        elif keys[0] == "variables" and len(keys) > 1 and not is_expanded and keys[1] not in _variables(tree):
            hint = question(keys[1], _variables(tree), what="variables")
            message = f"there is no variable {keys[1]} under [variables]"
            problems.append(error("NS040", ("variables", keys[1]), span, message, hint))
        elif keys[0] == "layers" and not is_expanded and _is_made_by_block(tree, keys):
            later.append(text)
        else:
            _set(tree, keys, parse_value(value.strip()), span, problems)
    return later


def _variables(tree: Table) -> list[str]:
    """Names that [variables] declares: only those can be set, because nothing would read another one."""
    variables = tree.get("variables")
    return list(variables) if isinstance(variables, Table) else []


def parse_value(text: str) -> Any:
    """A TOML value, else the text itself; dates are text."""
    try:
        values = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return text
    value = values.get("value")
    return text if len(values) != 1 or isinstance(value, datetime.date | datetime.time) else value


def _set(tree: Table, keys: list[str], value: Any, span: Span, problems: list[Problem]) -> None:
    if keys[0] == "layers":
        found = _layer(tree, keys)
        if found is None:
            layers = tree.get("layers")
            entries = layers if isinstance(layers, list) else []
            names = [str(item["name"]) for item in entries if isinstance(item, dict) and "name" in item]
            if len(keys) == 1:
                hint = f"name one, and its key: --set layers.{names[0] if names else 'NAME'}.frozen=true"
                problems.append(error("NS040", ("layers",), span, "the list of all layers cannot be set here", hint))
                return
            wanted = ".".join(keys[1:-1]) or keys[-1]
            hint = question(wanted, names, what="layers")
            problems.append(error("NS040", ("layers",), span, f"there is no layer {wanted}", hint))
            return
        table, keys = found
    else:
        table, keys = _section(tree, keys)
    if keys == ["size"] and isinstance(table.get("shape"), list):
        _set_size(table, value, span, problems)
    elif not keys:
        problems.append(error("NS040", (), span, "this names a whole layer", "add the key: layers.NAME.key=value"))
    else:
        _put(table, keys, value, span, problems)


def _is_made_by_block(tree: Table, keys: list[str]) -> bool:
    """Whether the path may lead to a layer inside a block: `layers.stage1.0.conv1.stride`."""
    found = _layer(tree, keys)
    if found is None:
        return "blocks" in tree
    use, inner = found
    return use.get("type") == "block" and len(inner) > 1 and inner[0] not in ("first", "each")


def _layer(tree: Table, keys: list[str]) -> tuple[Table, list[str]] | None:
    """The layer with the longest name that begins the path (names may hold dots), and the keys behind it."""
    layers = tree.get("layers")
    for end in range(len(keys), 1, -1):
        index = item_index(layers, ".".join(keys[1:end])) if isinstance(layers, Array) else None
        if isinstance(layers, Array) and index is not None and isinstance(layers[index], Table):
            return layers[index], keys[end:]
    return None


def _section(tree: Table, keys: list[str]) -> tuple[Table, list[str]]:
    """Of `optimizers.adam.lr` or `inputs.left.size` the table and the last keys; of other paths the tree itself."""
    entries = tree.get(keys[0])
    if isinstance(entries, Array) and len(keys) > 2:
        index = item_index(entries, keys[1])
        if index is not None and isinstance(entries[index], Table):
            return entries[index], keys[2:]
    if isinstance(entries, Table) and len(keys) > 1:
        return entries, keys[1:]
    return tree, keys


def _put(table: Table, keys: list[str], value: Any, span: Span, problems: list[Problem]) -> None:
    for key in keys[:-1]:
        inner = table.get(key)
        if inner is None:
            table.put(key, Table(span=span), span, span)
        elif not isinstance(inner, Table):
            message = f"{key} is not a table, so it has no {keys[-1]}"
            problems.append(error("NS040", (), span, message, f"set {key} itself"))
            return
        table = table[key]
    table.put(keys[-1], marked(value, span), span, span)


def _set_size(table: Table, value: Any, span: Span, problems: list[Problem]) -> None:
    """`input.size=64`: height and width of a [C, H, W] input."""
    shape = table["shape"]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message, hint = f"size is {value!r}, but must be a whole number from 1", "write --set input.size=64"
        problems.append(error("NS040", ("input",), span, message, hint))
    elif len(shape) != 3:
        message = f"size sets H and W of a [C, H, W] input, but the shape is {list(shape)}"
        problems.append(error("NS040", ("input",), span, message, "set input.shape instead"))
    else:
        table.put("shape", Array([shape[0], value, value], span, [span] * 3), span, span)
