"""`remove = ["avgpool", "classifier.*"]` in a patch: before: a base → after: the base without these layers."""

from __future__ import annotations

from fnmatch import fnmatchcase

from netspec.problems import Problem, error
from netspec.spec.marks import Array, Table
from netspec.spec.suggest import question


def remove_layers(base: Table, patch: Table, problems: list[Problem]) -> Table:
    """The base without the layers and uses of blocks that the patch's `remove` names, each by name, group or glob.

    "classifier" covers "classifier.0", "classifier.1", …; only entries of the base's own list `layers` can go, since a layer
    inside of a block is missing in all its copies, or in none.
    """
    patterns, layers = patch["remove"], base.get("layers")
    if not isinstance(patterns, list) or not all(isinstance(item, str) for item in patterns):
        message, hint = "remove must be a list of names", 'write remove = ["avgpool", "fc"]'
        problems.append(error("NS011", ("remove",), patch.at_value("remove"), message, hint))
        return base
    entries = layers if isinstance(layers, Array) else Array()
    names = [str(entry.get("name")) if isinstance(entry, Table) else "" for entry in entries]
    gone = set()
    for index, pattern in enumerate(patterns):
        matched = {place for place, name in enumerate(names) if is_meant(pattern, name)}
        gone |= matched
        if not matched:
            span = patterns.at_item(index) if isinstance(patterns, Array) else patch.at_value("remove")
            message = f"the base has no layer {pattern!r} to remove"
            hint = question(pattern, [name for name in names if name], what="the base has")
            problems.append(error("NS011", ("remove",), span, message, hint))
    kept = [place for place in range(len(names)) if place not in gone]
    result = base.without()
    if gone:
        left = Array([entries[place] for place in kept], entries.span, [entries.at_item(place) for place in kept])
        result.put("layers", left, base.key_spans.get("layers"), base.value_spans.get("layers"))
    return result


def is_meant(pattern: str, name: str) -> bool:
    """Whether a pattern names an entry: itself, what it begins before a dot, or what it matches as a glob."""
    return name == pattern or name.startswith(f"{pattern}.") or fnmatchcase(name, pattern)
