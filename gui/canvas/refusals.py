"""Whether one box can read another, and why not, before the mouse is released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gui.canvas.diagram import loss_place
from gui.canvas.edits import Edits
from netspec.layers.base import Layer, ShapeError
from netspec.look import shape


@dataclass(frozen=True)
class Verdict:
    """ok: it can; doubt: it can, but the network will then have this error; no: it cannot. text: in words."""

    kind: Literal["ok", "doubt", "no"]
    text: str


def judge(edits: Edits, giver: str, reader: str) -> Verdict:
    """What connecting two boxes would mean."""
    diagram = edits.board.diagram
    give, read = diagram.box.get(giver), diagram.box.get(reader)
    if give is None or read is None:
        return Verdict("no", "drop it on a layer")
    if giver == reader:
        return Verdict("no", f"{read.label} cannot read itself")
    if read.kind == "input":
        return Verdict("no", f"{read.label} is an input of the network and reads nothing")
    if give.kind == "loss":
        return Verdict("no", "the loss is the end: nothing reads it")
    if giver in diagram.layers_below(reader):
        return Verdict("no", f"a circle: {give.label} is computed from {read.label}")
    before = diagram.givers(reader)
    if giver in before and not _takes_several(edits, reader):
        return Verdict("no", f"{read.label} reads {give.label} already")
    problem = edits.try_connect(giver, reader)
    if problem is not None:
        return Verdict("no", problem.message)
    doubt = _shape_doubt(edits, giver, reader, before)
    if doubt:
        return Verdict("doubt", doubt)
    if before and not _takes_several(edits, reader):
        replaced = diagram.box[before[0]].label if before[0] in diagram.box else before[0]
        return Verdict("ok", f"{read.label} reads {give.label} instead of {replaced}")
    return Verdict("ok", f"{read.label} reads {give.label}")


def _layer(edits: Edits, name: str) -> Layer | None:
    state = edits.document.state
    if state is None or state.report is None or name not in state.report.graph:
        return None
    layer: Layer | None = state.report.graph.nodes[name]["layer"]
    return layer


def _takes_several(edits: Edits, reader: str) -> bool:
    layer = _layer(edits, reader)
    return layer is not None and layer.arity[1] != 1 and loss_place(reader) is None


def _shape_doubt(edits: Edits, giver: str, reader: str, before: list[str]) -> str:
    """What is wrong with the shapes that the reader would get; empty where nothing is, or it is not known."""
    layer, state = _layer(edits, reader), edits.document.state
    if layer is None or state is None or state.report is None:
        return ""
    read = [*before, giver] if _takes_several(edits, reader) else [giver]
    diagram = edits.board.diagram
    shapes = [diagram.box[name].shape for name in read if name in diagram.box]
    known = [item for item in shapes if item]
    if len(known) < max(len(read), layer.arity[0]):
        return ""
    try:
        layer.infer_shape(known)
    except ShapeError as problem:
        return problem.message
    except (ValueError, IndexError, ArithmeticError):  # a shape of another rank than the rule was written for
        return f"{layer.name} cannot read {' and '.join(shape(item) for item in known)}"
    return ""
