"""Quick fixes: what a problem's hint says in so many words, done by a key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netspec.problems import Problem

WORD = re.compile(r"^(?:did you mean ([\w.\-]+)\?|netspec calls it ([\w.\-]+)|the block calls it (\w+))$")
VALUE = re.compile(r"\b(?P<key>\w+) (?:≤|≥|=) (?P<value>-?\d+(?:\.\d+)?)\b")
BARE = re.compile(r"^write (?P<value>true|false)$")
QUOTED = re.compile(r'^put text into quotes: (?P<value>"[^"]*")$')


@dataclass(frozen=True)
class Fix:
    """Replace the text from start to end. label: what the button says."""

    label: str
    start: int
    end: int
    text: str

    def applied(self, text: str) -> str:
        """The text with it."""
        return text[: self.start] + self.text + text[self.end :]


def fixes_of(problem: Problem, file: str, text: str) -> list[Fix]:
    """What can be done about a problem of this file; [] where a person must think."""
    span = problem.span
    if span is None or not span.line or span.file != file:
        return []
    lines = text.split("\n")
    if span.line > len(lines) or lines[span.line - 1].removesuffix("\r") != span.text:
        return []  # the text has changed since
    begin = sum(len(line) + 1 for line in lines[: span.line - 1])
    start, end = begin + span.column - 1, begin + span.end_column - 1
    return [
        Fix(f"Replace with {new.strip(chr(34))}", start, end, new)
        for new in _replacements(problem, text[start:end])
        if new != text[start:end]
    ]


def _replacements(problem: Problem, old: str) -> list[str]:
    word = WORD.match(problem.hint)
    if word:
        return [_quoted_like(old, next(group for group in word.groups() if group))]
    bare = BARE.match(problem.hint) or QUOTED.match(problem.hint)
    if bare and old:
        return [bare["value"]]
    key = problem.path[-1] if problem.path else None
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", old) is not None
    found = [match["value"] for match in VALUE.finditer(problem.hint) if match["key"] == key]
    return found[:1] if is_number else []


def _quoted_like(old: str, new: str) -> str:
    quote = old[:1] if old[:1] in ("'", '"') else ""
    return f"{quote}{new}{quote}"
