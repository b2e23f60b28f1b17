"""Freezing layers: by `frozen = true` where a layer stands, by [transfer] for layers within a use of a block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.editing.draft import Draft, Entry
from netspec.editing.errors import EditError
from netspec.editing.outline import Node, Outline, outline
from netspec.editing.syntax import plain
from netspec.editing.tracing import file_of
from netspec.editing.writing import with_text
from netspec.graph import match_any, match_layers
from netspec.spec.source import Source


def set_frozen(source: Source, names: Iterable[str], frozen: bool) -> str:
    """Freeze or unfreeze layers and blocks; what else is frozen stays as it is."""
    draft = Draft(source)
    nodes = draft.nodes(names)
    leaves = {leaf.name for node in nodes for leaf in draft.outline.leaves(node.name)}
    before = {node.name for node in draft.outline.nodes if node.frozen and node.kind == "layer"}
    if frozen:
        _freeze(draft, [node for node in nodes if not {leaf.name for leaf in draft.outline.leaves(node.name)} <= before])
    else:
        _unfreeze(draft, leaves & before, before - leaves)
    text = draft.text()
    if not frozen and "extends" in draft.root:
        _check_unfrozen(draft, outline(with_text(source, text)), leaves)
    return text


def _check_unfrozen(draft: Draft, after: Outline, leaves: set[str]) -> None:
    """A block that a base defines may freeze a layer, which nothing in this file can take back."""
    still = [node for node in after.nodes if node.frozen and node.kind == "layer" and node.name in leaves]
    if still:
        file = next(filter(None, (file_of(node.address) for node in still)), "a file that this one extends")
        raise EditError(f"{still[0].name} is frozen in {file}", "open that file to unfreeze it there")


def freeze_to(source: Source, name: str | None) -> str:
    """Freeze a layer and all that it is computed from; None takes that back."""
    draft = Draft(source)
    if name is not None:
        node = draft.node(name)
        if node.kind == "input":
            raise EditError(f"{name} is an input of the network", "choose a layer")
        section(draft)["freeze_to"] = name
    elif "freeze_to" in _merged(draft):
        drop(draft, "freeze_to", None)
    return draft.text()


def _freeze(draft: Draft, nodes: list[Node]) -> None:
    patterns = []
    done = {node.name for node in nodes}
    for node in nodes:
        if node.parent is None:
            draft.entry(node.address)["frozen"] = True
        elif not _has_parent_in(draft, node, done):
            patterns.append(node.name)
    if patterns:
        put_patterns(draft, "freeze", [*patterns_of(draft, "freeze"), *patterns])


def _has_parent_in(draft: Draft, node: Node, names: set[str]) -> bool:
    parent = node.parent
    while parent is not None and parent not in names:
        parent = draft.node(parent).parent
    return parent is not None


def _unfreeze(draft: Draft, gone: set[str], kept: set[str]) -> None:
    """Take away every reason for which these are frozen, and give what else it froze a reason of its own."""
    lost: set[str] = set()
    for node in draft.outline.nodes:
        if node.frozen_here and {leaf.name for leaf in draft.outline.leaves(node.name)} & gone:
            lost |= {leaf.name for leaf in _frozen_with(draft, node)}
            _clear(draft, node)
    leaves = [node.name for node in draft.outline.nodes if node.kind == "layer"]
    patterns = []
    for pattern in patterns_of(draft, "freeze"):
        matched = set(match_layers(pattern, leaves))
        if matched & gone:
            lost |= matched
        else:
            patterns.append(pattern)
    up_to = _merged(draft).get("freeze_to")
    if isinstance(up_to, str) and (below := draft.outline.below(match_layers(up_to, leaves))) & gone:
        lost |= below
        drop(draft, "freeze_to", None)
    still = match_any(patterns, leaves)
    again = [name for name in leaves if name in (lost & kept) - still]
    put_patterns(draft, "freeze", [*patterns, *shortest(draft, again)])


def _frozen_with(draft: Draft, node: Node) -> list[Node]:
    """Layers that the same `frozen = true` freezes: in all uses, where it stands in a block's definition."""
    same = [other for other in draft.outline.nodes if other.address == node.address]
    return [leaf for other in same for leaf in draft.outline.leaves(other.name)]


def _clear(draft: Draft, node: Node) -> None:
    entry: Entry = draft.entry(node.address)
    if isinstance(node.address[-1], str) or "frozen" not in entry:  # the base says it
        entry["frozen"] = False
    else:
        entry.pop("frozen", None)


def shortest(draft: Draft, names: list[str]) -> list[str]:
    """Names of layers; of a block's copy its own name, when all of it is meant."""
    wanted, result = set(names), []
    for node in draft.outline.nodes:
        leaves = {leaf.name for leaf in draft.outline.leaves(node.name)}
        if leaves and leaves <= wanted and node.kind != "input":
            result.append(node.name)
            wanted -= leaves
    return result


def patterns_of(draft: Draft, key: str) -> list[str]:
    """A list of [transfer], that of a base included."""
    value = _merged(draft).get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _merged(draft: Draft) -> dict[str, Any]:
    """[transfer], that of a base included."""
    return draft.outline.transfer


def section(draft: Draft) -> Entry:
    """[transfer]; made when it is not there."""
    value = draft.root.get("transfer")
    if not isinstance(value, dict):
        value = draft.root["transfer"] = {}
    made: Entry = value
    return made


def put_patterns(draft: Draft, key: str, patterns: list[str]) -> None:
    """Change a list of [transfer]; one that would be empty is not there."""
    if patterns == patterns_of(draft, key):
        return
    if not patterns:
        drop(draft, key, [])
        return
    transfer = section(draft)
    old = transfer.get(key)
    if isinstance(old, list):
        old[:] = patterns
    else:
        transfer[key] = patterns


def drop(draft: Draft, key: str, nothing: Any) -> None:
    """Take a key of [transfer] away; where a base has it, say the opposite."""
    transfer = draft.root.get("transfer")
    is_ours = isinstance(transfer, dict) and key in transfer
    if isinstance(transfer, dict) and is_ours:
        del transfer[key]
        if not plain(transfer):
            del draft.root["transfer"]
    if not is_ours or ("extends" in draft.root and draft.outline.base_transfer.get(key)):
        if nothing is None:
            raise EditError(f"{key} is written in a file that this one extends", "open that file to change it there")
        section(draft)[key] = nothing
