from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPalette
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.panels.layer_table import LayerTablePanel
from gui.theme import apply_theme, current_theme
from netspec.look import DARK, LIGHT
from netspec.shipped import shipped_specs


def cells(window: MainWindow) -> list[str]:
    panel = window.panel("Layers")
    assert isinstance(panel, LayerTablePanel)
    return [line.name for line in panel.table.visible_lines()]


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
    assert not drop(window, tmp_path / "notes.txt").isAccepted()
    assert window.document.state is None


def test_dropping_a_picture_on_an_open_network_asks_for_its_class(window: MainWindow, spec_file: Path) -> None:
    wanted: list[Path] = []
    window.desk.predict_wanted.connect(wanted.append)
    window.open(spec_file)
    assert drop(window, spec_file.with_name("picture.png")).isAccepted()
    assert wanted == [spec_file.with_name("picture.png")]


def test_closing_a_spec_brings_back_the_first_page(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.actions["file.close"].trigger()
    assert window.pages.currentWidget() is window.welcome
    assert not window.desk.actions["file.close"].isEnabled()


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
