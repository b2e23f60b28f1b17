"""Words of a text with their styles, by tree-sitter; after an edit only what changed is parsed again.

Positions are Qt's: UTF-16 units, which is also what tree-sitter is given to read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import tree_sitter_json
import tree_sitter_toml
from tree_sitter import Language, Node, Parser, Point, Query, QueryCursor, Tree

from netspec.registry import plugins
from netspec.spec.source import Format

QUERY = {
    "toml": """
        (comment) @comment
        (string) @string
        [(integer) (float)] @number
        [(boolean) (offset_date_time) (local_date_time) (local_date) (local_time)] @constant
        (pair [(bare_key) (quoted_key)] @key) (dotted_key [(bare_key) (quoted_key)] @key)
        (table [(bare_key) (quoted_key) (dotted_key)] @section)
        (table_array_element [(bare_key) (quoted_key) (dotted_key)] @section)
    """,
    "json": """
        (string) @string
        (number) @number
        [(true) (false) (null)] @constant
        (pair key: (string) @key)
    """,
}
ORDER = ("string", "number", "constant", "key", "section", "comment", "expression", "type")
"""Later ones win."""
EXPRESSION = re.compile(r"\$\{[^}]*\}?")
FAMILIES = ("layers", "losses", "optimizers")
UNIT = 2
"""Bytes of a position."""


@dataclass(frozen=True)
class Token:
    """A piece of one line. style: one of ORDER; name: the plug-in that a type names."""

    column: int
    length: int
    style: str
    name: str = ""


class Syntax:
    """The parsed text."""

    def __init__(self, format: Format) -> None:
        self._parser, self._query = _parser(format), _query(format)
        self._data = b""
        self._tree: Tree = self._parser.parse(b"", encoding="utf16le")

    def replace(self, text: str, position: int, removed: int, added: int) -> set[int]:
        """Take over a text that differs from the one before in one place; the lines whose meaning changed."""
        data = text.encode("utf-16-le", errors="surrogatepass")
        start, old_end, new_end = position * UNIT, (position + removed) * UNIT, (position + added) * UNIT
        fits = old_end <= len(self._data) and new_end <= len(data)
        if not fits or len(self._data) - old_end != len(data) - new_end:
            return self.read(text)
        before = self._tree
        begin = _point(data, start)
        before.edit(start, old_end, new_end, begin, _point(self._data, old_end), _point(data, new_end))
        self._data = data
        self._tree = self._parser.parse(data, before, encoding="utf16le")
        rows = {row for change in before.changed_ranges(self._tree) for row in _rows(change.start_point, change.end_point)}
        return rows | set(range(begin.row, _point(data, new_end).row + 1))

    def read(self, text: str) -> set[int]:
        """Take over another text; all its lines."""
        self._data = text.encode("utf-16-le", errors="surrogatepass")
        self._tree = self._parser.parse(self._data, encoding="utf16le")
        return set(range(self._tree.root_node.end_point.row + 1))

    def tokens(self, first: int, last: int) -> dict[int, list[Token]]:
        """Tokens of the lines first … last, by line; those to be painted on top come last."""
        cursor = QueryCursor(self._query)
        cursor.set_point_range(Point(first, 0), Point(last + 1, 0))
        found = cursor.captures(self._tree.root_node)
        by_row: dict[int, list[Token]] = defaultdict(list)
        for style in ORDER:
            for node in found.get(style, ()):
                self._add(by_row, node, style, first, last)
        self._add_inner(by_row, found.get("string", ()), first, last)
        return {row: sorted(tokens, key=_rank) for row, tokens in by_row.items()}

    def _add(self, by_row: dict[int, list[Token]], node: Node, style: str, first: int, last: int) -> None:
        for row in range(max(node.start_point.row, first), min(node.end_point.row, last) + 1):
            begin = node.start_point.column // UNIT if row == node.start_point.row else 0
            end = node.end_point.column // UNIT if row == node.end_point.row else 1 << 20
            by_row[row].append(Token(begin, end - begin, style))

    def _add_inner(self, by_row: dict[int, list[Token]], strings: Iterable[Node], first: int, last: int) -> None:
        """Types and expressions in strings of one line."""
        for node in strings:
            row, column = node.start_point.row, node.start_point.column // UNIT
            if row != node.end_point.row or not first <= row <= last:
                continue
            text = self._text(node)
            if "${" in text:
                for match in EXPRESSION.finditer(text):
                    by_row[row].append(Token(column + match.start(), len(match[0]), "expression"))
            elif (name := text.strip("\"'")) in _types() and self._key_of(node) == "type":
                by_row[row].append(Token(column, len(text), "type", name))

    def _key_of(self, value: Node) -> str:
        pair = value.parent
        key = pair.children[0] if pair is not None and pair.type == "pair" and pair.children else None
        return self._text(key).strip("\"'") if key is not None and key.start_byte != value.start_byte else ""

    def _text(self, node: Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode("utf-16-le", errors="replace")


def _rank(token: Token) -> tuple[int, int]:
    return ORDER.index(token.style), token.column


def _point(data: bytes, byte: int) -> Point:
    """Row and column (in bytes) of a place; rows end with a line feed, one unit of two bytes."""
    rows, last, place = 0, 0, data.find(b"\n\0", 0, byte)
    while place >= 0:
        if place % UNIT == 0:
            rows, last = rows + 1, place + UNIT
        place = data.find(b"\n\0", place + 1, byte)
    return Point(rows, byte - last)


def _rows(start: Point, end: Point) -> range:
    return range(start.row, end.row + 1)


@cache
def _parser(format: Format) -> Parser:
    return Parser(_language(format))


@cache
def _query(format: Format) -> Query:
    return Query(_language(format), QUERY[format])


@cache
def _language(format: Format) -> Language:
    return Language(tree_sitter_toml.language() if format == "toml" else tree_sitter_json.language())


@cache
def _types() -> frozenset[str]:
    return frozenset(name for family in FAMILIES for name in plugins(f"netspec.{family}"))
