"""The palette offers every layer there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.drops import MIME
from gui.canvas.palette_items import Entry, layer_entries
from gui.desk import Desk
from gui.document import Document
from gui.panels.palette import ENTRY, Palette
from netspec.registry import plugins
from tests.gui.canvas.conftest import BLOCKS, NETWORK


@pytest.fixture
def palette(qapp: QApplication, qtbot: object) -> Iterator[Palette]:
    panel = Palette(Desk(Document()))
    panel.resize(240, 600)
    panel.show()
    yield panel
    panel.close()
    panel.deleteLater()


def shown(palette: Palette) -> list[str]:
    """Labels of the layers that are not hidden."""
    tree = palette.tree
    sections = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    items = [section.child(row) for section in sections if section is not None for row in range(section.childCount())]
    return [item.text(0) for item in items if item is not None and not item.isHidden()]


def test_every_layer_of_the_registry_stands_once_in_its_family() -> None:
    entries = [entry for section in layer_entries().values() for entry in section]
    assert sorted(entry.type for entry in entries) == sorted(plugins("netspec.layers"))
    assert all(entry.summary for entry in entries)


@pytest.mark.parametrize(
    ("query", "first"), [("relu", "relu"), ("dense", "linear"), ("conv", "conv2d"), ("max pool", "max_pool2d")]
)
def test_search_finds_by_name_alias_and_summary(palette: Palette, query: str, first: str) -> None:
    QTest.keyClicks(palette.search, query)
    assert first in shown(palette)
    assert len(shown(palette)) < 12
    assert palette.tree.currentItem().text(0) == first


def test_enter_in_the_search_adds_behind_the_chosen_layer(palette: Palette) -> None:
    document = palette.desk.document
    document.new(NETWORK)
    palette.desk.choose({"conv1"})
    QTest.keyClicks(palette.search, "batch")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    document.settle()
    state = document.state
    assert state is not None
    names = [node.name for node in state.outline.nodes]
    assert names[names.index("conv1") + 1] == "bn1"
    assert palette.desk.chosen == {"bn1"}
    assert document.undo_stack.undoText() == "Add batch_norm"


def test_a_double_click_adds_the_layer(palette: Palette) -> None:
    palette.desk.document.new(NETWORK)
    (item,) = palette.tree.findItems("tanh", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    palette.tree.scrollToItem(item)
    place = palette.tree.visualItemRect(item).center()
    QTest.mouseClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert 'name = "tanh1"' in palette.desk.document.text


def test_a_drag_carries_the_type(palette: Palette) -> None:
    (item,) = palette.tree.findItems("conv2d", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    data = bytes(palette.tree.mimeData([item]).data(MIME).data())
    assert data == b'{"type": "conv2d", "fields": {}}'


def test_the_blocks_of_the_spec_are_templates(palette: Palette) -> None:
    palette.desk.document.new(BLOCKS)
    palette.desk.document.settle()
    (item,) = palette.tree.findItems("basic", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    entry = item.data(0, ENTRY)
    assert isinstance(entry, Entry)
    palette.desk.choose({"stem"})
    assert palette.add(entry)
    palette.desk.document.settle()
    state = palette.desk.document.state
    assert state is not None
    assert [node.name for node in state.outline.children(None)][:3] == ["input", "stem", next(iter(palette.desk.chosen))]
    assert not state.problems


def test_without_a_document_nothing_is_added(palette: Palette) -> None:
    said: list[str] = []
    palette.desk.message_shown.connect(said.append)
    QTest.keyClicks(palette.search, "relu")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert said == ["Open or begin a spec first."]
