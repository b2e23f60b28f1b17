"""Arrays with comments between their items: each item gets a line of its own, so that no comment gets lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

COMMENT = re.compile(r"#[^\r\n]*")
BEHIND = re.compile(r"(?:[ \t]*,)?([ \t]*#[^\r\n]*)")
"""What stands on an item's line behind it."""


def has_comments(gaps: Sequence[str]) -> bool:
    """Whether there is a comment before, between or behind items; nothing else there holds a #."""
    return any("#" in gap for gap in gaps)


def lines_of_items(gaps: Sequence[str], parts: Sequence[tuple[str, int | None]]) -> tuple[str, list[str]]:
    """What stays behind the opening bracket, and the lines for the items that stay or are new, with the comments.

    gaps: the old text before each item, and behind the last. parts: texts of items, with the numbers of the old ones.
    The comment behind an item goes with it, unless another item stands on the same line.
    """
    head, own, loose = _comments(gaps)
    shares_line = [place > 0 and "\n" not in gap for place, gap in enumerate(gaps[:-1])]
    kept = {old for _, old in parts}
    lines: list[str] = []
    places = [-1, *(old for _, old in parts if old is not None), len(own)]
    skipped = {after: range(before + 1, after) for before, after in pairwise(places)}

    def pass_over(old: int) -> None:
        for place in skipped[old]:
            lines.extend(loose[place])
            if own[place] and shares_line[place] and place not in kept:
                lines.append(own[place].strip())
        lines.extend(loose[old])

    for text, old in parts:
        if old is not None:
            pass_over(old)
        lines.append(f"{text},{own[old] if old is not None else ''}")
    pass_over(len(own))
    return head, lines


def _comments(gaps: Sequence[str]) -> tuple[str, list[str], list[list[str]]]:
    """The comment behind the opening bracket, those behind each item, and those on lines above each item and the end."""
    firsts = [BEHIND.match(gap) for gap in gaps]
    behind = ["" if first is None else first[1] for first in firsts]
    rests = [gap[first.end() :] if first else gap for gap, first in zip(gaps, firsts, strict=True)]
    return behind[0], behind[1:], [COMMENT.findall(rest) for rest in rests]
