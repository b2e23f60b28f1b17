"""Which layers are initialized anew instead of being loaded: [transfer] replace."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.editing.draft import Draft
from netspec.editing.freezing import patterns_of, put_patterns, shortest
from netspec.graph import match_any, match_layers
from netspec.spec.source import Source

KEY = "replace"


def set_replaced(source: Source, names: Iterable[str], replaced: bool) -> str:
    """Start layers and blocks anew, or load them again; what else is replaced stays so."""
    draft = Draft(source)
    wanted = {leaf.name for node in draft.nodes(names) for leaf in draft.outline.leaves(node.name)}
    leaves = [node.name for node in draft.outline.nodes if node.kind == "layer"]
    before = match_any(patterns_of(draft, KEY), leaves)
    if replaced:
        new = [name for name in leaves if name in wanted - before]
        put_patterns(draft, KEY, [*patterns_of(draft, KEY), *shortest(draft, new)])
        return draft.text()
    kept = [pattern for pattern in patterns_of(draft, KEY) if not set(match_layers(pattern, leaves)) & wanted]
    still = match_any(kept, leaves)
    again = [name for name in leaves if name in before - wanted - still]
    put_patterns(draft, KEY, [*kept, *shortest(draft, again)])
    return draft.text()
