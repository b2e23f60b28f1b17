"""[transfer] rename: names in the file → names here, by patterns in which each * stands for the same text on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def apply(rename: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Name in the file → name here. The first pattern that matches wins; names without one stay as they are.

    A pattern is for a whole name, or for the first parts of one: "fc" = "head" makes "fc.weight" "head.weight".
    """
    rules = [(_expression(pattern), target) for pattern, target in rename.items()]
    return {name: _renamed(name, rules) for name in names}


def unmatched(rename: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """The patterns that match none of the names."""
    names = list(names)
    return [pattern for pattern in rename if not any(map(_expression(pattern).fullmatch, names))]


def _renamed(name: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    for expression, target in rules:
        if match := expression.fullmatch(name):
            *texts, rest = match.groups(default="")
            parts = zip(target.split("*"), [*texts, rest], strict=True)
            return "".join(fixed + text for fixed, text in parts)
    return name


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(r"(.*)".join(map(re.escape, pattern.split("*"))) + r"(\..*)?")
