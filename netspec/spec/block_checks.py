"""What the definition of a block may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netspec.problems import Path, Problem, error
from netspec.spec.block_parameters import parameter_names
from netspec.spec.marks import Array, Table
from netspec.spec.suggest import question

BLOCK_KEYS = ("layers", "parameters", "required", "carry", "copies", "output", "description")
FORMS: Mapping[str, tuple[type, str]] = {
    "parameters": (Table, "{ stride = 1 }"),
    "required": (Array, '["channels"]'),
    "carry": (Table, '{ in_channels = "${channels}" }'),
    "copies": (str, '"layer${copy + 1}"'),
}
_ADD_LAYERS = "add [[blocks.{}.layers]]"


def check_blocks(blocks: Table) -> Iterator[Problem]:
    """Problems of `[blocks.NAME]`, whoever uses them."""
    for name, block in blocks.items():
        path: Path = ("blocks", name)
        if not isinstance(block, Table) or not isinstance(block.get("layers"), Array) or not block["layers"]:
            message = "the block has no layers"
            yield error("NS033", path, blocks.at_value(name), message, _ADD_LAYERS.format(name))
            continue
        for key, (kind, form) in FORMS.items():
            if key in block and not isinstance(block[key], kind):
                message = f"{key} has another form"
                yield error("NS103", path, block.at_value(key), message, f"write {key} = {form}")
        yield from _unknown_keys(path, block, BLOCK_KEYS, "keys of a block")
        if isinstance(block.get("carry"), Table):
            yield from _unknown_keys((*path, "carry"), block["carry"], parameter_names(block), "its parameters")


def _unknown_keys(path: Path, table: Table, known: Sequence[str], what: str) -> Iterator[Problem]:
    for key in sorted(table.keys() - set(known)):
        hint = question(key, known, what=what)
        yield error("NS101", (*path, key), table.at_key(key), f"unknown key {key}", hint)
