"""Text → tables, keys and values with their places; also of a text that is being typed and says nothing yet.

The readers of `netspec.spec` stop at a syntax error. Completion and hover docs are wanted just then, so this reader never
fails: a string ends with its line, and a header that begins a line ends every bracket left open above it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from netspec.problems import Path
from netspec.spec.places import DEEPEST
from netspec.spec.source import Format

TOKEN = {
    "toml": re.compile(
        r"(?P<comment>#[^\n]*)|(?P<string>\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)"
        r"|\"(?:\\[^\n]|[^\"\\\n])*\"?|'[^'\n]*'?)|(?P<line>\n)|(?P<mark>[\[\]{}=,])|(?P<word>[^\s\[\]{}=,#\"']+)",
        re.DOTALL,
    ),
    "json": re.compile(
        r"(?P<string>\"(?:\\[^\n]|[^\"\\\n])*\"?)|(?P<line>\n)|(?P<mark>[\[\]{}:,])|(?P<word>[^\s\[\]{}:,\"]+)"
    ),
}
HEADER = re.compile(
    r"^[ \t]*(\[\[?)[ \t]*([A-Za-z_][\w\-]*(?:[ \t]*\.[ \t]*(?:[\w\-]+|\"[^\"\n]*\"))*)?"
    r"[ \t]*(\]?\]?)[ \t]*(?=#|\r?$|\n)",
    re.MULTILINE,
)
WORDS_OF_VALUES = frozenset({"true", "false", "inf", "nan"})
Sort = Literal["keys", "value", "header", "comment"]


@dataclass
class Value:
    """A value and where it stands: a table with entries, an array with items, or a scalar with its text."""

    start: int
    end: int
    path: Path
    sort: Literal["table", "array", "scalar"] = "scalar"
    text: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    items: list[Value] = field(default_factory=list)

    def plain(self) -> object:
        """The scalar as Python writes it, its text where it is none; dicts and lists of such."""
        if self.sort == "table":
            return {key: entry.value.plain() if entry.value else None for key, entry in self.entries.items()}
        return [item.plain() for item in self.items] if self.sort == "array" else scalar(self.text)

    def word(self, key: str) -> str:
        """The text value of a key; "" where there is none."""
        entry = self.entries.get(key)
        found = scalar(entry.value.text) if entry and entry.value and entry.value.sort == "scalar" else None
        return found if isinstance(found, str) else ""


@dataclass
class Entry:
    """A key, where it stands, and its value if there is one."""

    key: str
    start: int
    end: int
    value: Value | None = None


class Zone(NamedTuple):
    """A stretch of the text (both ends included) in which keys of the table, or the value, at `path` are written."""

    start: int
    end: int
    sort: Sort
    path: Path


@dataclass
class Scan:
    """What stands in a text."""

    text: str
    format: Format
    root: Value
    zones: list[Zone]

    @cached_property
    def tree(self) -> dict[str, Any]:
        """All of it as plain dicts and lists; not to be changed."""
        plain = self.root.plain()
        return plain if isinstance(plain, dict) else {}

    def zone(self, position: int) -> Zone:
        """The innermost zone around a position."""
        around = [zone for zone in self.zones if zone.start <= position <= zone.end]
        return min(reversed(around), key=lambda zone: zone.end - zone.start)

    def at(self, path: Path) -> Value | None:
        """The value at a path."""
        value: Value | None = self.root
        for step in path:
            if value is None:
                return None
            if isinstance(step, int):
                value = value.items[step] if value.sort == "array" and step < len(value.items) else None
            else:
                entry = value.entries.get(step)
                value = entry.value if entry else None
        return value

    def tables(self, value: Value | None = None) -> Iterator[Value]:
        """All tables, outer ones first."""
        value = value or self.root
        if value.sort == "table":
            yield value
        inner = [entry.value for entry in value.entries.values() if entry.value] + value.items
        for item in inner:
            yield from self.tables(item)


class Token(NamedTuple):
    """A word, a string, a mark or the end of a line."""

    sort: str
    text: str
    start: int
    end: int


def scan(text: str, format: Format) -> Scan:
    """Read a text; never fails."""
    reader = _Reader(text, format)
    if format == "toml":
        reader.read_lines()
    else:
        reader.read_document()
    return Scan(text, format, reader.root, reader.zones)


class _Reader:
    """Walks over the tokens of one text."""

    def __init__(self, text: str, format: Format) -> None:
        self.text = text
        self.colon = "=" if format == "toml" else ":"
        tokens = [Token(m.lastgroup or "", m[0], m.start(), m.end()) for m in TOKEN[format].finditer(text)]
        self.headers = {m.start(1): m for m in HEADER.finditer(text)} if format == "toml" else {}
        self.next = 0
        self.root = Value(0, len(text), (), "table")
        self.zones = [Zone(0, len(text), "keys", ())]
        self.zones += [Zone(token.start + 1, token.end, "comment", ()) for token in tokens if token.sort == "comment"]
        self.tokens = [token for token in tokens if token.sort != "comment"]
        self.count = len(self.tokens)

    def peek(self) -> Token | None:
        """The next token."""
        return self.tokens[self.next] if self.next < self.count else None

    def here(self) -> int:
        """Where the next token starts, or the text ends."""
        token = self.peek()
        return token.start if token else len(self.text)

    def header_here(self) -> re.Match[str] | None:
        """The header that begins a line with the next token."""
        token = self.peek()
        return self.headers.get(token.start) if token and token.text == "[" else None

    def header_inside(self) -> bool:
        """Whether a header begins here although a bracket is still open: a name alone is no value of an array."""
        header = self.header_here()
        return header is not None and bool(header[2]) and not (header[1] == "[" and header[2] in WORDS_OF_VALUES)

    def read_lines(self) -> None:
        """A TOML text: headers and lines."""
        table, begin = self.root, 0
        while (token := self.peek()) is not None:
            header = self.header_here()
            if header is not None:
                self.zones.append(Zone(begin, token.start - 1, "keys", table.path))
                table, begin = self.read_header(header), header.end() + 1
                table.end = begin
            elif token.sort == "line":
                self.next += 1
            else:
                self.read_entry(table, ends=("\n",))
                self.skip_line()
                table.end = max(table.end, self.here())
        self.zones.append(Zone(begin, len(self.text), "keys", table.path))

    def read_header(self, header: re.Match[str]) -> Value:
        """Go into the table that a header names, made where it does not stand yet."""
        names = keys_of(header[2] or "")
        self.zones.append(Zone(header.start(1), header.end(3), "header", tuple(names)))
        while self.next < self.count and self.tokens[self.next].start < header.end(3):
            self.next += 1
        start, stop, table = header.start(1), header.end(3), self.root
        for depth, name in enumerate(names):
            is_item = header[1] == "[[" and depth == len(names) - 1
            table = self.go_into(table, name, start, stop, is_item=is_item)
        return table

    def go_into(self, table: Value, name: str, start: int, stop: int, *, is_item: bool = False) -> Value:
        """The table (or the new item of an array of tables) of a key."""
        entry = table.entries.get(name)
        if entry is None or entry.value is None or entry.value.sort == "scalar":
            sort: Literal["array", "table"] = "array" if is_item else "table"
            entry = table.entries[name] = Entry(name, start, stop, Value(start, stop, (*table.path, name), sort))
        value = entry.value
        assert value is not None
        if is_item and value.sort == "array":
            value.items.append(Value(start, stop, (*value.path, len(value.items)), "table"))
        return value.items[-1] if value.sort == "array" and value.items else value

    def read_entry(self, table: Value, ends: tuple[str, ...]) -> None:
        """`key = value`; the value may be missing, and so may all but the key."""
        words = self.take_until((self.colon, *ends, ",", "}"))
        token = self.peek()
        has_value = token is not None and token.text == self.colon
        if has_value:
            self.next += 1
        if not words:
            if has_value:
                self.read_value((*table.path, ""), ends)
            elif token is not None and token.text not in ends:
                self.next += 1  # nothing that a table could hold
            return
        start, stop = words[0].start, words[-1].end
        *outer, name = keys_of(self.text[start:stop]) or [""]
        for part in outer:
            table = self.go_into(table, part, start, stop)
        entry = Entry(name, start, stop)
        table.entries[name] = entry
        if has_value:
            entry.value = self.read_value((*table.path, name), ends)

    def read_value(self, path: Path, ends: tuple[str, ...]) -> Value | None:
        """The value behind a key, with the zone around it."""
        begin = self.tokens[self.next - 1].end
        self.zones.append(Zone(begin, begin, "value", path))
        place = len(self.zones) - 1
        if self.colon == ":":
            self.skip_lines()
        value = self.read_item(path, (*ends, ",", "}"))
        if value is not None and value.sort == "scalar":
            stop = max(value.end, begin)
        else:
            stop = value.end if value is not None else self.line_end(begin)
        self.zones[place] = Zone(begin, stop, "value", path)
        return value

    def read_item(self, path: Path, ends: tuple[str, ...]) -> Value | None:
        """An array, a table or a scalar; None where there is nothing."""
        token = self.peek()
        if token is None or self.header_inside():
            return None
        if token.text in ("[", "{") and len(path) > DEEPEST:
            return self.skip_brackets(path)
        if token.text == "[":
            return self.read_array(path)
        if token.text == "{":
            return self.read_table(path)
        words = self.take_until((*ends, "]"))
        if not words:
            return None
        start, stop = words[0].start, words[-1].end
        return Value(start, stop, path, text=self.text[start:stop])

    def skip_brackets(self, path: Path) -> Value:
        """What is nested deeper than any spec, as one text without a loop for each level."""
        start = stop = self.here()
        depth = 0
        while (token := self.peek()) is not None and not self.header_inside():
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
            self.next += 1
            stop = token.end
            if depth <= 0:
                break
        return Value(start, stop, path, text=self.text[start:stop])

    def read_array(self, path: Path) -> Value:
        array = Value(self.here(), 0, path, "array")
        self.next += 1
        begin = array.start + 1
        while (token := self.peek()) is not None:
            if token.text == "]" or self.header_inside():
                break
            if token.text == ",":
                self.zones.append(self.item_zone(array, begin, token.start))
                begin = token.end
                self.next += 1
            elif token.sort == "line" or token.text in (self.colon, "}"):
                self.next += 1
            elif (item := self.read_item((*path, len(array.items)), (",", "]", "\n", "}"))) is not None:
                array.items.append(item)
            else:
                self.next += 1
        self.zones.append(self.item_zone(array, begin, self.here()))
        self.close(array, "]")
        return array

    @staticmethod
    def item_zone(array: Value, begin: int, end: int) -> Zone:
        """Where an item is written: the one that was read since `begin`, or the one that may still come."""
        is_read = bool(array.items) and array.items[-1].start >= begin
        return Zone(begin, end, "value", (*array.path, len(array.items) - is_read))

    def read_table(self, path: Path) -> Value:
        table = Value(self.here(), 0, path, "table")
        self.next += 1
        while (token := self.peek()) is not None:
            if token.text in ("}", "]") or self.header_inside():
                break
            if token.sort == "line" or token.text == ",":
                self.next += 1
            else:
                self.read_entry(table, ends=("\n", "]"))
        self.close(table, "}")
        self.zones.append(Zone(table.start + 1, max(table.end - 1, table.start + 1), "keys", path))
        return table

    def read_document(self) -> None:
        """A JSON text."""
        self.skip_lines()
        token = self.peek()
        if token is not None and token.text == "{":
            self.root = self.read_table(())

    def close(self, value: Value, mark: str) -> None:
        token = self.peek()
        if token is not None and token.text == mark:
            self.next += 1
            value.end = token.end
        else:
            value.end = self.here() + (token is None)

    def take_until(self, ends: tuple[str, ...]) -> list[Token]:
        """The strings and words before one of these marks."""
        found: list[Token] = []
        while (token := self.peek()) is not None and token.text not in ends and token.sort in ("string", "word"):
            found.append(token)
            self.next += 1
        return found

    def skip_lines(self) -> None:
        while (token := self.peek()) is not None and token.sort == "line":
            self.next += 1

    def skip_line(self) -> None:
        """Go to the end of a line on which something is left that cannot be read."""
        while (token := self.peek()) is not None and token.sort != "line" and self.header_here() is None:
            self.next += 1

    def line_end(self, position: int) -> int:
        found = self.text.find("\n", position)
        stop = found if found >= 0 else len(self.text)
        return next((i for i in range(position, stop) if self.text[i] in ",}]#"), stop)


SIMPLE = re.compile(r"\"([^\"\\]*)\"|(0|-?[1-9][0-9]{0,17})|(true|false)")
"""A text without escapes, a whole number, true or false: nearly all values, read ten times faster."""


def scalar(text: str) -> object:
    """The value of a scalar's text; the text without its quotes where it cannot be read."""
    simple = SIMPLE.fullmatch(text)
    if simple is not None:
        return simple[1] if simple[1] is not None else int(simple[2]) if simple[2] else simple[3] == "true"
    try:
        return tomllib.loads(f"x = {text}")["x"] if text[:1] != '"' or text[:3] == '"""' else json.loads(text)
    except (ValueError, RecursionError):
        return text.strip("\"'") if text[:1] in ("'", '"') else text


def keys_of(text: str) -> list[str]:
    """The parts of a dotted key, quotes taken off; only as many as any spec has levels."""
    if "." not in text and '"' not in text and "'" not in text:
        return [text]
    parts = re.findall(r"\"[^\"\n]*\"?|'[^'\n]*'?|[^.\s\"']+", text)
    return [part.strip("\"'") for part in parts[:DEEPEST]]
