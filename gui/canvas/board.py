"""What stands on the canvas: follows the document, remembers which blocks are folded, and lays the diagram out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QStyle

from gui.canvas.diagram import Diagram, loss_place
from gui.canvas.ink import ink_of
from gui.canvas.layout.geometry import Point
from gui.canvas.layout.nested import Layout, lay_out
from gui.canvas.make_diagram import Facts, fold_all, make_diagram
from gui.canvas.scene import CanvasScene
from gui.desk import Desk
from gui.state import State
from gui.theme import current_theme
from gui.transfer.marks import marked, marker_of
from netspec.analysis import examine

MOST_OPEN = 30
"""Layers up to which a network is shown with all its blocks unfolded at first."""
MOST_LIVE = 300
"""Boxes up to which everything makes room while one is dragged; in larger networks when it is released."""
MOST_GUESSED = 300
"""Layers up to which a text with errors is looked through for the shapes that can be known."""
STILL = 3.0
"""Seconds after the last news of a training run during which nothing is animated."""


class Board(QObject):
    """The diagram of the document and its scene; `shown` is emitted when there is another diagram."""

    shown = Signal()
    opened = Signal()
    """It is another document's."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.scene = CanvasScene(ink_of(current_theme()), is_cached=True)
        self.folded: frozenset[str] = frozenset()
        self._is_new = True
        """Another document has been opened, and is not shown yet."""
        self._last_news = 0.0
        self._pins: dict[str, Point] = {}
        self._laid: tuple[object, Layout] | None = None
        self._drawn: tuple[State, frozenset[str], Diagram] | None = None
        self.marker = marker_of(desk)
        desk.document.ahead.append(self.look_ahead)
        desk.document.opened.connect(self._note_opened)
        desk.document.changed.connect(self.refresh)
        desk.theme_changed.connect(self.refresh)
        desk.run_event.connect(self._note_news)
        self.marker.changed.connect(self.refresh)

    @property
    def diagram(self) -> Diagram:
        """What is shown."""
        return self.scene.diagram

    @property
    def layout(self) -> Layout:
        """Where it is shown."""
        return self.scene.layout

    def _note_opened(self) -> None:
        self._is_new = True

    def refresh(self) -> None:
        """Show the document as it is now."""
        state = self.desk.document.state
        if state is None:
            self._show(Diagram())
            return
        is_other, self._is_new = self._is_new, False
        if is_other:
            self.folded = folded_at_first(state)
        self._show(marked(self._diagram(state), state.outline, self.marker.marks), animated=not is_other)
        if is_other:
            self.opened.emit()

    def look_ahead(self, state: State) -> None:
        """Lay a large network out in the thread of its analysis, where `refresh` finds it; of 1,000 layers this takes 0.1 s."""
        folded = folded_at_first(state) if self._is_new else self.folded
        diagram = make_diagram(state.outline, facts_of(state), folded)
        self._lay_out(diagram)
        self._drawn = (state, folded, diagram)

    def whole(self) -> Diagram:
        """The diagram with every block unfolded."""
        state = self.desk.document.state
        return Diagram() if state is None else make_diagram(state.outline, facts_of(state))

    def preview(self, pins: Mapping[str, Point]) -> None:
        """Show where boxes would be with these further pins, without keeping them."""
        if len(self.diagram.boxes) > MOST_LIVE and pins.keys() <= self.diagram.box.keys():
            self.scene.shift({name: self._shift(name, pin) for name, pin in pins.items()})
            return
        self._pins = dict(pins)
        self.scene.show_diagram(self.diagram, self._lay_out(self.diagram), self.scene.ink)
        self._pins = {}

    def fold(self, names: Iterable[str]) -> None:
        """Show blocks as one box each."""
        self._set_folded(self.folded | set(names))

    def unfold(self, names: Iterable[str]) -> None:
        """Show what is in blocks."""
        self._set_folded(self.folded - set(names))

    def fold_all(self) -> None:
        """Fold every block that stands in no other."""
        state = self.desk.document.state
        if state is not None:
            self._set_folded(fold_all(state.outline))

    def unfold_all(self) -> None:
        """Unfold every block."""
        self._set_folded(frozenset())

    def reveal(self, name: str) -> None:
        """Unfold the blocks around a layer."""
        state = self.desk.document.state
        node = state.outline.by_name.get(name) if state else None
        around = set()
        while state is not None and node is not None and node.parent is not None:
            around.add(node.parent)
            node = state.outline.by_name.get(node.parent)
        self._set_folded(self.folded - around)

    def box_of(self, name: str) -> str | None:
        """The box or frame that shows a layer or block: itself, or the folded block around it."""
        state = self.desk.document.state
        found: str | None = name
        while found is not None and found not in self.diagram.box and found not in self.diagram.frame:
            node = state.outline.by_name.get(found) if state else None
            found = node.parent if node is not None else None
        return found

    def is_still(self) -> bool:
        """Whether changes are shown at once: the system asks for it, or a network is being trained."""
        style = QApplication.style()
        is_calm = not style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
        return is_calm or time.monotonic() - self._last_news < STILL

    def editable(self, names: Iterable[str]) -> list[str]:
        """Those that stand in the spec's text as layers or blocks, in the order of the diagram."""
        state = self.desk.document.state
        wanted = set(names)
        nodes = state.outline.nodes if state is not None else ()
        return [node.name for node in nodes if node.name in wanted and node.kind != "input" and loss_place(node.name) is None]

    def _set_folded(self, folded: frozenset[str]) -> None:
        if folded != self.folded:
            self.folded = folded
            self.refresh()

    def _diagram(self, state: State) -> Diagram:
        drawn = self._drawn
        if drawn is not None and drawn[0] is state and drawn[1] == self.folded:
            return drawn[2]
        return make_diagram(state.outline, facts_of(state), self.folded)

    def _show(self, diagram: Diagram, *, animated: bool = False) -> None:
        ink = ink_of(current_theme())
        self.scene.show_diagram(diagram, self._lay_out(diagram), ink, animated=animated and not self.is_still())
        self.shown.emit()

    def _lay_out(self, diagram: Diagram) -> Layout:
        pins = {**self.desk.document.positions, **self._pins}
        key = (diagram.parents, diagram.pairs, pins)
        laid = self._laid  # by two threads
        if laid is None or laid[0] != key:  # many edits change what stands in the boxes only
            laid = self._laid = (key, lay_out_diagram(diagram, pins))
        return laid[1]

    def _shift(self, name: str, pin: Point) -> Point:
        """How far a pin is from where a box lies."""
        x, y = self.layout.pin(name, self.diagram.parents.get(name))
        return pin[0] - x, pin[1] - y

    def _note_news(self, _: object) -> None:
        self._last_news = time.monotonic()


def folded_at_first(state: State) -> frozenset[str]:
    """The blocks that a newly opened document shows folded."""
    is_large = sum(node.kind == "layer" for node in state.outline.nodes) > MOST_OPEN
    return fold_all(state.outline) if is_large else frozenset()


def facts_of(state: State) -> Facts:
    """What the diagram needs of a state besides its outline; of a text with errors the shapes that are left."""
    report = state.report
    shapes = report.shapes if report is not None and not state.is_stale else _remaining_shapes(state)
    return Facts(report, shapes, state.problems, state.tree, state.report is None or state.is_stale)


def _remaining_shapes(state: State) -> Mapping[str, tuple[int, ...]]:
    draft = state.found.draft if state.found is not None else None
    if draft is None or len(draft.sketch.layers) > MOST_GUESSED:
        return {}
    return examine(draft.sketch, draft.locate)[2]


def lay_out_diagram(diagram: Diagram, pins: Mapping[str, Point] | None = None) -> Layout:
    """Places of everything in a diagram."""
    boxes, frames = [box.name for box in diagram.boxes], [frame.name for frame in diagram.frames]
    return lay_out(boxes, frames, diagram.parents, diagram.pairs, pins)
