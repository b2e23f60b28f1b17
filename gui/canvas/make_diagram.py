"""Outline and report of a spec → the diagram that the canvas shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gui.canvas.diagram import Box, Diagram, Edge, Frame, loss_box
from netspec.analysis import Report, Row
from netspec.editing import Node, Outline
from netspec.problems import Problem
from netspec.registry import plugins


@dataclass(frozen=True)
class Facts:
    """What is known besides the outline. tree: the spec as plain dicts, of which the loss is drawn.

    report: table of the layers; shapes: those of inputs and layers, as far as they can be made out.
    """

    report: Report | None = None
    shapes: Mapping[str, tuple[int, ...]] | None = None
    problems: tuple[Problem, ...] = ()
    tree: Mapping[str, Any] | None = None
    is_broken: bool = False


def make_diagram(outline: Outline, facts: Facts, folded: Collection[str] = ()) -> Diagram:
    """Blocks named in `folded` are one box; all others are frames around what they hold."""
    maker = _Maker(outline, facts, folded)
    return maker.make()


def fold_all(outline: Outline) -> frozenset[str]:
    """The blocks to fold so that each is one box."""
    return frozenset(node.name for node in outline.children(None) if node.kind == "block")


class _Maker:
    def __init__(self, outline: Outline, facts: Facts, folded: Collection[str]) -> None:
        self.outline, self.facts = outline, facts
        self.rows: dict[str, Row] = {row.name: row for row in facts.report.table} if facts.report else {}
        self.shown = _shown(outline, folded)
        self.is_frame = {node.name for node in outline.nodes if node.kind == "block" and self._is_open(node, folded)}
        self.notes = _notes(outline, facts.problems)
        self.instances = _instances(outline)

    def make(self) -> Diagram:
        boxes = [self._box(node) for node in self.outline.nodes if self.shown.get(node.name) == node.name]
        frames = [self._frame(node) for node in self.outline.nodes if node.name in self.is_frame]
        edges = list(self._edges())
        for place, loss in enumerate(self._losses()):
            boxes.append(self._loss(place, loss))
            read = self._read_by(loss)
            edges += [Edge(self.shown[read], loss_box(place))] if read in self.shown else []
        return Diagram(tuple(boxes), tuple(edges), tuple(frames), self.facts.is_broken)

    def _is_open(self, node: Node, folded: Collection[str]) -> bool:
        return self.shown.get(node.name) is None and bool(self.outline.children(node.name))

    def _box(self, node: Node) -> Box:
        leaves = list(self.outline.leaves(node.name)) if node.kind == "block" else [node]
        rows = [self.rows[leaf.name] for leaf in leaves if leaf.name in self.rows]
        names = dict.fromkeys([node.name, *(leaf.name for leaf in leaves)])
        errors, warnings = _merged(self.notes.get(name, ((), ())) for name in names)
        known = self.facts.shapes or {}
        return Box(
            node.name, node.kind, node.type, tuple(_family(leaf) for leaf in leaves) or ("shape",), node.parent,
            _label(node), known.get(self._output(node, leaves)), sum(row.params for row in rows),
            _all_frozen(rows) if rows else node.frozen, errors, warnings, len(_copies(self.outline, node)) or 1,
            len(leaves),
        )  # fmt: skip

    def _output(self, node: Node, leaves: Sequence[Node]) -> str:
        """The layer whose output a box gives: of a block the one in it that is read outside, else its last."""
        if node.kind != "block" or not leaves:
            return node.name
        inside = {leaf.name for leaf in leaves}
        return next((name for name in self._read_outside if name in inside), leaves[-1].name)

    @cached_property
    def _read_outside(self) -> list[str]:
        """Layers of folded blocks that are read by others."""
        nodes = [node for node in self.outline.nodes if node.name in self.shown]
        pairs = ((name, node.name) for node in nodes for name in node.inputs)
        return [giver for giver, reader in pairs if self.shown.get(giver) != self.shown[reader]]

    def _frame(self, node: Node) -> Frame:
        rows = [self.rows[leaf.name] for leaf in self.outline.leaves(node.name) if leaf.name in self.rows]
        parent = self.outline.by_name.get(node.parent) if node.parent else None
        is_copy = parent is not None and node in _copies(self.outline, parent)
        return Frame(
            node.name, node.type, node.parent, _label(node), self.instances.get(node.type, 1),
            len(_copies(self.outline, node)) or 1, sum(row.params for row in rows), _all_frozen(rows), is_copy,
        )  # fmt: skip

    def _edges(self) -> Iterable[Edge]:
        """Lines between what is shown; those within one folded block are not drawn."""
        seen: set[tuple[str, str, int]] = set()
        for node in self.outline.nodes:
            reader = self.shown.get(node.name)
            if reader is None or (node.kind == "block" and self.outline.children(node.name)):
                continue
            for port, name in enumerate(node.inputs):
                giver = self.shown.get(name)
                key = (giver or "", reader, port if reader == node.name else 0)
                if giver is not None and giver != reader and key not in seen:
                    seen.add(key)
                    yield Edge(*key)

    def _losses(self) -> list[dict[str, Any]]:
        tree = self.facts.tree or {}
        several = tree.get("losses")
        found = several if isinstance(several, list) else [tree.get("loss")]
        return [loss for loss in found if isinstance(loss, dict)]

    def _loss(self, place: int, loss: Mapping[str, Any]) -> Box:
        name, kind = loss_box(place), str(loss.get("type", "?"))
        errors, warnings = self.notes.get(name, ((), ()))
        label = str(loss.get("name", "loss")) if place or len(self._losses()) > 1 else "loss"
        return Box(name, "loss", kind, ("loss",), None, label, errors=errors, warnings=warnings)

    def _read_by(self, loss: Mapping[str, Any]) -> str:
        """The layer that a loss's `input` names, else the network's last output, else the last layer that nobody reads."""
        named, outputs = loss.get("input"), (self.facts.tree or {}).get("outputs")
        if isinstance(named, str):
            return named
        if isinstance(outputs, list) and outputs:
            return str(outputs[-1])
        read = {name for node in self.outline.nodes for name in node.inputs}
        ends = [node.name for node in self.outline.nodes if node.kind == "layer" and node.name not in read]
        return ends[-1] if ends else ""


def _shown(outline: Outline, folded: Collection[str]) -> dict[str, str]:
    """Node → the box that shows it: itself, or the outermost folded block around it. Frames are shown by none."""
    result: dict[str, str] = {}
    for node in outline.nodes:
        if node.parent is not None and node.parent in result:
            result[node.name] = result[node.parent]
        elif node.kind != "block" or node.name in folded or not outline.children(node.name):
            result[node.name] = node.name
    return result


def _copies(outline: Outline, node: Node) -> list[Node]:
    """The repetitions of a block, when it is repeated: blocks in it that are written where it is written."""
    children = outline.children(node.name) if node.kind == "block" else ()
    return [child for child in children if child.kind == "block" and child.address == node.address]


def _instances(outline: Outline) -> dict[str, int]:
    """How many copies of each definition there are."""
    found: dict[str, int] = {}
    for node in outline.nodes:
        if node.kind == "block" and not _copies(outline, node):
            found[node.type] = found.get(node.type, 0) + 1
    return found


def _label(node: Node) -> str:
    return node.name.removeprefix(f"{node.parent}.") if node.parent else node.name


def _family(node: Node) -> str:
    plugin = plugins("netspec.layers").get(node.type)
    return plugin.family if plugin else "shape"


def _all_frozen(rows: Collection[Row]) -> bool:
    """Whether nothing in it is learned: frozen itself, or of a block every layer that could learn."""
    able = [row for row in rows if row.params] or rows
    return bool(able) and all(row.frozen for row in able)


Notes = tuple[tuple[str, ...], tuple[str, ...]]
"""Errors and warnings."""


def _notes(outline: Outline, problems: Iterable[Problem]) -> dict[str, Notes]:
    """Problems by the box they belong to."""
    by_address: dict[Any, str] = {}
    for node in outline.nodes:
        by_address.setdefault(node.address, node.name)
    found: dict[str, Notes] = {}
    for problem in problems:
        name = _owner(problem, outline, by_address)
        if name is not None:
            text = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
            errors, warnings = found.get(name, ((), ()))
            is_error = problem.severity == "error"
            found[name] = ((*errors, text), warnings) if is_error else (errors, (*warnings, text))
    return found


def _owner(problem: Problem, outline: Outline, by_address: Mapping[Any, str]) -> str | None:
    path = problem.path
    if path[:1] in (("loss",), ("losses",)):
        return loss_box(path[1] if len(path) > 1 and isinstance(path[1], int) else 0)
    if len(path) > 1 and path[0] == "layers" and str(path[1]) in outline.by_name:
        return str(path[1])
    for length in range(len(path), 0, -1):
        if path[:length] in by_address:
            return by_address[path[:length]]
    return None


def _merged(notes: Iterable[Notes]) -> Notes:
    errors: list[str] = []
    warnings: list[str] = []
    for error, warning in notes:
        errors += error
        warnings += warning
    return tuple(errors), tuple(warnings)
