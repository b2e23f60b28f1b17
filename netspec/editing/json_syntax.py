"""JSON text → tables that know their places, by tree-sitter; what cannot be read is passed over."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from netspec.editing.syntax import BROKEN, ArrayNode, Item, Pair, TableNode, Tree
from netspec.spec.places import DEEPEST


def read_json(data: bytes) -> Tree:
    """The tables of a JSON text; an empty one when it holds no object."""
    document = _parser().parse(data).root_node
    objects = [child for child in document.children if child.type == "object"]
    root = _object(objects[0], 0) if objects else TableNode("inline")
    return Tree(data, "json", root)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_json.language()))


def _value(node: Node, depth: int) -> Any:
    """depth: tables and arrays around it; what is nested deeper than any spec is passed over."""
    if depth > DEEPEST:
        return BROKEN
    if node.type == "object":
        return _object(node, depth)
    if node.type == "array":
        return _array(node, depth)
    try:
        return json.loads(node.text or b"")
    except ValueError:
        return BROKEN


def _object(node: Node, depth: int) -> TableNode:
    table = TableNode("inline", node.start_byte, node.end_byte)
    for child in node.children:
        if child.type == "pair":
            _read_pair(child, table, depth + 1)
    return table


def _read_pair(node: Node, table: TableNode, depth: int) -> None:
    key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
    if key is None or value is None:
        return
    try:
        name = str(json.loads(key.text or b'""'))
    except ValueError:
        return
    following = node.next_sibling
    comma = following.start_byte if following is not None and following.type == "," else None
    if name not in table:
        table[name] = _value(value, depth)
        table.pairs[name] = Pair(node.start_byte, node.end_byte, value.start_byte, comma)


def _array(node: Node, depth: int) -> ArrayNode:
    array = ArrayNode("inline", node.start_byte, node.end_byte)
    for child in node.children:
        if child.type == "," and array.items:
            last = array.items[-1]
            array.items[-1] = Item(last.start, last.end, child.start_byte)
        elif child.is_named and child.type not in ("comment", "ERROR"):
            array.items.append(Item(child.start_byte, child.end_byte))
            array.append(_value(child, depth + 1))
    return array
