"""What is marked on the layers: what became of their weights, whether they were proven frozen, and whether they never moved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from gui.canvas.diagram import Box, Diagram
from gui.desk import Desk
from gui.runs.history import History
from gui.runs.session import session_of
from gui.transfer.loading import loading_of
from gui.transfer.loads import worst
from netspec.editing import Outline

UNMOVED = re.compile(r"not moved by any step of epoch \d+: ([^;]*)")
"""How a run warns of tensors that stayed as they were although they are to learn."""
STILL = "its parameters were not moved by any step of an epoch, although they are to learn"


@dataclass(frozen=True)
class Marks:
    """loads: layer → what became of its weights; proofs: frozen layer → whether every proof has found it unchanged;
    still: layers that are to learn and did not move."""

    loads: Mapping[str, str] = field(default_factory=dict)
    proofs: Mapping[str, bool] = field(default_factory=dict)
    still: frozenset[str] = frozenset()

    def load_of(self, layers: Iterable[str]) -> str:
        """Of several layers what needs a look first; "" when nothing is known of any."""
        return worst(self.loads[name] for name in layers if name in self.loads)

    def proof_of(self, layers: Iterable[str]) -> bool | None:
        """Whether all are proven; None where one was not looked at."""
        found = [self.proofs.get(name) for name in layers]
        return None if not found or None in found else all(found)


def marks_of_run(history: History) -> tuple[dict[str, bool], frozenset[str]]:
    """What a run's history says of its layers: proofs while they were frozen, and those that never moved."""
    lanes = [lane for lane in history.lanes.values() if lane.proofs]
    holds = all(lane.is_proven for lane in lanes)
    frozen = [name for stage in history.stages for name in stage.frozen] if lanes else []
    named = [tensor for text in history.warnings for found in UNMOVED.findall(text) for tensor in found.split(", ")]
    return dict.fromkeys(frozen, holds), frozenset(name.strip().rpartition(".")[0] for name in named if "." in name)


def marked(diagram: Diagram, outline: Outline, marks: Marks) -> Diagram:
    """The diagram with the marks on its boxes; of folded blocks those of their layers."""
    if marks == Marks():
        return diagram
    return replace(diagram, boxes=tuple(_marked(box, outline, marks) for box in diagram.boxes))


def _marked(box: Box, outline: Outline, marks: Marks) -> Box:
    if box.kind not in ("layer", "block"):
        return box
    leaves = [leaf.name for leaf in outline.leaves(box.name)]
    still = marks.still.intersection(leaves)
    warnings = (*box.warnings, *(f"{name}: {STILL}" for name in sorted(still)))
    proof = marks.proof_of(leaves) if box.is_frozen and box.params else None
    return replace(box, load=marks.load_of(leaves), proof=proof, warnings=warnings)


class Marker(QObject):
    """Keeps the marks up to date; one per desk, see `marker_of`."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk, self.marks = desk, Marks()
        self._loading, self._session = loading_of(desk), session_of(desk)
        self._loading.changed.connect(self._follow)
        self._session.watch.changed.connect(self._follow)
        desk.run_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        proofs, still = marks_of_run(self._session.watch.history) if self.desk.is_own_run else ({}, frozenset())
        marks = Marks({name: layer.state for name, layer in self._loading.layers.items()}, proofs, still)
        if marks != self.marks:
            self.marks = marks
            self.changed.emit()


def marker_of(desk: Desk) -> Marker:
    """The one of this desk; the first who asks makes it."""
    found = desk.findChild(Marker)
    return found if isinstance(found, Marker) else Marker(desk)
