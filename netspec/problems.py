"""Problems of a spec: what is wrong, where it stands, what to do; as text for people and as a dict for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from netspec.codes import explain
from netspec.look import plural

__all__ = [
    "Path", "Problem", "Related", "Severity", "Span", "SpecError", "also", "explain", "render_problems", "sort_problems",
    "spell", "tally",
]  # fmt: skip

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]
"""Place in the spec: ("layers", "conv1", "kernel_size"), ("train", "epochs"). Layers go by name where they have one."""

TAB = 4
"""Columns that a tab takes in quoted lines."""
LONGEST_QUOTE = 100
"""Longer lines are cut around the caret when quoted, to so many columns; on a narrow terminal to fewer."""
LEAST_QUOTE = 8
"""Columns quoted on the narrowest terminal."""


@dataclass(frozen=True)
class Span:
    """A place in a text: columns count characters from 1, `end_column` is the first one behind it.

    `line` is 0 for a place outside of any file (a command-line override); `file` then says what it is.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str
    """The whole line, without its line end."""

    def location(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def quote(self, width: int | None = None) -> str:
        """The line with a caret under each column of the span. width: columns of the terminal, none elsewhere."""
        number = str(self.line)
        room = LONGEST_QUOTE if width is None else width - len(f"  {number} | ……")
        before, inside, line = _display(
            self.text, self.column, self.end_column, min(max(room, LEAST_QUOTE), LONGEST_QUOTE)
        )
        return f"  {number} | {line}\n  {' ' * len(number)} | {' ' * before}{'^' * max(inside, 1)}"


@dataclass(frozen=True)
class Related:
    """A second place that a problem is about, and what stands there: "conv5 gives [512, 7, 7] here"."""

    span: Span
    message: str

    def render(self) -> str:
        """`  file:line:col: message`, then the quoted line with a caret."""
        return f"  {self.span.location()}: {self.message}\n{self.span.quote()}"

    def as_dict(self) -> dict[str, str | int]:
        """The JSON form: file, line, column and message."""
        span = self.span
        return {"file": span.file, "line": span.line, "column": span.column, "message": self.message}


def also(span: Span | None, message: str) -> tuple[Related, ...]:
    """The place as a related one; none where nothing is written."""
    return (Related(span, message),) if span is not None and span.line else ()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong (error) or probably unwanted (warning): with the values and one remedy."""

    code: str
    severity: Severity
    path: Path
    span: Span | None
    message: str
    hint: str
    related: tuple[Related, ...] = ()
    """Other places that have to do with it."""

    def __post_init__(self) -> None:
        """A line is quoted once."""
        quoted, kept = {(self.span.file, self.span.line)} if self.span else set(), []
        for item in self.related:
            if (place := (item.span.file, item.span.line)) not in quoted:
                quoted.add(place)
                kept.append(item)
        object.__setattr__(self, "related", tuple(kept))

    @property
    def where(self) -> str:
        """What the problem is about, in the user's words: a layer's name, a `[section]`, or "spec"."""
        return describe_path(self.path)

    def render(self) -> str:
        """`file:line:col CODE where: message; hint`, the quoted line with a caret, then the same for related places."""
        text = f"{self.code} {self.where}: {self.message}" + (f"; {self.hint}" if self.hint else "")
        if self.span is not None:
            text = f"{self.span.location()} {text}" + (f"\n{self.span.quote()}" if self.span.line else "")
        return "\n".join([text, *(item.render() for item in self.related)])

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of `netspec check --format json`; with `related` where there are such places."""
        span = self.span
        related = {"related": [item.as_dict() for item in self.related]} if self.related else {}
        return {
            "code": self.code,
            "severity": self.severity,
            "path": ".".join(str(key) for key in self.path),
            "file": span.file if span else None,
            "line": span.line if span and span.line else None,
            "column": span.column if span else None,
            "message": self.message,
            "hint": self.hint,
            **related,
        }


class SpecError(Exception):
    """A spec cannot be used; `problems` holds every one that was found, warnings included."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(render_problems(self.problems))


def error(
    code: str, path: Path, span: Span | None, message: str, hint: str, related: Iterable[Related] = ()
) -> Problem:  # fmt: skip
    """A problem that keeps the spec from being used."""
    return Problem(code, "error", path, span, message, hint, tuple(related))


def warning(
    code: str, path: Path, span: Span | None, message: str, hint: str, related: Iterable[Related] = ()
) -> Problem:  # fmt: skip
    """A problem of a spec that can be used as it is."""
    return Problem(code, "warning", path, span, message, hint, tuple(related))


def spell(value: Any) -> str:
    """A value as TOML and JSON write it, not as Python does; cut when long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def describe_path(path: Path) -> str:
    """("layers", "conv1", …) → "conv1"; ("train", "epochs") → "[train]"; ("seed",) → "spec"."""
    if len(path) >= 2 and path[0] == "layers":
        return str(path[1]) if isinstance(path[1], str) else f"layers[{path[1]}]"
    if len(path) >= 2 and path[0] == "blocks":
        return f"[blocks.{path[1]}]"
    if len(path) >= 2 and isinstance(path[1], int):
        return f"{path[0]}[{path[1]}]"
    return f"[{path[0]}]" if len(path) >= 2 else "spec"


def render_problems(problems: Iterable[Problem]) -> str:
    """All problems as text, one blank line between them."""
    return "\n\n".join(problem.render() for problem in problems)


def sort_problems(problems: Iterable[Problem], main_file: str | None = None) -> tuple[Problem, ...]:
    """In the order of the text: the main file first, problems without a place last.

    Copies of a block repeat its errors; of those with the same place and text the first is kept.
    """

    def key(problem: Problem) -> tuple[bool, bool, str, int, int, str]:
        span = problem.span
        if span is None:
            return True, True, "", 0, 0, problem.code
        return False, span.file != main_file, span.file, span.line, span.column, problem.code

    first: dict[tuple[str, Span | Path, str, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.code, problem.span or problem.path, problem.message, problem.hint), problem)
    return tuple(sorted(first.values(), key=key))


def _display(text: str, column: int, end: int, room: int) -> tuple[int, int, str]:
    """Columns before the span, columns inside it, and the line as a terminal shows it; cut to `room` columns and `…`."""
    start, stop = column - 1, max(end, column + 1) - 1
    shown = [_visible(character) for character in text]
    first, last = _window([_width(part) for part in shown], start, room)
    prefix, suffix = "…" if first else "", "…" if last < len(shown) else ""
    if prefix or suffix:
        shown, start, stop = shown[first:last], start - first, min(stop, last) - first
    before = len(prefix) + sum(_width(part) for part in shown[:start]) + max(0, start - len(shown))
    inside = sum(_width(part) for part in shown[start:stop])
    return before, inside, f"{prefix}{''.join(shown)}{suffix}".rstrip()


def _window(widths: Sequence[int], start: int, room: int) -> tuple[int, int]:
    """First and behind the last of the characters that fit into `room` columns, half of these before `start`."""
    if sum(widths) <= room:
        return 0, len(widths)
    first = last = min(start, len(widths))
    while first and sum(widths[first - 1 : start]) <= room // 2:
        first -= 1
    while last < len(widths) and sum(widths[first : last + 1]) <= room:
        last += 1
    while first and sum(widths[first - 1 : last]) <= room:
        first -= 1
    return first, last


def _visible(character: str) -> str:
    """Tabs as spaces; control characters as a question mark in a box, so that they cannot steer a terminal."""
    if character == "\t":
        return " " * TAB
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def tally(problems: Iterable[Problem]) -> str:
    """ "2 errors, 1 warning"."""
    problems = tuple(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    parts = [(errors, "error"), (len(problems) - errors, "warning")]
    return ", ".join(plural(number, noun) for number, noun in parts if number)
