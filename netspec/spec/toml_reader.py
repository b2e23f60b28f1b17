"""TOML: values by tomllib, places by tree-sitter."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from netspec.problems import Span, SpecError, error
from netspec.spec.places import Place, attach
from netspec.spec.source import Source

KEYS = ("bare_key", "quoted_key", "dotted_key")


def read_toml(source: Source) -> Any:
    """The text as a Table; raises SpecError for a syntax error."""
    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as problem:
        raise SpecError([_syntax_error(source, str(problem))]) from None
    except ValueError:  # tomllib lets int() complain about 5,000 digits
        raise SpecError([_long_number(source)]) from None
    return attach(values, find_places(source))


def find_places(source: Source) -> Place:
    """Places of everything in a TOML text, also a broken one."""
    root = Place(value=source.span(1, 1, 1))
    for node in _parse(source.text).children:
        if node.type == "pair":
            _read_pair(source, node, root)
        elif node.type in ("table", "table_array_element"):
            _read_table(source, node, root)
    return root


def _parse(text: str) -> Node:
    return _parser().parse(text.encode(errors="surrogatepass")).root_node


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_toml.language()))


def _read_table(source: Source, node: Node, root: Place) -> None:
    """A `[table]` or a `[[table]]` with its pairs."""
    keys = [leaf for child in node.children if child.type in KEYS for leaf in _leaves(child)]
    place = root
    for key in keys:
        place = place.child(_key_text(key), _span(source, key))
    if keys:
        header = _span(source, keys[0], keys[-1])
        if node.type == "table_array_element":
            place.items.append(Place(header, header))
            place = place.items[-1]
        else:
            place.value = header
    for child in node.children:
        if child.type == "pair":
            _read_pair(source, child, place)


def _read_pair(source: Source, node: Node, table: Place) -> None:
    children = [child for child in node.children if child.type != "comment"]  # one behind the value belongs to the pair
    keys = _leaves(children[0]) if children and children[0].type in KEYS else []
    for key in keys:
        table = table.child(_key_text(key), _span(source, key))
    if keys and len(children) > 1:
        _read_value(source, children[-1], table)


def _read_value(source: Source, node: Node, place: Place) -> None:
    place.value = _span(source, node)
    for child in node.children:
        if child.type == "pair":
            _read_pair(source, child, place)
        elif node.type == "array" and child.is_named and child.type not in ("comment", "ERROR"):
            place.items.append(Place())
            _read_value(source, child, place.items[-1])


def _leaves(node: Node) -> list[Node]:
    """The parts of a dotted key, in order; tree-sitter nests them to the left."""
    leaves: list[Node] = []
    while node.type == "dotted_key":
        keys = [child for child in node.children if child.type in KEYS]
        leaves += reversed(keys[1:])
        node = keys[0]
    return [node, *reversed(leaves)]


def _key_text(node: Node) -> str:
    text = (node.text or b"").decode(errors="replace")
    if node.type == "quoted_key":
        try:
            return next(iter(tomllib.loads(f"{text} = 0")))
        except (tomllib.TOMLDecodeError, StopIteration):  # a broken key of a broken text
            return text
    return text


def _span(source: Source, node: Node, last: Node | None = None) -> Span:
    return source.span_of_points(node.start_point, (last or node).end_point)


def _syntax_error(source: Source, text: str) -> Any:
    """tomllib's complaint in the user's words."""
    found = re.search(r"\(at line (\d+), column (\d+)\)$", text)
    line, column = (int(found[1]), int(found[2])) if found else (len(source.lines), len(source.lines[-1]) + 1)
    what = re.sub(r" \(at .*\)$", "", text)
    quoted = source.span(line, column, column + 1).text
    code, message, hint = _in_words(what, quoted, at_end=found is None)
    if code == "NS005":
        column = len(quoted) - len(quoted.lstrip()) + 1
        message = _first_place(source, line) or message
        return error(code, (), source.span(line, column, len(quoted.rstrip()) + 1), message, hint)
    word = re.match(r"[\w.+-]+", quoted[column - 1 :])
    return error(code, (), source.span(line, column, column + len(word[0] if word else " ")), message, hint)


def _first_place(source: Source, line: int) -> str | None:
    """Where the same key (in the same section) or the same header stands further up."""
    name = source.lines[line - 1].partition("=")[0].strip()
    for number in range(line - 1, 0, -1):
        text = source.lines[number - 1].strip()
        if text.partition("=")[0].strip() == name:
            return f"{name} was already given in line {number}"
        if text.startswith("[") and not name.startswith("["):
            return None
    return None


def _in_words(what: str, line: str, *, at_end: bool) -> tuple[str, str, str]:
    if "Cannot overwrite a value" in what or "twice" in what or "Cannot mutate" in what or "Cannot redefine" in what:
        return "NS005", "this key or table was already given above", "keep one of the two"
    value = re.match(r'\s*[\w."\'-]+\s*=\s*([^#]*)', line)
    word = value[1].strip() if value else ""
    if "Invalid value" in what and word:
        return "NS004", f"{word} is not a TOML value", _value_hint(word)
    if "Expected '=' after a key" in what:
        return "NS004", "a key must be followed by = and a value", "write key = value, or [section] for a new section"
    if "Invalid statement" in what:
        return "NS004", "a line must be key = value or a [section]", "correct or delete this line"
    if "Unescaped '\\'" in what or "escape" in what.lower() or "hex value" in what:
        return "NS004", "a backslash starts an escape here", "write \\\\ or use 'single quotes' for paths"
    if "Unclosed array" in what:
        return "NS004", "the array is not closed, or a comma is missing", "put , between items and ] behind them"
    if "Unclosed inline table" in what:
        return "NS004", "the inline table is not closed, or a comma is missing", "put , between keys and } behind"
    if "Illegal character '\\n'" in what:
        return "NS004", "the text is not closed on its line", "add the closing quote"
    if "Illegal character" in what:
        return "NS004", "TOML does not allow this character here", "close the string on its line, or delete it"
    end = " at the end of the file" if at_end else ""
    return "NS004", f"{what[:1].lower()}{what[1:]}{end}", "correct the TOML here (https://toml.io)"


def _value_hint(word: str) -> str:
    lowered = word.lower()
    if lowered in ("true", "false"):
        return f"write {lowered}"
    if lowered in ("none", "null", "nil"):
        return "leave the key out to get its default"
    if lowered in ("yes", "on", "no", "off"):
        return f"write {'true' if lowered in ('yes', 'on') else 'false'}"
    if re.fullmatch(r"[A-Za-z_][\w .\-/]*", word):
        return f'put text into quotes: "{word}"'
    if re.fullmatch(r"[+-]?(\.\d+|\d+\.)(e[+-]?\d+)?", lowered):
        return "a decimal point needs digits on both sides, like 0.5"
    if word.startswith("("):
        return "write lists with [ and ]"
    return 'use a number, true, false, "text", [a, list] or { a = table }'


def _long_number(source: Source) -> Any:
    found = re.search(r"[0-9][0-9_]{1000,}", source.text)
    line = source.text.count("\n", 0, found.start()) + 1 if found else 1
    column = found.start() - (source.text.rfind("\n", 0, found.start()) + 1) + 1 if found else 1
    return error("NS006", (), source.span(line, column, column + 10), "this number is too long", "use fewer digits")
