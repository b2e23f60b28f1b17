"""Which boxes a search means: by name, type, shape or state."""

from __future__ import annotations

import re

from gui.canvas.diagram import Box, Diagram, Frame

STATES = ("frozen", "trainable", "error", "warning", "input", "loss")


def find(diagram: Diagram, query: str) -> list[str]:
    """Names of the boxes and blocks that match every word: what is called just so, then the others in the order of the file.

    A word is a part of a name or type, a shape ("64×56×56", "64x56x56", "[64, 56, 56]", "64×*×*"), or a state ("frozen").
    """
    shape = _shape(query)
    if shape is not None:
        return [box.name for box in diagram.boxes if _fits(box.shape, shape)]
    words = query.lower().split()
    if not words:
        return []
    inner = {box.name: place for place, box in reversed(list(enumerate(diagram.boxes)))}
    starts = {frame.name: min((inner[name] for name in inner if name.startswith(f"{frame.name}.")), default=0)
              for frame in diagram.frames if _is_named(frame, words)}  # fmt: skip
    boxes = [(inner[box.name], 1, box.name) for box in diagram.boxes if all(_matches(box, word) for word in words)]
    frames = [(start, 0, name) for name, start in starts.items()]
    names = [name for *_, name in sorted([*frames, *boxes], key=lambda entry: entry[:2])]
    return sorted(names, key=lambda name: name.lower() != query.strip().lower())


def _is_named(frame: Frame, words: list[str]) -> bool:
    """Whether a block's own name has all words; what only its outer block is called does not count."""
    own = frame.name.rpartition(".")[2].lower()
    return not frame.is_copy and all(word in own for word in words)


def _matches(box: Box, word: str) -> bool:
    shape = _shape(word)
    if shape is not None and len(shape) > 1:
        return _fits(box.shape, shape)
    return word in box.name.lower() or word in box.type.lower() or word in _states(box)


def _states(box: Box) -> set[str]:
    found: set[str] = {box.kind}
    if box.params:
        found.add("frozen" if box.is_frozen else "trainable")
    if box.is_frozen:
        found.add("frozen")
    if box.errors:
        found.add("error")
    if box.warnings:
        found.add("warning")
    return found & set(STATES)


def _shape(text: str) -> tuple[int | None, ...] | None:
    """The sizes that a text means, None for any; or None for a text that is no shape."""
    bare = text.strip()
    is_list = bare.startswith("[") and bare.endswith("]")
    parts = [part.strip() for part in re.split(r"[x×,]", bare.strip("[]() "))]
    if (len(parts) < 2 and not is_list) or not all(part == "*" or part.isdecimal() for part in parts):
        return None
    return tuple(None if part == "*" else int(part) for part in parts)


def _fits(shape: tuple[int, ...] | None, wanted: tuple[int | None, ...]) -> bool:
    if shape is None or len(shape) != len(wanted):
        return False
    return all(size in (None, actual) for size, actual in zip(wanted, shape, strict=True))
