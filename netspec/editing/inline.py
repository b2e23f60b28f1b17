"""Inline tables and arrays of TOML, objects and arrays of JSON: the old text with only the changes worked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netspec.editing.commented import has_comments, lines_of_items
from netspec.editing.syntax import ArrayNode, Item, TableNode, Tree
from netspec.editing.values import spell_lines, spell_pair, spell_value


@dataclass(frozen=True)
class Part:
    """One entry of the result: an old one (by its number) whose text may have changed, or a new one."""

    text: str
    old: int | None = None


def is_same(value: Any, original: Any) -> bool:
    """Whether a value is the one that was written: the same table or array, or an equal scalar of the same type."""
    if isinstance(value, dict | list) or isinstance(original, dict | list):
        return value is original
    return type(value) is type(original) and bool(value == original)


def write_inline(tree: Tree, value: Any, indent: str) -> str:
    """The text of a value in an inline place; an old table or array keeps its text where it did not change."""
    if isinstance(value, TableNode) and value.form == "inline" and value.end:
        return _write_table(tree, value)
    if isinstance(value, ArrayNode) and value.form == "inline" and value.end:
        return _write_array(tree, value)
    return spell(tree, value, indent)


def spell(tree: Tree, value: Any, indent: str) -> str:
    """A new value; lists of tables get a line for each."""
    if tree.format == "json":
        is_short = not isinstance(value, list) or not any(isinstance(item, dict) for item in value)
        return spell_value(value, "json") if is_short else _own_lines(tree, spell_lines(value, indent, "  "))
    if isinstance(value, list) and len(value) > 1 and all(isinstance(item, dict) for item in value):
        lines = [f"{indent}  {spell_value(item, 'toml')}," for item in value]
        return _own_lines(tree, "[\n" + "\n".join(lines) + f"\n{indent}]")
    return spell_value(value, "toml")


def _own_lines(tree: Tree, text: str) -> str:
    return text.replace("\n", tree.newline)


def _write_table(tree: Tree, table: TableNode) -> str:
    keys = sorted(table.pairs, key=lambda key: table.pairs[key].start)
    if any(key not in table.pairs for key in table.original):
        return _write_dotted(tree, table)
    items = [Item(table.pairs[key].start, table.pairs[key].end, table.pairs[key].comma) for key in keys]
    parts = [Part(_write_pair(tree, table, key), index) for index, key in enumerate(keys) if key in table]
    new = [key for key in table if key not in table.original]
    fresh = [_new_pair(tree, key, table[key], items) for key in new]
    return _join(tree, table.start, table.end, items, [*parts, *map(Part, fresh)])


def _write_dotted(tree: Tree, table: TableNode) -> str:
    """A table with dotted keys inside is written anew when something in it changed."""
    return tree.text(table.start, table.end) if _is_unchanged(table) else spell(tree, table, "")


def _is_unchanged(table: TableNode) -> bool:
    return table.keys() == table.original.keys() and all(
        is_same(table[key], table.original[key])
        and (not isinstance(table[key], TableNode) or _is_unchanged(table[key]))
        and (not isinstance(table[key], list) or list(table[key]) == table[key].original)
        for key in table
    )


def _write_pair(tree: Tree, table: TableNode, key: str) -> str:
    pair, value = table.pairs[key], table[key]
    if is_same(value, table.original[key]) and not isinstance(value, dict | list):
        return tree.text(pair.start, pair.end)
    return tree.text(pair.start, pair.value_start) + write_inline(tree, value, indent_at(tree, pair.start))


def _new_pair(tree: Tree, key: str, value: Any, items: Sequence[Item]) -> str:
    if tree.format == "json" and items and _starts_line(tree, items[0].start):
        indent = indent_at(tree, items[0].start)
        return f"{spell_pair(key, 0, 'json')[:-1]}{spell(tree, value, indent)}"
    return spell_pair(key, value, tree.format)


def _write_array(tree: Tree, array: ArrayNode) -> str:
    parts, place = [], 0
    for index, value in enumerate(array):
        rest = range(place, len(array.original))
        old = next((at for at in rest if is_same(value, array.original[at])), None)
        if old is not None:
            parts.append(_part(tree, array, value, old))
            place = old + 1
        elif place in rest and not any(is_same(later, array.original[place]) for later in array[index + 1 :]):
            parts.append(Part(_new_item(tree, array, value), place))  # in the place of one that goes
            place += 1
        else:
            parts.append(Part(_new_item(tree, array, value)))
    return _join(tree, array.start, array.end, array.items, parts)


def _part(tree: Tree, array: ArrayNode, value: Any, old: int) -> Part:
    item = array.items[old]
    is_scalar = not isinstance(value, dict | list)
    text = tree.text(item.start, item.end) if is_scalar else write_inline(tree, value, indent_at(tree, item.start))
    return Part(text, old)


def _new_item(tree: Tree, array: ArrayNode, value: Any) -> str:
    """A new item, written over several lines where its neighbours are."""
    if tree.format == "json" and isinstance(value, dict) and array.items:
        first = array.items[0]
        if "\n" in tree.text(first.start, first.end):
            indent = indent_at(tree, first.start)
            outer = indent_at(tree, array.end - 1)
            unit = indent[len(outer) :] if indent.startswith(outer) and indent != outer else "  "
            return _own_lines(tree, spell_lines(value, indent, unit))
    return spell_value(value, tree.format)


def _join(tree: Tree, start: int, end: int, items: Sequence[Item], parts: Sequence[Part]) -> str:
    """Entries between brackets, with the old text between those that stay neighbours."""
    if [part.old for part in parts] == list(range(len(items))):
        return _join_unchanged(tree, start, end, items, parts)
    if items and all(_has_own_lines(tree, item) for item in items):
        return _join_lines(tree, start, end, items, parts)
    if not items:
        return _fill(tree, start, end, parts)
    return _join_row(tree, start, end, items, parts)


def _join_unchanged(tree: Tree, start: int, end: int, items: Sequence[Item], parts: Sequence[Part]) -> str:
    """The same entries in the same order: only their own texts may differ."""
    text, place = "", start
    for item, part in zip(items, parts, strict=True):
        text += tree.text(place, item.start) + part.text
        place = item.end
    return text + tree.text(place, end)


def _fill(tree: Tree, start: int, end: int, parts: Sequence[Part]) -> str:
    """Entries into empty brackets; comments that stand there stay."""
    opening, inside, closing = tree.text(start, start + 1), tree.text(start + 1, end - 1), tree.text(end - 1, end)
    texts = [part.text for part in parts]
    if inside.strip() or (tree.format == "json" and any("\n" in text for text in texts)):
        indent = indent_at(tree, end - 1) + "  "
        lines = f",{tree.newline}{indent}".join(texts)
        head = inside.rstrip() if inside.strip() else ""
        return f"{opening}{head}{tree.newline}{indent}{lines}{tree.newline}{indent[:-2]}{closing}"
    pad = " " if opening == "{" and tree.format == "toml" else ""
    return f"{opening}{pad}{', '.join(texts)}{pad}{closing}"


def _join_row(tree: Tree, start: int, end: int, items: Sequence[Item], parts: Sequence[Part]) -> str:
    """Entries on one line, or several on each of some lines."""
    places = [start + 1, *(place for item in items for place in (item.start, item.end)), end - 1]
    gaps = [tree.text(*pair) for pair in zip(places[::2], places[1::2], strict=True)]
    if has_comments(gaps):
        return _join_commented(tree, start, items, gaps, parts)
    if not parts:
        return tree.text(start, start + 1) + tree.text(end - 1, end)
    text = tree.text(start, items[0].start)
    before: int | None = None
    for number, part in enumerate(parts):
        if number:
            is_neighbour = part.old is not None and before is not None and part.old == before + 1
            text += tree.text(items[before or 0].end, items[(before or 0) + 1].start) if is_neighbour else ", "
        text += part.text
        before = part.old
    last = items[-1]
    return text + tree.text(last.end if last.comma is None else last.comma, end)


def _join_commented(tree: Tree, start: int, items: Sequence[Item], gaps: Sequence[str], parts: Sequence[Part]) -> str:
    """Entries of an array with comments among them, a line for each."""
    outer = indent_at(tree, start)
    indent = next((indent_at(tree, item.start) for item in items if _starts_line(tree, item.start)), f"{outer}  ")
    head, lines = lines_of_items(gaps, [(part.text, part.old) for part in parts])
    inside = "".join(f"{tree.newline}{indent}{line}" for line in lines)
    return f"[{head}{inside}{tree.newline}{outer}]" if head or lines else "[]"


def _join_lines(tree: Tree, start: int, end: int, items: Sequence[Item], parts: Sequence[Part]) -> str:
    """Entries with lines of their own: the lines of those that go disappear with their comments."""
    chunks = [(_line_start(tree, item.start), _line_end(tree, item.end if item.comma is None else item.comma + 1, end))
              for item in items]  # fmt: skip
    indent = indent_at(tree, items[0].start)
    ends_with_comma = items[-1].comma is not None
    text, place = tree.text(start, chunks[0][0]), chunks[0][0]
    text += "" if text.endswith("\n") else tree.newline
    following = 0
    for number, part in enumerate(parts):
        comma = "," if ends_with_comma or number < len(parts) - 1 else ""
        if part.old is None:
            text += f"{indent}{part.text}{comma}{tree.newline}"
            continue
        for skipped in range(following, part.old):  # comments between entries stay
            text += tree.text(place, chunks[skipped][0])
            place = chunks[skipped][1]
        text += tree.text(place, chunks[part.old][0])
        text += _line(tree, items[part.old], chunks[part.old], part.text, comma)
        place, following = chunks[part.old][1], part.old + 1
    for skipped in range(following, len(items)):
        text += tree.text(place, chunks[skipped][0])
        place = chunks[skipped][1]
    return text + tree.text(place, end)


def _line(tree: Tree, item: Item, chunk: tuple[int, int], text: str, comma: str) -> str:
    """The line (or lines) of an entry that stays: its indentation, its text, its comma, its comment."""
    head = tree.text(chunk[0], item.start)
    if item.comma is None:
        tail = comma + tree.text(item.end, chunk[1])
    else:
        tail = tree.text(item.end, item.comma) + comma + tree.text(item.comma + 1, chunk[1])
    return head + text + (tail if tail.endswith("\n") else tail + tree.newline)


def _has_own_lines(tree: Tree, item: Item) -> bool:
    behind = item.end if item.comma is None else item.comma + 1
    rest = tree.data[behind : _line_end(tree, behind, len(tree.data))].decode(errors="replace").strip()
    return _starts_line(tree, item.start) and (not rest or rest.startswith("#"))


def _starts_line(tree: Tree, position: int) -> bool:
    return not tree.data[_line_start(tree, position) : position].strip()


def _line_start(tree: Tree, position: int) -> int:
    return tree.data.rfind(b"\n", 0, position) + 1


def _line_end(tree: Tree, position: int, limit: int) -> int:
    """Behind the line feed that ends a line; at most `limit`."""
    found = tree.data.find(b"\n", position)
    return limit if found < 0 or found + 1 > limit else found + 1


def indent_at(tree: Tree, position: int) -> str:
    """The white space with which a line starts."""
    line = tree.text(_line_start(tree, position), position)
    return line[: len(line) - len(line.lstrip())]
