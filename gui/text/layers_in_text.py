"""Which layers the text around the cursor belongs to, and which lines belong to a layer."""

from __future__ import annotations

from functools import lru_cache

from gui.text.scan import Scan, Value, scan
from netspec.editing import Node, Outline
from netspec.problems import Path
from netspec.spec.source import Format

Lines = tuple[int, int]
"""First and last, counted from 0."""


@lru_cache(maxsize=3)
def scanned(text: str, format: Format) -> Scan:
    """The scan of a text, with its tree. Several ask for the same; of a long text the analysis asks first, in its thread."""
    found = scan(text, format)
    assert isinstance(found.tree, dict)
    return found


def layers_at(found: Scan, outline: Outline, position: int) -> frozenset[str]:
    """Full names of the layers (or the use of a block) whose table stands at a position; in a block's definition those
    of all uses."""
    address = _address(found.zone(position).path)
    return frozenset(node.name for node in _nodes(outline, address)) if address else frozenset()


def _nodes(outline: Outline, address: Path) -> list[Node]:
    found = [node for node in outline.nodes if node.address == address and node.kind != "input"]
    names = {node.name for node in found}
    return [node for node in found if node.parent not in names]  # of a repeated block the use, not its copies


def _address(path: Path) -> Path:
    """("layers", 3, "padding", "top") → ("layers", 3); () outside of layers."""
    if path[:1] == ("layers",) and len(path) > 1:
        return path[:2]
    is_inside = path[:1] == ("blocks",) and len(path) > 3 and path[2] == "layers"
    return path[:4] if is_inside else ()


def lines_of(found: Scan, address: Path) -> Lines | None:
    """The lines of the table at an address; None when it is not in this text."""
    table = found.at(address)
    if table is None:
        return None
    return found.text.count("\n", 0, table.start), _last_line(found, table)


def _last_line(found: Scan, table: Value) -> int:
    text = found.text[table.start : table.end].rstrip()
    return found.text.count("\n", 0, table.start + len(text))
