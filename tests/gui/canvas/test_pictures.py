"""Pictures of the whole graph, and thumbnails."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gui.canvas.export import SCALE, export
from gui.canvas.thumbnail import thumbnail
from netspec.look import DARK, LIGHT
from netspec.shipped import shipped_specs
from tests.gui.canvas.conftest import Hands


def colours(image: QImage) -> int:
    step = max(1, image.width() // 100)
    return len({image.pixel(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)})


def test_png_has_double_size_and_shows_the_whole_graph_at_any_zoom(hands: Hands, tmp_path: Path) -> None:
    hands.view.set_zoom(0.1)
    assert hands.canvas.write_picture(tmp_path / "small.png")
    image = QImage(str(tmp_path / "small.png"))
    bounds = hands.canvas.board.scene.bounds()
    assert image.width() >= SCALE * bounds.width()
    assert image.height() >= SCALE * bounds.height()
    assert colours(image) > 20


def test_svg_holds_every_name_as_a_drawing(hands: Hands, tmp_path: Path) -> None:
    assert hands.canvas.write_picture(tmp_path / "small.svg")
    root = ElementTree.parse(tmp_path / "small.svg").getroot()
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"conv1", "relu1", "conv2", "sum", "fc", "loss", "4 × 8 × 8"} <= texts
    assert not list(root.iter("{http://www.w3.org/2000/svg}image"))


def test_pdf_is_one_page(hands: Hands, tmp_path: Path) -> None:
    assert hands.canvas.write_picture(tmp_path / "small.pdf")
    data = (tmp_path / "small.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") == 1


def test_a_picture_that_cannot_be_written_is_refused_in_words(hands: Hands, tmp_path: Path) -> None:
    said: list[str] = []
    hands.document.refused.connect(lambda message, _: said.append(message))
    assert not hands.canvas.write_picture(tmp_path / "small.bmp")
    assert not hands.canvas.write_picture(tmp_path / "nowhere" / "small.png")
    assert ".bmp" in said[0]
    assert "small.png cannot be written" in said[1]


def test_a_picture_is_the_same_whatever_is_chosen(hands: Hands, tmp_path: Path) -> None:
    diagram, layout = hands.canvas.board.diagram, hands.canvas.board.layout
    export(diagram, layout, tmp_path / "a.png")
    hands.view.choose(["conv1"])
    export(diagram, layout, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("name", list(shipped_specs()))
def test_every_shipped_spec_has_a_thumbnail(qapp: QApplication, name: str) -> None:
    image = thumbnail(shipped_specs()[name], QSize(160, 90), LIGHT)
    assert (image.width(), image.height()) == (160, 90)
    assert colours(image) > 2


def test_a_spec_that_cannot_be_read_has_an_empty_thumbnail(qapp: QApplication, tmp_path: Path) -> None:
    assert colours(thumbnail(tmp_path / "none.toml", QSize(80, 60), DARK)) == 1
    (tmp_path / "broken.toml").write_text("[[[", encoding="utf-8")
    assert colours(thumbnail(tmp_path / "broken.toml", QSize(80, 60), DARK)) == 1
