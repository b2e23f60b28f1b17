"""Renaming layers, blocks' uses and inputs, with everything that names them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netspec.editing.draft import LOSS_KEYS, Draft, check_name, context, local_name, losses_in, names_in
from netspec.editing.errors import EditError
from netspec.editing.freezing import patterns_of, put_patterns, section
from netspec.editing.nested_names import follow_nested
from netspec.editing.outline import Node, Outline, outline
from netspec.editing.references import LISTS, keep_frozen, leaves_of
from netspec.editing.wiring import is_patch
from netspec.editing.writing import with_text
from netspec.graph import match_layers
from netspec.spec.source import Source


def rename(source: Source, old: str, new: str) -> str:
    """Give a layer another name. new: its name where it stands; a full name may be given, too."""
    draft = Draft(source)
    node = draft.node(old)
    before = draft.outline
    local = local_name(node)
    if node.parent is not None:
        new = new.removeprefix(f"{node.parent}.")
    if new == local:
        return source.text
    _check(draft, node, new)
    draft.entry(node.address)["name"] = new
    _follow_inside(draft, node, local, new)
    text = draft.text()
    changed = with_text(source, text)
    if not any(key in draft.root for key in ("outputs", "loss", "losses", "transfer", "blocks", "extends")):
        return text  # nothing that could name it by its full name
    names = renames(before, outline(changed))
    text = _follow_full_names(changed, names)
    return keep_frozen(before, with_text(source, text), names) if before.transfer else text


def renames(before: Outline, after: Outline) -> dict[str, str]:
    """Old full name → new one, of two outlines of the same nodes in the same order; empty when they are others."""
    if [node.address for node in before.nodes] != [node.address for node in after.nodes]:
        return {}
    pairs = zip(before.nodes, after.nodes, strict=True)
    return {one.name: other.name for one, other in pairs if one.name != other.name}


def _check(draft: Draft, node: Node, new: str) -> None:
    if is_patch(draft, node.address) if node.kind != "input" else node.address == ("inputs", node.name):
        message = f"{node.name} is written in a file that this one extends"
        raise EditError(message, "open that file to rename it there")
    if node.kind == "block" and node.parent is not None and draft.node(node.parent).address == node.address:
        raise EditError(f"{node.name} is a copy that `repeat` made; its number is its name", "rename the whole block")
    if node.kind != "input":
        draft.check_has_own_name(node)
    taken = {other.name for other in draft.outline.children(None)}
    if node.kind != "input" and context(node.address)[0] == "blocks":
        taken = names_in(draft.siblings(node.address)) | {"input"}
    check_name(new, taken)


def _follow_inside(draft: Draft, node: Node, old: str, new: str) -> None:
    """Names in `inputs` that mean this layer: beside it, and in blocks, which also look around themselves."""
    own = draft.siblings(node.address) if node.kind != "input" else draft.layers() if "layers" in draft.root else []
    for entries in draft.bodies():
        if entries is not own and (old in names_in(entries) or old == "input"):
            continue  # there the name means another layer
        for entry in entries:
            if isinstance(entry, dict) and isinstance(entry.get("inputs"), list):
                _replace(entry["inputs"], old, new, is_block=node.kind == "block")
    blocks = draft.root.get("blocks")
    for block in blocks.values() if isinstance(blocks, dict) else ():
        if isinstance(block, dict) and block.get("layers") is own and isinstance(block.get("output"), str):
            block["output"] = _renamed(block["output"], old, new, is_block=False)


def _replace(names: list[Any], old: str, new: str, *, is_block: bool) -> None:
    for place, name in enumerate(names):
        if isinstance(name, str):
            names[place] = _renamed(name, old, new, is_block=is_block)


def _renamed(name: str, old: str, new: str, *, is_block: bool) -> str:
    """A name, or an expression that gives one: "${'down' if project else 'input'}"."""
    if "${" in name:
        return re.sub(rf"'{re.escape(old)}'", f"'{new}'", name)
    if name == old:
        return new
    return new + name[len(old) :] if is_block and name.startswith(f"{old}.") else name


def _follow_full_names(source: Source, mapping: Mapping[str, str]) -> str:
    """Full names at the top of the file: `outputs`, the loss's input, [transfer], and inputs that look into blocks."""
    draft = Draft(source)
    root = draft.root
    layers = root.get("layers")
    for entry in layers if isinstance(layers, list) else ():
        names = entry.get("inputs") if isinstance(entry, dict) else None
        if isinstance(names, list):
            names[:] = [mapping.get(name, name) if isinstance(name, str) and "." in name else name for name in names]
    if isinstance(root.get("outputs"), list):
        root["outputs"][:] = [mapping.get(name, name) if isinstance(name, str) else name for name in root["outputs"]]
    for loss in losses_in(root):
        for key in LOSS_KEYS:
            if isinstance(loss.get(key), str):
                loss[key] = mapping.get(loss[key], loss[key])
    _follow_patterns(draft, mapping)
    return draft.text()


def _follow_patterns(draft: Draft, mapping: Mapping[str, str]) -> None:
    """Patterns go on to mean the same layers, be it by more names."""
    after = leaves_of(draft.outline)
    back = {new: old for old, new in mapping.items()}
    before = [back.get(name, name) for name in after]
    for key in LISTS:
        found = [new for item in patterns_of(draft, key) for new in _followed(item, before, after, mapping)]
        put_patterns(draft, key, list(dict.fromkeys(found)))
    follow_nested(draft, lambda item: _followed(item, before, after, mapping), lambda item: mapping.get(item, item))
    up_to = draft.outline.transfer.get("freeze_to")
    followed = _followed(up_to, before, after, mapping) if isinstance(up_to, str) else []
    if followed and up_to not in followed:
        section(draft)["freeze_to"] = followed[-1]


def _followed(pattern: str, before: list[str], after: list[str], mapping: Mapping[str, str]) -> list[str]:
    """The pattern, if it still means something and nothing else, and names of what it no longer matches."""
    meant = {new for old, new in zip(before, after, strict=True) if match_layers(pattern, [old])}
    heads = [old for old in mapping if pattern == old or pattern.startswith(f"{old}.")]
    head = max(heads, key=len, default="")
    renamed = mapping.get(head, "") + pattern[len(head) :]
    matched = set(match_layers(renamed, after))
    kept = [renamed] if matched <= meant and (matched or not meant) else []
    return kept + [name for name in after if name in (meant - matched if kept else meant)]
