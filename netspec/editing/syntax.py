"""A spec's text as tables and arrays that know which bytes they were written with; also of a text with errors.

Edits change these tables as if they were plain dicts and lists; `netspec.editing.writing` then changes the text to match.
A value that stands broken in the text (`name = `) is BROKEN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from netspec.spec.source import Format


class Broken:
    """A value that could not be read."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN = Broken()


@dataclass(frozen=True)
class Pair:
    """`key = value` or `"key": value`: from the first key to the end of the value. Positions count bytes."""

    start: int
    end: int
    value_start: int
    comma: int | None = None
    """Where the comma behind it stands, in an inline table."""


@dataclass
class Section:
    """`[header]` with the pairs under it; the start of the file up to the first header is one, too."""

    start: int
    header_end: int
    end: int
    """Behind the last pair, or behind the header when there is none."""
    is_root: bool = False


TableForm = Literal["root", "section", "dotted", "inline"]


class TableNode(dict[str, Any]):
    """A table of the text. Its keys may be changed; `original` keeps what was written."""

    def __init__(self, form: TableForm, start: int = 0, end: int = 0) -> None:
        super().__init__()
        self.form: TableForm = form
        self.start, self.end = start, end
        """Of an inline table: its braces. Of a section: its header."""
        self.pairs: dict[str, Pair] = {}
        """Keys that are written as a pair, here or as the end of a dotted key."""
        self.sections: list[Section] = []
        """Where its own pairs stand."""
        self.prefix = ""
        """Of a table made by dotted keys: what stands before its keys, "loss."."""
        self.host: TableNode | None = None
        """Of a table made by dotted keys: the table in whose body the keys stand."""
        self.original: dict[str, Any] = {}


@dataclass(frozen=True)
class Item:
    """One item of an inline array."""

    start: int
    end: int
    comma: int | None = None


class ArrayNode(list[Any]):
    """An array of the text: `[a, b]`, or the `[[tables]]` of one name."""

    def __init__(self, form: Literal["inline", "tables"], start: int = 0, end: int = 0) -> None:
        super().__init__()
        self.form: Literal["inline", "tables"] = form
        self.start, self.end = start, end
        self.items: list[Item] = []
        """Of an inline array."""
        self.header = ""
        """Of an array of tables: the name in its headers, as it is written."""
        self.original: list[Any] = []


@dataclass
class Tree:
    """The text of one file, read."""

    data: bytes
    format: Format
    root: TableNode
    newline: str = field(init=False)

    def __post_init__(self) -> None:
        self.newline = "\r\n" if b"\r\n" in self.data else "\n"
        remember(self.root)

    def text(self, start: int, end: int) -> str:
        """A stretch of the text."""
        return self.data[start:end].decode(errors="surrogatepass")

    def line_of(self, position: int) -> int:
        """The line (from 1) in which a byte stands."""
        return self.data.count(b"\n", 0, position) + 1


def remember(value: Any) -> None:
    """Keep what stands in the text as the original of every table and array."""
    if isinstance(value, TableNode):
        value.original = dict(value)
        for item in value.values():
            remember(item)
    elif isinstance(value, ArrayNode):
        value.original = list(value)
        for item in value:
            remember(item)


def plain(value: Any) -> Any:
    """A deep copy without places; broken values are left out of tables and are None in arrays."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not BROKEN}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value is BROKEN else value
