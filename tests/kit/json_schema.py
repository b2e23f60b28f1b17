"""As much of JSON Schema as netspec's own schema uses, to check specs against it as an editor does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
BOUNDS = {
    "minimum": lambda value, bound: value >= bound, "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound, "exclusiveMaximum": lambda value, bound: value < bound,
}  # fmt: skip


def faults(value: Any, part: Mapping[str, Any], root: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """What an editor would underline: a path and the rule that is broken."""
    if "$ref" in part:
        yield from faults(value, root["$defs"][part["$ref"].rpartition("/")[2]], root, path)
        return
    if "type" in part and not _is_of(value, part["type"]):
        yield f"{path}: is no {part['type']}"
        return
    if "const" in part and value != part["const"]:
        yield f"{path}: is not {part['const']}"
    if "enum" in part and value not in part["enum"]:
        yield f"{path}: is none of {part['enum']}"
    if "anyOf" in part and all(any(True for _ in faults(value, item, root, path)) for item in part["anyOf"]):
        yield f"{path}: fits none of {len(part['anyOf'])}"
    yield from _scalar_faults(value, part, path)
    if isinstance(value, dict):
        yield from _table_faults(value, part, root, path)
    if isinstance(value, list):
        yield from _list_faults(value, part, root, path)


def _is_of(value: Any, kinds: str | list[str]) -> bool:
    names = [kinds] if isinstance(kinds, str) else kinds
    return any(isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in names)


def _scalar_faults(value: Any, part: Mapping[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        bounds = {key: holds for key, holds in BOUNDS.items() if key in part}
        yield from (f"{path}: {key} {part[key]}" for key, holds in bounds.items() if not holds(value, part[key]))
    if isinstance(value, str) and "pattern" in part and not re.search(part["pattern"], value):
        yield f"{path}: is not like {part['pattern']}"


def _table_faults(value: dict[str, Any], part: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    known = part.get("properties", {})
    yield from (f"{path}.{key}: is missing" for key in part.get("required", ()) if key not in value)
    for key, item in value.items():
        rule = known.get(key, part.get("additionalProperties", True))
        if rule is False:
            yield f"{path}.{key}: is unknown"
        elif rule is not True:
            yield from faults(item, rule, root, f"{path}.{key}")


def _list_faults(value: list[Any], part: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    fixed = part.get("prefixItems", ())
    if not part.get("minItems", 0) <= len(value) <= part.get("maxItems", len(value)):
        yield f"{path}: has {len(value)} items"
    for index, item in enumerate(value):
        rule = fixed[index] if index < len(fixed) else part.get("items", {})
        yield from faults(item, rule, root, f"{path}[{index}]")
