"""TOML text → tables that know their places, by tree-sitter; what cannot be read is passed over."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from netspec.editing.syntax import BROKEN, ArrayNode, Item, Pair, Section, TableNode, Tree
from netspec.spec.places import DEEPEST

KEYS = ("bare_key", "quoted_key", "dotted_key")
PLAIN_TEXT = re.compile(rb'"([^"\\\x00-\x1f]*)"')
INTEGER = re.compile(rb"[+-]?(0|[1-9][0-9]*)")


def read_toml(data: bytes) -> Tree:
    """The tables of a TOML text."""
    root = TableNode("root")
    top = Section(0, 0, 0, is_root=True)
    root.sections.append(top)
    reader = Reader(data)
    for node in _parser().parse(data).root_node.children:
        if node.type == "pair":
            reader.read_pair(node, root, top)
        elif node.type in ("table", "table_array_element"):
            reader.read_section(node, root)
    return Tree(data, "toml", root)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_toml.language()))


class Reader:
    """Reads the nodes of one text. It cuts texts out of `data`: asking the nodes for theirs takes ten times as long."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.depth = 0
        """Tables and arrays around the value that is being read; what is nested deeper than any spec is passed over."""

    def read_section(self, node: Node, root: TableNode) -> None:
        """A `[table]` or a `[[table]]` with its pairs."""
        children = node.children
        is_array = node.type == "table_array_element"
        bracket = "]]" if is_array else "]"
        keys = [key for child in children if child.type in KEYS for key in leaves(child)]
        closing = next((child for child in children if child.type == bracket), None)
        if not keys or closing is None or len(keys) > DEEPEST:
            return
        table = self._open(root, keys, is_array)
        if table is None:
            return
        end = closing.end_byte
        section = Section(node.start_byte, end, end)
        table.sections.append(section)
        self.depth = len(keys)
        for child in children:
            if child.type == "pair":
                self.read_pair(child, table, section)
        self.depth = 0

    def _open(self, root: TableNode, keys: list[Node], is_array: bool) -> TableNode | None:
        """The table that a header opens; None when its name is taken by something else."""
        owner: TableNode | None = root
        for key in keys[:-1]:
            owner = _enter(owner, self._key(key))
        name = self._key(keys[-1])
        if owner is None or not is_array:
            return _enter(owner, name)
        array = owner.setdefault(name, ArrayNode("tables"))
        if not isinstance(array, ArrayNode) or array.form != "tables":
            return None
        array.header = ".".join(self._text(key).decode(errors="replace") for key in keys)
        array.append(TableNode("section"))
        opened: TableNode = array[-1]
        return opened

    def read_pair(self, node: Node, table: TableNode, section: Section | None) -> None:
        """A pair in the body of a table; its place counts as the section's end, also when its key is given twice."""
        children = [child for child in node.children if child.type != "comment"]  # one behind the value belongs to it
        if section is not None and children:
            section.end = max(section.end, children[-1].end_byte)
        keys = leaves(children[0]) if children and children[0].type in KEYS else []
        if not keys or len(children) < 3 or self.depth + len(keys) > DEEPEST:
            return
        owner: TableNode | None = table
        prefix = b""
        for key in keys[:-1]:
            prefix += self._text(key) + b"."
            owner = _enter_dotted(owner, self._key(key), prefix.decode(errors="replace"), table)
        name = self._key(keys[-1])
        if owner is None or name in owner:
            return
        value = children[-1]
        comma = node.next_sibling if section is None else None
        at = comma.start_byte if comma is not None and comma.type == "," else None
        self.depth += len(keys)
        owner[name] = self._value(value)
        self.depth -= len(keys)
        owner.pairs[name] = Pair(node.start_byte, value.end_byte, value.start_byte, at)

    def _value(self, node: Node) -> Any:
        kind = node.type
        if self.depth > DEEPEST:
            return BROKEN
        if kind == "array":
            return self._array(node)
        if kind == "inline_table":
            table = TableNode("inline", node.start_byte, node.end_byte)
            for child in node.children:
                if child.type == "pair":
                    self.read_pair(child, table, None)
            return table
        return scalar(self._text(node))

    def _array(self, node: Node) -> ArrayNode:
        array = ArrayNode("inline", node.start_byte, node.end_byte)
        for child in node.children:
            if child.type == "," and array.items:
                last = array.items[-1]
                array.items[-1] = Item(last.start, last.end, child.start_byte)
            elif child.is_named and child.type not in ("comment", "ERROR"):
                array.items.append(Item(child.start_byte, child.end_byte))
                self.depth += 1
                array.append(self._value(child))
                self.depth -= 1
        return array

    def _text(self, node: Node) -> bytes:
        return self.data[node.start_byte : node.end_byte]

    def _key(self, node: Node) -> str:
        """A key without its quotes."""
        text = self._text(node).decode(errors="replace")
        if node.type == "quoted_key":
            try:
                return next(iter(tomllib.loads(f"{text} = 0")))
            except (tomllib.TOMLDecodeError, StopIteration):
                return text
        return text


def _enter(owner: TableNode | None, name: str) -> TableNode | None:
    """The table of a name, made on first sight; of an array of tables the last."""
    value = None if owner is None else owner.setdefault(name, TableNode("section"))
    if isinstance(value, ArrayNode):
        value = value[-1] if value else None
    return value if isinstance(value, TableNode) and value.form != "inline" else None


def _enter_dotted(owner: TableNode | None, name: str, prefix: str, host: TableNode) -> TableNode | None:
    if owner is None:
        return None
    if name not in owner:
        table = TableNode("dotted")
        table.prefix, table.host = prefix, host
        owner[name] = table
    value = owner[name]
    return value if isinstance(value, TableNode) and value.form == "dotted" else None


def scalar(text: bytes) -> Any:
    """A value that is neither a table nor an array; BROKEN when it is none."""
    if plain := PLAIN_TEXT.fullmatch(text):
        return plain[1].decode(errors="surrogatepass")
    if INTEGER.fullmatch(text):
        return int(text) if len(text) < 400 else BROKEN
    if text in (b"true", b"false"):
        return text == b"true"
    try:
        return tomllib.loads(f"x = {text.decode()}")["x"]
    except ValueError:  # half a string, an unknown word, or bytes that are no text
        return BROKEN


def leaves(node: Node) -> list[Node]:
    """The parts of a dotted key, in order; tree-sitter nests them to the left."""
    found: list[Node] = []
    while node.type == "dotted_key":
        keys = [child for child in node.children if child.type in KEYS]
        found += reversed(keys[1:])
        node = keys[0]
    return [node, *reversed(found)]

