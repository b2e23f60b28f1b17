"""Copying, pasting and duplicating layers; the clipboard holds TOML, so it can be pasted into a text, too."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from netspec.editing.draft import Draft, Entry, fresh_name, local_name, names_in
from netspec.editing.errors import EditError
from netspec.editing.outline import Node
from netspec.editing.outputs import keep_block_output, keep_outputs
from netspec.editing.syntax import plain
from netspec.editing.tracing import Traced, trace
from netspec.editing.values import spell_key, spell_value
from netspec.editing.wiring import above_name, put_inputs, read_names
from netspec.spec.marks import marked
from netspec.spec.marks import plain as unmarked
from netspec.spec.source import Source
from netspec.spec.variables import resolve_variables, substitute, used_variables

HEAD = "# layers from netspec"


def copy(source: Source, names: Iterable[str]) -> str:
    """Layers as TOML, with the blocks and variables that they use; layers within a block come out with their values."""
    draft = Draft(source)
    nodes = draft.nodes(names)
    chosen = {node.name for node in nodes}
    nodes = [node for node in nodes if not _is_covered(draft, node, chosen)]
    if not nodes:
        raise EditError("there is nothing to copy", "choose layers")
    traced = {item.name: item for item in trace(source, draft.tree).layers}
    entries = [_copied(draft, node, traced.get(node.name)) for node in nodes]
    for place, (node, entry) in enumerate(zip(nodes, entries, strict=True)):
        _say_inputs(draft, node, entry, nodes[place - 1] if place else None, chosen)
    blocks = _blocks_of(draft, entries)
    variables = _variables_of(draft, [*entries, *blocks.values()])
    return _toml(entries, blocks, variables)


def paste(source: Source, clipboard: str, after: str | None = None) -> str:
    """Add the clipboard's layers behind all others, under fresh names. after: what the first of them reads.

    Layers that nobody reads yet change neither the outputs of the network nor those of blocks.
    """
    draft = Draft(source)
    tables = read_clipboard(clipboard)
    giver = None if after is None else draft.node(after)
    if giver is not None:
        draft.check_is_here(giver.address)
    is_inside = giver is not None and giver.kind != "input" and giver.address[:1] == ("blocks",)
    entries = draft.siblings(giver.address) if giver is not None and is_inside else draft.layers()
    tables = _settle_variables(draft, tables)
    uses = _add_blocks(draft, tables)
    around = names_in(entries) | ({"input"} if is_inside else set(draft.outline.by_name))
    pasted = _renamed(tables["layers"], around, uses)
    if giver is not None and "inputs" not in pasted[0]:
        name = local_name(giver)
        if name != above_name(draft, (*_list_address(giver, is_inside), len(entries))):
            put_inputs(pasted[0], [name])
    if is_inside:
        keep_block_output(source, draft, entries)
    entries.extend(pasted)
    return keep_outputs(source, draft.text())


def duplicate(source: Source, names: Iterable[str]) -> str:
    """A copy of each layer under a fresh name; they read what the originals read, or each other's copies."""
    draft = Draft(source)
    nodes = draft.nodes(names)
    inside = [node for node in nodes if node.parent is not None]
    if not inside or len(inside) < len(nodes):
        return paste(source, copy(source, [node.name for node in nodes if node.parent is None] or names))
    first = inside[0]
    same = {node.address: node for node in inside if node.address[:-1] == first.address[:-1]}
    entries = draft.siblings(first.address)
    copies = []
    for node in same.values():
        draft.check_has_own_name(node)
        entry = plain(draft.entry(node.address))
        put_inputs(entry, read_names(draft, node))
        copies.append(entry)
    keep_block_output(source, draft, entries)
    entries.extend(_renamed(copies, names_in(entries) | {"input"} | {name for item in copies for name in item["inputs"]}, {}))
    return keep_outputs(source, draft.text())


def read_clipboard(text: str) -> dict[str, Any]:
    """The tables that `copy` wrote, or any text with `layers`; raises EditError for others."""
    tables = _parsed(text)
    layers = tables.get("layers") if isinstance(tables, dict) else None
    if not isinstance(layers, list) or not layers or not all(isinstance(entry, dict) for entry in layers):
        raise EditError("the clipboard holds no layers", "copy layers first, or text with [[layers]]")
    found: dict[str, Any] = tables
    return found


def _parsed(text: str) -> Any:
    """The text as TOML, else as JSON; None when it is neither."""
    for parse in (tomllib.loads, json.loads):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def _is_covered(draft: Draft, node: Node, chosen: set[str]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent in chosen:
            return True
        parent = draft.node(parent).parent
    return False


def _copied(draft: Draft, node: Node, traced: Traced | None) -> Entry:
    """The entry as it is written; from within a block, or from a base, with its values."""
    if node.parent is None and isinstance(node.address[-1], int) and "extends" not in draft.root:
        written: Entry = plain(draft.entry(node.address))
        return written
    if node.kind == "block" or traced is None:
        raise EditError(f"{node.name} cannot be copied by itself", "copy the layers in it, or the whole block")
    entry: Entry = unmarked(traced.marked)
    entry["name"] = local_name(node) if node.parent is not None else node.name
    entry.pop("inputs", None)
    return entry


def _say_inputs(draft: Draft, node: Node, entry: Entry, above: Node | None, chosen: set[str]) -> None:
    """Write `inputs` where the layer above in the clipboard is not what is read."""
    if node.parent is not None:
        names = [local_name(giver) for full in node.inputs if (giver := draft.outline.by_name.get(full)) and full in chosen]
    else:
        names = read_names(draft, node)
    if "inputs" in entry or (above is not None and names == [local_name(above)]) or not names:
        return
    put_inputs(entry, names)


def _blocks_of(draft: Draft, entries: Iterable[Entry]) -> dict[str, Any]:
    """Definitions that the entries open, and those that these open."""
    blocks = draft.root.get("blocks")
    found: dict[str, Any] = {}
    waiting = list(entries)
    while waiting:
        entry = waiting.pop()
        name = entry.get("block") if entry.get("type") == "block" else None
        block = blocks.get(name) if isinstance(blocks, dict) and isinstance(name, str) else None
        if isinstance(block, dict) and name not in found:
            found[str(name)] = plain(block)
            waiting += [item for item in found[str(name)].get("layers", ()) if isinstance(item, dict)]
    return found


def _variables_of(draft: Draft, tables: list[Any]) -> dict[str, Any]:
    variables = draft.root.get("variables")
    used = used_variables(tables)
    return {name: value for name, value in plain(variables).items() if name in used} if isinstance(variables, dict) else {}


def _toml(entries: Iterable[Entry], blocks: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    parts = [_section("[[layers]]", entry) for entry in entries]
    if variables:
        parts.append(_section("[variables]", variables))
    for name, block in blocks.items():
        rest = {key: value for key, value in block.items() if key != "layers"}
        lines = [f"  {spell_value(layer, 'toml')}," for layer in block.get("layers", ())]
        body = _section(f"[blocks.{spell_key(name, 'toml')}]", rest)
        parts.append(body + "\n".join(["layers = [", *lines, "]"]) + "\n")
    return f"{HEAD}\n\n" + "\n".join(parts)


def _section(header: str, values: Mapping[str, Any]) -> str:
    lines = [f"{spell_key(key, 'toml')} = {spell_value(value, 'toml')}" for key, value in values.items()]
    return "\n".join([header, *lines]) + "\n"


def _settle_variables(draft: Draft, tables: dict[str, Any]) -> dict[str, Any]:
    """Variables that are missing here come along; where one has another value here, the values are written out."""
    given = tables.get("variables")
    if not isinstance(given, dict):
        return tables
    own = draft.root.get("variables")
    known = plain(own) if isinstance(own, dict) else {}
    if any(name in known and known[name] != value for name, value in given.items()):
        values = resolve_variables(marked(given), [])
        settled = {key: unmarked(substitute(marked(value), values, [])) for key, value in tables.items() if key == "layers"}
        return {**tables, **settled}
    for name, value in given.items():
        if name not in known:
            draft.root.setdefault("variables", {})[name] = value
    return tables


def _add_blocks(draft: Draft, tables: Mapping[str, Any]) -> dict[str, str]:
    """Definitions that are missing here come along; one that is another here gets a fresh name. Old → new names."""
    given = tables.get("blocks")
    uses: dict[str, str] = {}
    if not isinstance(given, dict):
        return uses
    own = draft.root.get("blocks")
    known = plain(own) if isinstance(own, dict) else {}
    for name, block in given.items():
        if known.get(name) != block:
            uses[name] = name if name not in known else fresh_name(f"{name}_", known)
            if "blocks" not in draft.root:
                draft.root["blocks"] = {}
            draft.root["blocks"][uses[name]] = block
    return uses


def _renamed(layers: Iterable[Mapping[str, Any]], taken: set[str], blocks: Mapping[str, str]) -> list[Entry]:
    """The layers under names that are free, with their inputs among each other; inputs that are not here are left out."""
    names: dict[str, str] = {}
    entries: list[Entry] = []
    free = set(taken)
    for layer in layers:
        entry = dict(layer)
        old = entry.get("name") if isinstance(entry.get("name"), str) else "layer"
        new = str(old)
        if new in free:
            new = fresh_name(re.sub(r"\d+$", "", new) or "layer", free)
        free.add(new)
        names[str(old)] = entry["name"] = new
        if entry.get("block") in blocks:
            entry["block"] = blocks[entry["block"]]
        entries.append({"name": entry.pop("name"), **entry})
    for entry in entries:
        if isinstance(entry.get("inputs"), list):
            inputs = [names.get(name, name) for name in entry["inputs"] if name in names or name in taken]
            if inputs:
                entry["inputs"] = inputs
            else:
                del entry["inputs"]
    return entries


def _list_address(giver: Node, is_inside: bool) -> tuple[str | int, ...]:
    return giver.address[:-1] if is_inside else ("layers",)
