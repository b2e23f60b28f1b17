from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.analyzer.lines import TITLES, shown_columns
from gui.panels.layer_table import LayerTablePanel
from gui.theme import family_colour
from netspec.shipped import shipped_specs
from tests.gui.conftest import BROKEN, TEXT
from tests.gui.panels.rig import Rig

THIN = "\N{NARROW NO-BREAK SPACE}"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(rig: Rig, spec_file: Path) -> LayerTablePanel:
    rig.open(spec_file)
    return table_of(rig)


def table_of(rig: Rig) -> LayerTablePanel:
    panel = rig.panel("Layers")
    assert isinstance(panel, LayerTablePanel)
    QApplication.processEvents()
    return panel


def rows(panel: LayerTablePanel) -> list[list[str]]:
    columns = shown_columns(panel.table.layers.lines)
    return [[column.text(line) for column in columns] for line in panel.table.visible_lines()]


def names(panel: LayerTablePanel) -> list[str]:
    return [line.name for line in panel.table.visible_lines()]


def click(panel: LayerTablePanel, name: str, key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    box = panel.table.visualRect(panel.table.index_of(name))
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, key, box.center())


def test_each_layer_has_its_costs(panel: LayerTablePanel) -> None:
    assert rows(panel) == [
        # 4·3·3·3 + 4 params; 8·8·4·27 MACs; 4·8·8·4 bytes; 112·4 bytes
        ["conv1", "conv2d", "4 × 8 × 8", "112", f"6{THIN}912", "1.0 KiB", "448 B", "3 × 3", "frozen", ""],
        ["relu1", "relu", "4 × 8 × 8", "–", "–", "1.0 KiB", "–", "3 × 3", "–", ""],
        ["fc", "linear", "10", f"2{THIN}570", f"2{THIN}560", "40 B", "10.0 KiB", "–", "yes", ""],
    ]


def test_totals_are_below(panel: LayerTablePanel) -> None:
    line = panel.totals.sums.lines[0]
    assert [column.text(line) for column in shown_columns([line])] == [
        "3 layers", "", "", f"2{THIN}682", f"9{THIN}472", "2.0 KiB", "10.5 KiB", "", "", "",
    ]  # fmt: skip


def test_a_click_on_a_title_sorts_by_number(panel: LayerTablePanel) -> None:
    header = panel.table.header()
    place = header.sectionPosition(TITLES.index("params")) - header.offset() + 10
    for expected in (["relu1", "conv1", "fc"], ["fc", "conv1", "relu1"], ["conv1", "relu1", "fc"]):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.rect().center().__class__(place, 8))
        assert names(panel) == expected


@pytest.mark.parametrize(
    ("words", "kept"),
    [("conv", ["conv1"]), ("frozen", ["conv1"]), ("4x8x8 relu", ["relu1"]), ("LINEAR", ["fc"]), ("nothing", [])],
)
def test_the_filter_keeps_lines_that_hold_all_words(panel: LayerTablePanel, words: str, kept: list[str]) -> None:
    QTest.keyClicks(panel.filter, words)
    assert names(panel) == kept
    assert panel.totals.sums.lines[0].label.split()[0] == str(len(kept))


def test_a_click_chooses_the_layer_and_asks_to_show_it(rig: Rig, panel: LayerTablePanel) -> None:
    wanted: list[str] = []
    rig.desk.layer_wanted.connect(wanted.append)
    click(panel, "fc")
    assert rig.desk.chosen == {"fc"}
    assert wanted == ["fc"]
    click(panel, "conv1", CONTROL)
    assert rig.desk.chosen == {"fc", "conv1"}
    panel.table.setFocus()
    click(panel, "fc")
    QTest.keyClick(panel.table, Qt.Key.Key_Up)
    assert rig.desk.chosen == {"relu1"}


def test_layers_chosen_elsewhere_are_chosen_here(rig: Rig, panel: LayerTablePanel) -> None:
    rig.desk.choose({"conv1", "fc"})
    assert [line.name for line in panel.table.chosen_lines()] == ["conv1", "fc"]
    rig.desk.choose(())
    assert panel.table.chosen_lines() == []


def test_the_choice_survives_an_edit(rig: Rig, panel: LayerTablePanel) -> None:
    click(panel, "fc")
    rig.document.set_text("Typing", TEXT.replace("out_features = 10", "out_features = 12"))
    rig.document.settle()
    assert [line.name for line in panel.table.chosen_lines()] == ["fc"]
    assert rig.desk.chosen == {"fc"}


def test_control_c_copies_csv_with_plain_numbers(rig: Rig, panel: LayerTablePanel) -> None:
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_C, CONTROL)
    found = list(csv.reader(io.StringIO(QApplication.clipboard().text())))
    assert found[0][:4] == ["layer", "type", "output shape", "parameters"]
    assert found[1] == ["conv1", "conv2d", "4×8×8", "112", "6912", "1024", "448", "3×3", "frozen", ""]
    assert found[-1][:5] == ["total", "", "", "2682", "9472"]


def test_several_chosen_lines_are_copied_alone_as_markdown(rig: Rig, panel: LayerTablePanel) -> None:
    click(panel, "conv1")
    click(panel, "fc", CONTROL)
    QTest.keyClick(panel.table, Qt.Key.Key_C, CONTROL | SHIFT)
    assert QApplication.clipboard().text().splitlines()[1:] == [
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |",
        "| conv1 | conv2d | 4×8×8 | 112 | 6912 | 1024 | 448 | 3×3 | frozen |  |",
        "| fc | linear | 10 | 2570 | 2560 | 40 | 10280 |  | yes |  |",
    ]


def test_export_writes_the_form_of_the_suffix(panel: LayerTablePanel, tmp_path: Path) -> None:
    panel.export_to(tmp_path / "a.csv")
    panel.export_to(tmp_path / "a.md")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").startswith("layer,type,")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("| layer | type |")


def test_blocks_can_be_grouped_with_their_sums(rig: Rig) -> None:
    rig.open(shipped_specs()["resnet18"])
    rig.document.settle()
    panel = table_of(rig)
    flat = names(panel)
    panel.grouped.setChecked(True)
    assert names(panel) == flat
    top = [panel.table.line(panel.table.shown.index(row, 0)) for row in range(panel.table.shown.rowCount())]
    assert [line.label for line in top] == [
        "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc",
    ]  # fmt: skip
    assert top[4].sum(lambda row: row.params) == 147_968  # torchvision: sum(p.numel() for p in layer1.parameters())
    assert [line.label for line in top[4].children] == ["0", "1"]
    assert panel.table.index_of("layer2.0.downsample.1").isValid()


def test_a_block_chosen_elsewhere_has_its_layers_chosen(rig: Rig) -> None:
    rig.open(shipped_specs()["resnet18"])
    panel = table_of(rig)
    rig.desk.choose({"layer1"})
    names_chosen = [line.name for line in panel.table.chosen_lines()]
    assert len(names_chosen) == 14
    assert all(name.startswith("layer1.") for name in names_chosen)
    assert rig.desk.chosen == {"layer1"}
    panel.grouped.setChecked(True)
    assert [line.name for line in panel.table.chosen_lines()] == ["layer1"]


def test_stale_tables_say_so_and_problems_stand_at_their_layer(rig: Rig, panel: LayerTablePanel) -> None:
    rig.document.set_text("Typing", BROKEN)
    rig.document.settle()
    assert panel.banner.isVisible()
    assert rows(panel)[1][-1] == "1 error"
    assert rows(panel)[0][0] == "conv1"


def test_a_broken_first_text_has_no_table(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = \n", encoding="utf-8")
    rig.open(path)
    panel = table_of(rig)
    assert rows(panel) == []
    assert panel.banner.isVisible()


def test_the_bar_of_each_layer_has_the_colour_of_its_family(rig: Rig, spec_file: Path) -> None:
    spec_file.write_text(TEXT.replace(", frozen = true", ""), encoding="utf-8")
    rig.open(spec_file)
    panel = table_of(rig)
    image: QImage = panel.table.viewport().grab().toImage()
    scale = image.devicePixelRatio()
    for name, family in (("conv1", "convolution"), ("relu1", "activation"), ("fc", "linear")):
        middle = panel.table.visualRect(panel.table.index_of(name)).center()
        assert image.pixelColor(int(2 * scale), int(middle.y() * scale)) == family_colour(family)
