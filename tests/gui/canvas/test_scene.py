"""What is drawn, and how much of it."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.canvas import box_item
from gui.canvas.board import Board, lay_out_diagram
from gui.canvas.box_item import BoxItem
from gui.canvas.curves import curve, resampled
from gui.canvas.diagram import Box, Diagram, Edge
from gui.canvas.far_item import FarItem
from gui.canvas.ink import Ink, ink_of
from gui.canvas.layout.nested import Layout, lay_out
from gui.canvas.motion import between
from gui.canvas.regions import frozen_regions
from gui.canvas.view import FAR
from gui.panels.canvas import Canvas
from netspec import editing
from netspec.look import DARK, LIGHT
from netspec.problems import Problem
from tests.gui.canvas.conftest import BLOCKS, NETWORK, Hands

THOUSAND = "\n".join(
    ['spec_version = 1\n[input]\nshape = [8]\n'] + [f'[[layers]]\nname = "r{place}"\ntype = "relu"\n' for place in range(1000)]
)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the boxes that are painted one by one from now on."""
    names: list[str] = []
    real = box_item.paint_box

    def note(painter: QPainter, box: Box, ink: Ink, zoom: float, *, has_flake: bool) -> None:
        names.append(box.name)
        real(painter, box, ink, zoom, has_flake=has_flake)

    monkeypatch.setattr(box_item, "paint_box", note)
    return names


def test_panning_paints_only_boxes_that_come_into_sight(hands: Hands, painted: list[str]) -> None:
    hands.open(THOUSAND)
    hands.view.viewport().repaint()
    painted.clear()
    for _ in range(20):
        hands.view.pan(QPoint(0, -36))
        QApplication.processEvents()
    assert 8 <= len(painted) <= 14  # 20 · 36 = 720 pixels, 72 from box to box
    assert len(set(painted)) == len(painted)


def test_a_large_network_is_laid_out_in_the_thread_of_its_analysis(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def note(*arguments: Any) -> Layout:
        threads.append(threading.current_thread())
        return lay_out(*arguments)

    monkeypatch.setattr("gui.canvas.board.lay_out", note)
    hands.open(THOUSAND)
    assert hands.edit("Add", editing.add_layer, "tanh", "new", "r500")
    assert len(threads) == 2
    assert threading.main_thread() not in threads
    board = hands.canvas.board
    assert board.layout == lay_out_diagram(board.diagram)


def test_from_afar_no_box_is_painted_by_itself(hands: Hands, painted: list[str]) -> None:
    hands.open(THOUSAND)
    hands.view.set_zoom(FAR * 0.9)
    painted.clear()
    hands.view.viewport().repaint()
    assert painted == []
    scene = hands.canvas.board.scene
    assert scene.far.isVisible()
    assert not scene.near.isVisible()
    hands.view.set_zoom(1.0)
    assert not scene.far.isVisible()


def test_the_view_from_afar_sorts_boxes_by_colour_and_lines_by_depth(hands: Hands) -> None:
    hands.open(THOUSAND)
    far = FarItem()
    board = hands.canvas.board
    far.show_all(board.diagram, board.layout, board.scene.ink)
    assert sum(len(group.rects) for group in far.groups) == 1001
    assert len(far.groups) <= 3
    assert max(len(lines) for lines in far.lines.values()) < 40


def test_from_afar_boxes_are_named_as_long_as_there_are_few(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    monkeypatch.setattr("gui.canvas.far_item.write", lambda painter, rect, text, *_: named.append(text))
    hands.view.set_zoom(0.3)
    hands.view.viewport().repaint()
    assert {"conv1", "relu1", "conv2", "sum", "fc", "loss"} <= set(named)
    named.clear()
    hands.view.set_zoom(0.1)
    hands.view.viewport().repaint()
    assert named == []


def test_an_edit_of_a_field_lays_nothing_out_anew(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hands.canvas.board.layout
    monkeypatch.setattr("gui.canvas.board.lay_out_diagram", lambda *_: pytest.fail("laid out"))
    hands.edit("Wider", editing.set_field, ("layers", 0), "out_channels", 6)
    assert hands.canvas.board.layout is before
    assert hands.canvas.board.diagram.box["conv1"].shape == (6, 8, 8)


def test_items_agree_with_the_diagram_after_each_edit_and_undo(hands: Hands) -> None:
    def agrees() -> bool:
        scene = hands.canvas.board.scene
        boxes = {name: item.box for name, item in scene.boxes.items()}
        places = all(item.pos() == QPointF(*scene.layout.boxes[name][:2]) for name, item in scene.boxes.items())
        return boxes == scene.diagram.box and set(scene.edges) == set(scene.diagram.pairs) and places

    assert agrees()
    for function, *arguments in (
        (editing.remove_layers, ["relu1"]), (editing.rename, "conv1", "stem"), (editing.set_frozen, ["stem"], True),
        (editing.add_layer, "dropout", None, "fc"),
    ):  # fmt: skip
        assert hands.edit("step", function, *arguments)
        hands.canvas.board.scene.finish_motion()
        assert agrees()
    while hands.document.undo_stack.canUndo():
        hands.undo()
        hands.canvas.board.scene.finish_motion()
        assert agrees()
    assert hands.document.text == NETWORK


def test_a_change_of_the_layout_is_a_motion_that_ends_at_the_new_places(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(Board, "is_still", lambda _: False)
    scene = hands.canvas.board.scene
    before = scene.boxes["fc"].pos()
    hands.edit("Delete", editing.remove_layers, ["relu1"])
    assert scene.boxes["fc"].pos() == before
    end = QPointF(*scene.layout.boxes["fc"][:2])
    qtbot.waitUntil(lambda: scene.boxes["fc"].pos() == end, timeout=5000)
    assert end != before


def test_nothing_moves_while_a_network_is_trained(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.desk.run_event.emit([{"event": "step"}])
    assert hands.canvas.board.is_still()


def test_shapes_stand_at_the_lines_where_they_change(hands: Hands) -> None:
    telling = {pair for pair, item in hands.canvas.board.scene.edges.items() if item.tells}
    assert telling == {("input", "conv1"), ("conv1", "relu1"), ("fc", "[loss]")}  # relu1 and sum have their input's
    assert hands.canvas.board.scene.edges["conv1", "relu1"].label.text == "4 × 8 × 8"


def chain(frozen: set[str], boxes: str = "abcd") -> Diagram:
    made = tuple(Box(name, params=10, is_frozen=name in frozen, label=name) for name in boxes)
    return Diagram(made, tuple(Edge(a, b) for a, b in pairwise(boxes)))


def test_a_frozen_region_is_one_ground_around_boxes_that_hang_together() -> None:
    diagram = chain({"a", "b", "d"})
    layout = lay_out("abcd", [], {}, diagram.pairs)  # type: ignore[arg-type]
    (region,) = frozen_regions(diagram, layout)
    assert (region.names, region.params) == (("a", "b"), 20)
    (rect,) = region.rects
    assert rect.holds(layout.boxes["a"].centre)
    assert not rect.meets(layout.boxes["c"])


def test_a_frozen_region_around_a_box_that_learns_is_cut_into_pieces() -> None:
    boxes = (Box("a", is_frozen=True), Box("b"), Box("c", is_frozen=True), Box("d", is_frozen=True))
    diagram = Diagram(boxes, (Edge("a", "b"), Edge("b", "d"), Edge("a", "c"), Edge("c", "d", 1)))
    layout = lay_out("abcd", [], {}, diagram.pairs)  # type: ignore[arg-type]
    (region,) = frozen_regions(diagram, layout)
    assert not any(rect.meets(layout.boxes["b"]) for rect in region.rects)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_on_boxes_has_enough_contrast(theme: object) -> None:
    ink = ink_of(theme)  # type: ignore[arg-type]
    grounds = [ink.tint(family) for family in ("convolution", "linear", "activation", "loss")] + [ink.frozen_fill]
    for ground in grounds:
        assert contrast(ink.text, ground) >= 7
        assert contrast(ink.quiet, ground) >= 4.5


def contrast(one: QColor, other: QColor) -> float:
    """Of WCAG 2: (L1 + 0.05) / (L2 + 0.05)."""

    def luminance(colour: QColor) -> float:
        parts = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.getRgbF()[:3])
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_box_says_in_words_what_it_shows() -> None:
    box = Box("layer1", "block", "basic", label="layer1", shape=(64, 56, 56), params=1200, is_frozen=True, times=2, layers=14)
    thin = "\N{NARROW NO-BREAK SPACE}"
    expected = f"layer1, block basic 2 times, 14 layers, output 64 × 56 × 56, 1{thin}200 parameters, frozen"
    assert box.spoken() == expected
    assert Box("fc", type="linear", label="fc", errors=("too large",)).spoken() == "fc, linear\nerror: too large"


def test_a_curve_runs_through_its_points() -> None:
    points = [(0.0, 0.0), (50.0, 28.0), (50.0, 90.0), (0.0, 120.0)]
    path = curve(points)
    assert (path.pointAtPercent(0).toTuple(), path.pointAtPercent(1).toTuple()) == (points[0], points[-1])
    rect = path.boundingRect()
    assert (rect.left(), rect.right(), rect.top(), rect.bottom()) == (0, 50, 0, 120)


def test_a_resampled_line_keeps_its_ends() -> None:
    line = [(0.0, 0.0), (0.0, 10.0), (20.0, 10.0)]
    more = resampled(line, 7)
    assert (more[0], more[-1], len(more)) == ((0.0, 0.0), (20.0, 10.0), 7)
    assert more[2] == (0.0, 10.0)


def test_dragging_the_strips_handle_freezes_up_to_the_layer_beside_it(hands: Hands) -> None:
    strip = hands.view.freeze_strip
    start = QPoint(strip.width() // 2, round(strip._handle_y()))
    end = strip.mapFrom(hands.view, hands.place("conv2", dy=8))
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(strip, QPoint(start.x(), end.y()))
    assert strip.target == "conv2"
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(start.x(), end.y()))
    assert strip.frozen_to() == "conv2"
    assert hands.canvas.board.diagram.frozen >= {"conv1", "relu1", "conv2"}
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(start.x(), round(strip._handle_y())))
    QTest.mouseMove(strip, QPoint(start.x(), 2))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(start.x(), 2))
    assert hands.document.text == NETWORK


def test_the_strip_is_filled_where_all_boxes_are_frozen(hands: Hands) -> None:
    strip, rects = hands.view.freeze_strip, hands.canvas.board.layout.boxes
    assert strip._frozen_depths() == []
    hands.edit("Freeze", editing.set_frozen, ["conv1", "relu1", "fc"], True)
    first, last = strip._frozen_depths()
    edges = [rects["conv1"].top - 14, rects["relu1"].bottom + 14, rects["fc"].top - 14, rects["fc"].bottom + 14]
    assert [*first, *last] == [hands.view.mapFromScene(QPointF(0, y)).y() for y in edges]


def test_a_text_with_errors_marks_the_canvas_and_keeps_the_shapes_before_them(hands: Hands) -> None:
    marker = hands.canvas.corner.marker
    assert not marker.isVisible()
    hands.document.set_text("Typing", NETWORK.replace("out_features = 10", "out_features = 0"))
    hands.document.settle()
    assert marker.isVisible()
    boxes = hands.canvas.board.diagram.box
    assert boxes["sum"].shape == (4, 8, 8)
    assert boxes["fc"].shape is None
    assert boxes["fc"].errors


def test_an_empty_network_says_how_to_begin(canvas: Canvas) -> None:
    canvas.desk.document.new("spec_version = 1\n")
    canvas.desk.document.settle()
    assert canvas.corner.empty.isVisible()


def test_a_folded_network_is_shown_again_as_it_was_folded(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    hands.edit("Freeze", editing.set_frozen, ["stage"], True)
    assert "stage" in hands.names()


def test_going_to_a_layer_in_a_folded_block_unfolds_it(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    hands.desk.go_to_layer("stage.1.relu")
    assert "stage.1.relu" in hands.names()
    middle = hands.canvas.board.layout.boxes["stage.1.relu"].centre
    assert hands.view.sight().contains(QPointF(*middle))


def test_boxes_of_pictures_are_not_cached_as_pixels(hands: Hands) -> None:
    assert BoxItem(Box("a"), ink_of(LIGHT)).cacheMode() == BoxItem.CacheMode.NoCache
    on_screen = hands.canvas.board.scene.boxes["conv1"]
    assert on_screen.cacheMode() == BoxItem.CacheMode.DeviceCoordinateCache


def test_half_way_between_two_layouts_everything_is_half_way() -> None:
    pairs = [("a", "b"), ("b", "c"), ("a", "c")]
    start, end = lay_out("abc", [], {}, pairs), lay_out("abc", [], {}, pairs, {"b": (100, 200)})  # type: ignore[arg-type]
    assert between(start, end, 0.0).boxes == start.boxes
    assert between(start, end, 1.0).boxes == end.boxes
    middle = between(start, end, 0.5)
    assert middle.boxes["b"].centre == (50, (start.boxes["b"].centre[1] + end.boxes["b"].centre[1]) / 2)
    assert middle.lines["a", "b"][0] == start.lines["a", "b"][0]


def test_an_unreadable_text_is_told_over_the_canvas_and_a_click_goes_there(hands: Hands) -> None:
    wanted: list[Problem] = []
    hands.desk.problem_wanted.connect(wanted.append)
    assert not hands.canvas.corner.marker.isVisible()
    hands.open(NETWORK.replace('type = "relu"', 'type = "relu'))
    marker, state = hands.canvas.corner.marker, hands.document.state
    assert state is not None
    assert marker.isVisible()
    assert html.escape(state.problems[0].message) in marker.text()
    QTest.mouseClick(marker, Qt.MouseButton.LeftButton)
    assert wanted == [state.problems[0]]
    hands.open(NETWORK)
    assert not marker.isVisible()
