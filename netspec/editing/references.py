"""What names layers from elsewhere, after layers were removed or renamed: `outputs`, the loss's input, [transfer]. The
layers that are left stay frozen, or trainable, as they were."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.editing.draft import LOSS_KEYS, Draft, losses_in
from netspec.editing.freezing import drop, patterns_of, put_patterns, section, shortest
from netspec.editing.nested_names import forget_nested
from netspec.editing.outline import Outline, outline
from netspec.editing.writing import with_text
from netspec.graph import match_layers
from netspec.spec.source import Source

LISTS = ("freeze", "replace")
"""Keys of [transfer] with patterns."""


def forget_removed(source: Source, text: str, *, reconnected: bool) -> str:
    """The text without names of what the edit removed; `freeze_to` moves on to the last layer that it froze."""
    before, draft = outline(source), Draft(with_text(source, text))
    if not before.transfer and not draft.root.keys() & {"outputs", "loss", "losses"}:
        return text
    _forget_names(draft, before)
    is_moved = _forget_transfer(draft, before)
    text = draft.text()
    if before.transfer and (is_moved or reconnected):  # else what is cut off is frozen again once it is connected
        return keep_frozen(before, with_text(source, text), {})
    return text


def keep_frozen(before: Outline, source: Source, names: Mapping[str, str]) -> str:
    """Name under `freeze` what was frozen and would no longer be. names: old → new."""
    draft = Draft(source)
    wanted = {names.get(node.name, node.name) for node in before.nodes if node.kind == "layer" and node.frozen}
    lost = [node.name for node in draft.outline.nodes if node.kind == "layer" and node.name in wanted and not node.frozen]
    put_patterns(draft, "freeze", [*patterns_of(draft, "freeze"), *shortest(draft, lost)])
    return draft.text()


def leaves_of(drawn: Outline) -> list[str]:
    """Full names of all layers."""
    return [node.name for node in drawn.nodes if node.kind == "layer"]


def _forget_names(draft: Draft, before: Outline) -> None:
    """A list of outputs that would be empty is not there."""
    gone = before.by_name.keys() - draft.outline.by_name.keys()
    outputs = draft.root.get("outputs")
    if isinstance(outputs, list) and any(name in gone for name in outputs if isinstance(name, str)):
        outputs[:] = [name for name in outputs if not (isinstance(name, str) and name in gone)]
        if not outputs:
            del draft.root["outputs"]
    for loss in losses_in(draft.root):
        for key in LOSS_KEYS:
            if isinstance(loss.get(key), str) and loss[key] in gone:
                del loss[key]


def _forget_transfer(draft: Draft, before: Outline) -> bool:
    """Patterns that match nothing any more go; whether `freeze_to` had to move."""
    old, left = leaves_of(before), leaves_of(draft.outline)
    for key in LISTS:
        kept = [item for item in patterns_of(draft, key) if match_layers(item, left) or not match_layers(item, old)]
        put_patterns(draft, key, kept)
    forget_nested(draft, before)
    up_to = before.transfer.get("freeze_to")
    if not isinstance(up_to, str) or match_layers(up_to, left) or not match_layers(up_to, old):
        return False
    heir = _heir(draft.outline, before.below(match_layers(up_to, old)) & set(left))
    if heir is None:
        drop(draft, "freeze_to", None)
    else:
        section(draft)["freeze_to"] = heir
    return True


def _heir(after: Outline, frozen: set[str]) -> str | None:
    """The last layer that freezes nothing else together with all below it."""
    names = (node.name for node in reversed(after.nodes) if node.name in frozen)
    return next((name for name in names if after.below([name]) <= frozen), None)
