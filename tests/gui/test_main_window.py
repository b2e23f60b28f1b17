from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPalette
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.panels.layer_table import LayerTable, LayerTablePanel
from gui.panels.problem_list import ProblemList, ProblemPanel
from gui.panels.spec_text import SpecText, SpecTextPanel
from gui.theme import apply_theme, current_theme, family_colour
from netspec.look import DARK, LIGHT
from netspec.shipped import shipped_specs
from tests.gui.conftest import BROKEN, TEXT


def cells(window: MainWindow) -> list[list[str]]:
    model = layer_table(window).layers
    return [
        [model.data(model.index(row, column)) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def layer_table(window: MainWindow) -> LayerTable:
    panel = window.panel("Layers")
    assert isinstance(panel, LayerTablePanel)
    return panel.table


def problem_list(window: MainWindow) -> ProblemList:
    panel = window.panel("Problems")
    assert isinstance(panel, ProblemPanel)
    return panel.problems


def spec_text(window: MainWindow) -> SpecText:
    panel = window.panel("Text")
    assert isinstance(panel, SpecTextPanel)
    return panel.text


def drop(window: MainWindow, path: Path) -> QDropEvent:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entry = QDragEnterEvent(QPoint(9, 9), copy, mime, left, none)
    entry.ignore()
    window.dragEnterEvent(entry)
    event = QDropEvent(QPointF(9, 9), copy, mime, left, none)
    event.ignore()
    if entry.isAccepted():
        window.dropEvent(event)
    return event


def test_first_page_lists_every_shipped_spec(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.welcome
    listed = [window.welcome.specs.item(row).text() for row in range(window.welcome.specs.count())]
    assert listed == list(shipped_specs())
    assert "digits" in listed


def test_choosing_a_template_starts_a_document_without_a_file(window: MainWindow) -> None:
    item = window.welcome.specs.findItems("digits", Qt.MatchFlag.MatchExactly)[0]
    window.welcome.specs.itemActivated.emit(item)
    assert window.pages.currentWidget() is window.workplace
    assert window.document.path is None
    assert not window.document.is_modified
    assert window.windowTitle() == "digits.toml[*] — netspec"


def test_table_shows_name_type_shape_params_macs_and_frozen(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    thin = "\N{NARROW NO-BREAK SPACE}"
    assert cells(window) == [
        ["conv1", "conv2d", "4 × 8 × 8", "112", f"6{thin}912", "frozen"],  # 4·3·3·3 + 4; 8·8·4·27
        ["relu1", "relu", "4 × 8 × 8", "–", "–", ""],
        ["fc", "linear", "10", f"2{thin}570", f"2{thin}560", ""],
    ]


def test_status_bar_counts_trainable_and_frozen_apart(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    status = window.status.totals.text().replace("\N{NARROW NO-BREAK SPACE}", "")
    assert "2682 params" in status
    assert "2570 trainable, 112 frozen" in status
    assert window.status.problems.text().strip() == "no problems"


def test_a_window_opened_with_a_path_shows_it(qtbot: object, qapp: QApplication, spec_file: Path) -> None:
    window = MainWindow(spec_file)
    assert len(cells(window)) == 3
    window.close()


def test_activating_a_problem_selects_its_line(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    window.open(spec_file)
    problems = problem_list(window)
    row = [problems.listed.data(problems.listed.index(0, column)) for column in range(5)]
    assert row[1:3] == ["tiny.toml:6:28", "NS106"]
    assert "reluu" in row[3]
    assert "relu" in row[4]
    problems.activated.emit(problems.listed.index(0, 0))
    assert spec_text(window).textCursor().selectedText() == BROKEN.splitlines()[5]


def test_choosing_a_layer_selects_its_line(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    layer_table(window).selectRow(2)
    assert spec_text(window).textCursor().selectedText() == TEXT.splitlines()[6]


def test_a_problem_in_an_extended_file_shows_that_file(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    child = spec_file.with_name("child.toml")
    child.write_text('extends = "tiny.toml"\nname = "child"\n', encoding="utf-8")
    window.open(child)
    problem_list(window).activated.emit(problem_list(window).listed.index(0, 0))
    assert spec_text(window).file.endswith("tiny.toml")
    assert spec_text(window).textCursor().selectedText() == BROKEN.splitlines()[5]


def test_a_broken_first_text_shows_problems_and_says_that_there_is_no_table(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = \n", encoding="utf-8")
    window.open(path)
    assert cells(window) == []
    assert problem_list(window).listed.rowCount() >= 1


def test_a_missing_file_is_said_and_opens_nothing(window: MainWindow, tmp_path: Path) -> None:
    said: list[str] = []
    window.document.refused.connect(lambda message, hint: said.append(message))
    assert not window.open(tmp_path / "nowhere.toml")
    assert said == ["nowhere.toml: there is no such file"]
    assert window.document.state is None


def test_dropping_a_spec_opens_it(window: MainWindow, spec_file: Path) -> None:
    assert drop(window, spec_file).isAccepted()
    assert len(cells(window)) == 3


def test_dropping_another_file_is_refused(window: MainWindow, tmp_path: Path) -> None:
    assert not drop(window, tmp_path / "picture.png").isAccepted()
    assert window.document.state is None


def test_closing_a_spec_brings_back_the_first_page(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.actions["file.close"].trigger()
    assert window.pages.currentWidget() is window.welcome
    assert not window.desk.actions["file.close"].isEnabled()


def test_the_bar_of_each_layer_has_the_colour_of_its_family(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(TEXT.replace(", frozen = true", ""), encoding="utf-8")
    window.open(spec_file)
    QApplication.processEvents()
    table = layer_table(window)
    image: QImage = table.viewport().grab().toImage()
    scale = image.devicePixelRatio()
    for row, family in enumerate(("convolution", "activation", "linear")):
        middle = table.visualRect(table.layers.index(row, 0)).center()
        assert image.pixelColor(int(2 * scale), int(middle.y() * scale)) == family_colour(family)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(theme: object, qapp: QApplication) -> None:
    apply_theme(theme)  # type: ignore[arg-type]
    shown = current_theme()
    assert shown == theme
    assert qapp.palette().color(QPalette.ColorRole.Text).name().upper() == shown.text
    for text in (shown.text, shown.secondary, shown.error, shown.warning, shown.ok, shown.frozen):
        for behind in (shown.window, shown.surface):
            assert contrast(text, behind) >= 4.5, f"{text} on {behind}"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2: (L₁ + 0.05) / (L₂ + 0.05) of the relative luminances."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
