"""What a network and its blocks give out, kept as it is while layers are added that nobody reads yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netspec.editing.draft import Draft
from netspec.editing.errors import EditError
from netspec.editing.outline import Outline, outline
from netspec.editing.tracing import trace
from netspec.editing.writing import with_text
from netspec.spec.source import Source

EXPRESSION = re.compile(r"\$\{([^{}]*)\}")


def keep_block_output(source: Source, draft: Draft, entries: list[Any]) -> None:
    """Name the output of a block, which so far is its last layer, before others are added behind that."""
    blocks = draft.root.get("blocks")
    named = trace(source, draft.tree).blocks
    for name, block in blocks.items() if isinstance(blocks, dict) else ():
        if isinstance(block, dict) and block.get("layers") is entries and "output" not in named.get(name, block):
            last = _last(name, entries)
            if last is not None:
                block["output"] = last


def _last(block: str, entries: Sequence[Any]) -> str | None:
    """The last layer; where `when` may leave that out, an expression that then gives the one before."""
    choices: list[tuple[str, str]] = []
    for entry in reversed(entries):
        name, when = (entry.get("name"), entry.get("when", True)) if isinstance(entry, dict) else (None, True)
        condition = EXPRESSION.fullmatch(when) if isinstance(when, str) else None
        if not isinstance(name, str) or when is False:
            continue
        if condition is None:
            chosen = f"'{name}'"
            if choices and any("${" in item for item in (name, *(other for other, _ in choices))):
                break  # an expression cannot hold another one
            for other, test in reversed(choices):
                chosen = f"'{other}' if ({test}) else {chosen}"
            return f"${{{chosen}}}" if choices else name
        choices.append((name, condition[1]))
    if choices:
        raise EditError(f"which layer is the output of {block} depends on `when`", "write its `output` in the text first")
    return None


def unread(drawn: Outline) -> list[str]:
    """Layers that nobody reads: what a network without `outputs` gives out."""
    read = {name for node in drawn.nodes for name in node.inputs}
    return [node.name for node in drawn.nodes if node.kind == "layer" and node.name not in read]


def keep_outputs(source: Source, text: str) -> str:
    """The edited text with `outputs` as they were in the source, where new layers would be further ones."""
    draft = Draft(source)
    found = trace(source, draft.tree)
    old, after = unread(draft.outline), with_text(source, text)
    if found.outputs is not None or not old or not set(old) < set(unread(outline(after))):
        return text
    short = {full: name for name, full in found.ends.items()}
    changed = Draft(after)
    changed.root["outputs"] = [short.get(name, name) for name in old]
    return changed.text()
