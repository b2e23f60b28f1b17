"""Later stages of training beside the strip of frozen depth: a thin rail for each, frozen grey, else in the rate's colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from gui.canvas.diagram import Diagram
from gui.canvas.ink import Ink, mix
from gui.transfer.painting import rate_colour
from gui.transfer.schedule import Row, Schedule
from netspec.editing import Outline

RAIL, STEP, MOST = 4.0, 7, 5
"""Pixels of a rail, and from one to the next; so many are shown."""
Extent = tuple[float, float]


def later_rows(schedule: Schedule | None) -> tuple[Row, ...]:
    """The stages that have a rail: all but the first."""
    return schedule.rows[1 : MOST + 1] if schedule is not None else ()


def box_rates(row: Row, diagram: Diagram, outline: Outline) -> dict[str, float | None]:
    """Box → the highest rate of what it shows; None: all of it is frozen. Boxes without parameters have none."""
    found: dict[str, float | None] = {}
    for box in diagram.boxes:
        if box.kind in ("layer", "block") and box.params:
            rates = [row.rates[leaf.name] for leaf in outline.leaves(box.name) if leaf.name in row.rates]
            found[box.name] = max(rates, default=None)
    return found


def paint_rail(
    painter: QPainter, left: float, ink: Ink, extents: Mapping[str, Extent], rates: Mapping[str, float | None]
) -> None:
    """One rail; extents: where each box begins and ends in the view, above one another."""
    painter.setPen(Qt.PenStyle.NoPen)
    names = sorted((name for name in rates if name in extents), key=lambda name: extents[name][0])
    for name, end in zip(names, _ends(names, extents), strict=True):
        rate = rates[name]
        painter.setBrush(mix(ink.page, ink.frozen, 0.5) if rate is None else rate_colour(ink, rate))
        painter.drawRoundedRect(QRectF(left, extents[name][0], RAIL, max(end - extents[name][0] - 1, 2)), 1.5, 1.5)


def _ends(names: list[str], extents: Mapping[str, Extent]) -> Iterable[float]:
    """Each box reaches to the next, so that layers without parameters leave no holes."""
    for name, following in zip(names, [*names[1:], None], strict=True):
        yield max(extents[following][0], extents[name][1]) if following is not None else extents[name][1]
