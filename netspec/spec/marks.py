"""Tables and arrays that know where each of their keys and values stands in the text.

They survive every rewriting of the tree (`extends`, variables, blocks, overrides), so that an error found at the very
end still points to the line that was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netspec.problems import Path, Span


class Table(dict[str, Any]):
    """A table of the spec: a dict with the places of its header, keys and values."""

    __slots__ = ("key_spans", "replaced", "span", "value_spans")

    def __init__(self, items: Mapping[str, Any] | None = None, span: Span | None = None) -> None:
        super().__init__(items or {})
        self.span = span
        self.key_spans: dict[str, Span | None] = {}
        self.value_spans: dict[str, Span | None] = {}
        self.replaced: Table | None = None
        """The base's table that this one stands in the place of, as its `type` is another."""

    def put(self, key: str, value: Any, key_span: Span | None, value_span: Span | None) -> None:
        """Set a key together with its places."""
        self[key] = value
        self.key_spans[key], self.value_spans[key] = key_span, value_span

    def take(self, other: Table, key: str) -> None:
        """Set a key to what it is in another table, places included."""
        self.put(key, other[key], other.key_spans.get(key), other.value_spans.get(key))

    def without(self, *keys: str) -> Table:
        """A copy that lacks these keys."""
        copy = Table(span=self.span)
        copy.replaced = self.replaced
        for key in self:
            if key not in keys:
                copy.take(self, key)
        return copy

    def at_key(self, key: str) -> Span | None:
        """Where the key is written; the table's own place when the key is not there."""
        return self.key_spans.get(key) or self.value_spans.get(key) or self.span

    def at_value(self, key: str) -> Span | None:
        """Where the key's value is written; the table's own place when the key is not there."""
        return self.value_spans.get(key) or self.key_spans.get(key) or self.span


class Array(list[Any]):
    """An array of the spec: a list with its own place and those of its items."""

    __slots__ = ("item_spans", "span")

    def __init__(
        self, items: Iterable[Any] = (), span: Span | None = None, item_spans: Iterable[Span | None] = ()
    ) -> None:
        super().__init__(items)
        self.span = span
        self.item_spans = list(item_spans)

    def add(self, value: Any, span: Span | None) -> None:
        """Append an item with its place."""
        self.item_spans += [None] * (len(self) - len(self.item_spans))
        self.append(value)
        self.item_spans.append(span)

    def at_item(self, index: int) -> Span | None:
        """Where an item is written; the array's own place when there is no such item."""
        return (self.item_spans[index] if 0 <= index < len(self.item_spans) else None) or self.span


def marked(value: Any, span: Span | None = None) -> Any:
    """Plain dicts and lists → Tables and Arrays, all of them at one place (or none)."""
    if isinstance(value, Table | Array):
        return value
    if isinstance(value, Mapping):
        table = Table(span=span)
        for key, item in value.items():
            table.put(str(key), marked(item, span), span, span)
        return table
    if isinstance(value, list | tuple):
        return Array([marked(item, span) for item in value], span, [span] * len(value))
    return value


def rewrite(
    value: Any, leaf: Callable[[Any, Span | None, Path], Any], span: Span | None = None, path: Path = ()
) -> Any:
    """A deep copy in which every scalar is `leaf(scalar, its place, its path)`; places are kept."""
    if isinstance(value, Table):
        table = Table(span=value.span)
        for key, item in value.items():
            at = value.value_spans.get(key)
            table.put(key, rewrite(item, leaf, at, (*path, key)), value.key_spans.get(key), at)
        return table
    if isinstance(value, Array):
        items = [rewrite(item, leaf, value.at_item(i), (*path, i)) for i, item in enumerate(value)]
        return Array(items, value.span, value.item_spans)
    return leaf(value, span, path)


def plain(value: Any) -> Any:
    """Tables and Arrays → plain dicts and lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def locate(tree: Any, path: Path, *, key: bool = False) -> Span | None:
    """Where the value (or the last key) of a path is written; the nearest enclosing place when it is not."""
    span: Span | None = tree.span if isinstance(tree, Table | Array) else None
    for depth, step in enumerate(path):
        is_last = depth == len(path) - 1
        if isinstance(tree, Table) and isinstance(step, str) and step in tree:
            found = tree.at_key(step) if key and is_last else tree.at_value(step)
            tree = tree[step]
        elif isinstance(tree, Array) and (index := item_index(tree, step)) is not None:
            found, tree = tree.at_item(index), tree[index]
        else:
            break
        span = found or span
    return span


def item_index(array: Array, step: str | int) -> int | None:
    """Index of an item given by number, or by its `name` (else its `type`); None when there is none."""
    if isinstance(step, int) or step.isdecimal():
        index = int(step)
        return index if index < len(array) else None
    for field in ("name", "type"):
        for index, item in enumerate(array):
            if isinstance(item, dict) and item.get(field) == step:
                return index
    return None
