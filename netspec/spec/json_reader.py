"""JSON: values by the standard library, places and duplicate keys by tree-sitter."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from netspec.problems import Problem, Span, SpecError, error
from netspec.spec.places import Place, attach
from netspec.spec.source import Source


def read_json(source: Source) -> Any:
    """The text as Tables and Arrays; raises SpecError for a syntax error and for duplicate keys."""
    try:
        values = json.loads(source.text)
    except json.JSONDecodeError as problem:
        raise SpecError([_syntax_error(source, problem)]) from None
    except ValueError:  # int() complains about 5,000 digits
        raise SpecError([_long_number(source)]) from None
    duplicates: list[Problem] = []
    place = _read(source, _document(source.text), duplicates)
    if duplicates:
        raise SpecError(duplicates)
    return attach(values, place)


def _document(text: str) -> Node:
    """The one value of the text."""
    root = _parser().parse(text.encode(errors="surrogatepass")).root_node
    return next((child for child in root.children if child.is_named), root)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_json.language()))


def _read(source: Source, node: Node, duplicates: list[Problem]) -> Place:
    place = Place(value=_span(source, node))
    if node.type == "array":
        place.items = [_read(source, child, duplicates) for child in node.children if child.is_named]
    elif node.type == "object":
        for pair in node.children:
            if pair.type == "pair":
                _read_pair(source, pair, place, duplicates)
    return place


def _read_pair(source: Source, pair: Node, table: Place, duplicates: list[Problem]) -> None:
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    if key is None or value is None:
        return
    name, span = str(json.loads(key.text or b'""')), _span(source, key)
    first = table.fields.get(name)
    if first is not None and first.key is not None:
        message = f'the key "{name}" was already given in line {first.key.line}'
        duplicates.append(error("NS005", (), span, message, "keep one of the two"))
    inner = _read(source, value, duplicates)
    inner.key = span
    table.fields[name] = inner


def _span(source: Source, node: Node) -> Span:
    return source.span_of_points(node.start_point, node.end_point)


def _syntax_error(source: Source, problem: json.JSONDecodeError) -> Problem:
    """The decoder's complaint in the user's words."""
    rest = source.text[problem.pos : problem.pos + 40]
    message, hint = _in_words(problem.msg, rest)
    word = re.match(r"[\w.+-]+", rest)
    width = len(word[0]) if word else 1
    return error("NS004", (), source.span(problem.lineno, problem.colno, problem.colno + width), message, hint)


def _in_words(what: str, rest: str) -> tuple[str, str]:
    word = re.match(r"[A-Za-z_]+", rest)
    if what.startswith("Expecting property name") or what.startswith("Illegal trailing comma"):
        if rest.startswith("'"):
            return "a key must stand in double quotes", "write \"key\", not 'key'"
        return "a key in double quotes must follow here", "delete the comma before }, or put the key into double quotes"
    if what.startswith("Expecting value"):
        if word:
            return f"{word[0]} is not a JSON value", _word_hint(word[0])
        if rest.startswith("'"):
            return "text must stand in double quotes", "write \"text\", not 'text'"
        return "a value must follow here", 'add a number, true, false, "text", [list] or {object}'
    if what.startswith("Expecting ',' delimiter"):
        return "a comma or the closing bracket is missing before this", "put , between the items"
    if what.startswith("Expecting ':' delimiter"):
        return "a : is missing between key and value", 'write "key": value'
    if what.startswith("Unterminated string") or what.startswith("Invalid control character"):
        return "the text is not closed on its line", 'add the closing "'
    if "escape" in what:
        return "a backslash starts an escape here", "write \\\\ for a backslash"
    if what.startswith("Extra data"):
        return "the spec ends before this", "delete what follows the last }"
    return f"{what[:1].lower()}{what[1:]}", "correct the JSON here"


def _word_hint(word: str) -> str:
    lowered = word.lower()
    if lowered in ("true", "false"):
        return f"write {lowered}"
    if lowered in ("none", "nil"):
        return "leave the key out to get its default"
    return f'put text into double quotes: "{word}"'


def _long_number(source: Source) -> Problem:
    found = re.search(r"[0-9]{1000,}", source.text)
    line = source.text.count("\n", 0, found.start()) + 1 if found else 1
    column = found.start() - (source.text.rfind("\n", 0, found.start()) + 1) + 1 if found else 1
    return error("NS006", (), source.span(line, column, column + 10), "this number is too long", "use fewer digits")
