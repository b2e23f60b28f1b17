"""The window: its pages, menus, keys, and what it asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QFont, QFontMetricsF, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.panel import AREAS, Panel
from gui.panels.inspector import InspectorPanel
from gui.panels.run import NOTHING, RunPanel
from gui.settings import remember_file
from gui.step_time import StepTime, spell_time
from gui.theme import apply_theme, current_theme
from gui.welcome.cards import shortened
from gui.welcome.page import headline
from netspec import editing
from netspec.look import DARK, LIGHT, Theme
from netspec.shipped import shipped_specs
from tests.gui.conftest import BROKEN, TEXT

Button = QMessageBox.StandardButton


@pytest.fixture(scope="module")
def only_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """Making a window takes longer than most of these tests."""
    folder = str(tmp_path_factory.mktemp("settings"))  # it is made before the settings of the first test
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
    apply_theme(LIGHT)
    window = MainWindow()
    yield window
    dispose(window)


def dispose(window: MainWindow) -> None:
    """Windows that are left over slow each change of the theme down."""
    window.document.close()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(only_window: MainWindow) -> Iterator[MainWindow]:
    """The window with nothing open, as at the start."""
    only_window.show()
    only_window.welcome.refresh()
    yield only_window
    only_window.document.close()
    only_window.banner.clear()
    only_window.actions_.split.setChecked(False)
    only_window.desk.choose(())


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


def act(window: MainWindow, name: str) -> None:
    """Trigger an action, as its menu does."""
    assert window.desk.actions[name].isEnabled(), name
    window.desk.actions[name].trigger()


def names(window: MainWindow) -> list[str]:
    """The layers that stand in the text."""
    window.document.settle()
    assert window.document.state is not None
    return [node.name for node in window.document.state.outline.nodes if node.kind == "layer"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[QMessageBox.StandardButton]:
    """What is answered to questions, one after the other; a question without an answer fails."""
    given: list[QMessageBox.StandardButton] = []
    monkeypatch.setattr(QMessageBox, "question", lambda *_: given.pop(0))
    return given


def test_first_page_has_every_template_and_its_picture(qtbot: QtBot, window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.welcome
    cards = window.welcome.specs
    assert [cards.item(row).text() for row in range(cards.count())] == list(shipped_specs())
    qtbot.waitUntil(lambda: all(not cards.item(row).icon().isNull() for row in range(cards.count())), timeout=20_000)


def test_choosing_a_template_starts_a_document_without_a_file(window: MainWindow) -> None:
    item = window.welcome.specs.findItems("digits", Qt.MatchFlag.MatchExactly)[0]
    window.welcome.specs.itemActivated.emit(item)
    assert window.pages.currentWidget() is window.workplace
    assert window.document.path is None
    assert not window.document.is_modified
    assert window.windowTitle() == "digits.toml[*] — netspec"


def test_one_click_opens_the_digits_and_trains_them(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, started = QAction(window), []
    action.triggered.connect(lambda: started.append(window.document.text))
    monkeypatch.setitem(window.desk.actions, "train.start", action)
    inspector = window.panel("Inspector")
    assert isinstance(inspector, InspectorPanel)
    inspector.network.follow_theme()  # no forms yet, as in a new window
    window.welcome.train.click()
    assert started == []  # the click itself only opens them
    sections = inspector.network.sections.values()
    assert [section for section in sections if section.form is not None] == []
    qtbot.waitUntil(lambda: bool(started) and not any(section.is_late for section in sections), timeout=10_000)
    assert sum(section.form is not None for section in sections) == 4
    assert started == [shipped_specs()["digits"].read_text(encoding="utf-8")]


def test_recent_files_are_offered_the_last_one_first(window: MainWindow, spec_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TEXT, encoding="utf-8")
    remember_file(tmp_path / "gone.toml")
    for path in (spec_file, other, spec_file):
        window.open(path)
    act(window, "file.close")
    lines = window.welcome.recent
    assert [lines.item(row).text() for row in range(lines.count())] == ["tiny.toml", "other.toml"]
    lines.itemActivated.emit(lines.item(1))
    assert window.document.path == other


def test_a_window_opened_with_a_path_shows_it(qtbot: QtBot, qapp: QApplication, spec_file: Path) -> None:
    window = MainWindow(spec_file)
    assert names(window) == ["conv1", "relu1", "fc"]
    dispose(window)


def test_status_bar_counts_trainable_and_frozen_apart(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    status = window.status.totals.text().replace("\N{NARROW NO-BREAK SPACE}", "")
    assert "2682 params" in status
    assert "2570 trainable, 112 frozen" in status
    assert window.status.problems.text().strip() == "no problems"


def test_status_bar_tells_the_memory_that_the_plan_tells(qtbot: QtBot, window: MainWindow) -> None:
    window.open_template("digits")
    qtbot.waitUntil(lambda: window.status.memory.text() != "", timeout=30_000)
    assert window.status.memory.text().endswith(" for a step of 32")


def test_status_bar_tells_the_time_of_a_step(window: MainWindow) -> None:
    window.open_template("digits")
    lines = [{"event": "step", "optimizer": "adam", "step": step, "seconds": 0.25 * step} for step in range(4)]
    window.desk.run_event.emit(lines)
    assert window.status.step.text() == "250 ms a step"


def test_the_time_of_a_step_leaves_out_validation_and_other_lanes() -> None:
    times = StepTime()
    times.add([{"event": "step", "optimizer": "a", "step": 1, "seconds": 1.0}])
    times.add([{"event": "step", "optimizer": "b", "step": 1, "seconds": 1.5}])
    assert times.seconds is None
    times.add([{"event": "step", "optimizer": "a", "step": 2, "seconds": 2.0}, {"event": "validation"}])
    times.add([{"event": "step", "optimizer": "a", "step": 3, "seconds": 9.0}])
    assert times.seconds == 1.0
    assert [spell_time(value) for value in (0.0123, 0.25, 2.5)] == ["12.3 ms", "250 ms", "2.50 s"]


def test_the_time_of_a_step_is_that_of_lanes_that_still_step() -> None:
    def step(label: str, number: int, seconds: float) -> dict[str, object]:
        return {"event": "step", "optimizer": label, "step": number, "seconds": seconds}

    times = StepTime()
    for number in range(1, 4):
        times.add([step("a", number, number * 0.3), step("b", number, number * 0.3 + 0.1)])
    assert (times.seconds, times.lanes) == (pytest.approx(0.3), 2)
    times.add([{"event": "end", "optimizer": "a"}])
    assert times.seconds is None
    times.add([step("b", number, number * 1.0) for number in (4, 5, 6)])
    assert (times.seconds, times.lanes) == (1.0, 1)
    times.add([step("c", number, number * 2.0) for number in (7, 8, 9, 10)])  # b has gone without saying so
    assert (times.seconds, times.lanes) == (2.0, 1)
    times.add([{"event": "run", "optimizer": ""}, step("c", 1, 0.0), step("c", 2, 0.5)])
    assert times.seconds == 0.5


def test_the_check_shows_the_problems(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    window.open(spec_file)
    act(window, "check")
    assert window.panel("Problems").isVisible()
    assert window.status.problems.worst == "error"
    assert window.status.problems.text().strip() == "1 error"


def test_going_to_a_problem_chooses_its_layer(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(TEXT.replace("kernel_size = 3", "kernel_size = 99"), encoding="utf-8")
    window.open(spec_file)
    assert window.document.state is not None
    window.desk.go_to_problem(window.document.state.problems[0])
    assert window.desk.chosen == {"conv1"}


def test_the_keyboard_goes_from_area_to_area(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.activateWindow()
    seen = set()
    for _ in range(6):
        act(window, "view.next")
        focus = window.areas.focusWidget()
        seen |= {name for name, tabs in window.areas.tabs.items() if focus is not None and tabs.isAncestorOf(focus)}
    assert seen == {name for name, tabs in window.areas.tabs.items() if tabs.count()}


def test_a_missing_file_is_said_and_opens_nothing(window: MainWindow, tmp_path: Path) -> None:
    said: list[str] = []
    window.document.refused.connect(lambda message, hint: said.append(message))
    assert not window.open(tmp_path / "nowhere.toml")
    assert said == ["nowhere.toml: there is no such file"]
    assert window.document.state is None


def test_dropping_a_spec_opens_it_and_another_file_is_refused(window: MainWindow, spec_file: Path, tmp_path: Path) -> None:
    assert not drop(window, tmp_path / "picture.png").isAccepted()
    assert window.document.state is None
    assert drop(window, spec_file).isAccepted()
    assert window.document.path == spec_file


def test_closing_a_spec_brings_back_the_first_page(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    act(window, "file.close")
    assert window.pages.currentWidget() is window.welcome
    assert not window.desk.actions["file.close"].isEnabled()


@pytest.mark.parametrize("answer", [Button.Save, Button.Discard, Button.Cancel])
def test_unsaved_changes_are_asked_about(
    window: MainWindow, spec_file: Path, answers: list[QMessageBox.StandardButton], answer: QMessageBox.StandardButton
) -> None:
    window.open(spec_file)
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    answers.append(answer)
    act(window, "file.close")
    assert (window.document.state is None) == (answer != Button.Cancel)
    assert ("stem" in spec_file.read_text(encoding="utf-8")) == (answer == Button.Save)


def test_the_window_stays_open_when_closing_is_cancelled(
    window: MainWindow, spec_file: Path, answers: list[QMessageBox.StandardButton]
) -> None:
    window.open(spec_file)
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    answers.append(Button.Cancel)
    assert not window.close()
    assert window.isVisible()
    assert window.isWindowModified()


@pytest.mark.parametrize("answer", [Button.Save, Button.Cancel])
def test_saving_over_what_another_program_wrote_asks(
    window: MainWindow, spec_file: Path, answers: list[QMessageBox.StandardButton], answer: QMessageBox.StandardButton
) -> None:
    window.open(spec_file)
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    spec_file.write_text("theirs", encoding="utf-8")
    answers.append(answer)
    assert window.save() == (answer == Button.Save)
    assert (spec_file.read_text(encoding="utf-8") == "theirs") == (answer == Button.Cancel)


def test_save_as_asks_for_a_file_and_remembers_it(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_template("digits")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    act(window, "file.save")
    assert window.document.path == tmp_path / "mine.toml"
    assert (tmp_path / "mine.toml").read_bytes() == shipped_specs()["digits"].read_bytes()
    assert not window.document.is_modified


@pytest.mark.parametrize("answer", [Button.Save, Button.Cancel])
def test_saving_under_a_name_that_gets_its_suffix_asks_before_it_replaces_a_file(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    answers: list[QMessageBox.StandardButton], answer: QMessageBox.StandardButton,
) -> None:  # fmt: skip
    window.open_template("digits")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    (tmp_path / "mine.toml").write_text("theirs", encoding="utf-8")
    answers.append(answer)
    assert window.save_as() == (answer == Button.Save)
    assert ((tmp_path / "mine.toml").read_text(encoding="utf-8") == "theirs") == (answer == Button.Cancel)


def test_a_conflict_on_disk_is_asked_without_standing_in_the_way(qtbot: QtBot, window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    spec_file.write_text(TEXT.replace("conv1", "theirs"), encoding="utf-8")
    qtbot.waitUntil(window.banner.isVisible, timeout=5000)
    window.banner.buttons["Keep mine"].click()
    assert names(window)[0] == "stem"
    assert window.document.save()
    assert "stem" in spec_file.read_text(encoding="utf-8")


KEYS = {
    "file.new": "Ctrl+N", "file.open": "Ctrl+O", "file.save": "Ctrl+S", "edit.undo": "Ctrl+Z", "edit.redo": "Ctrl+Shift+Z",
    "edit.cut": "Ctrl+X", "edit.copy": "Ctrl+C", "edit.paste": "Ctrl+V", "edit.find": "Ctrl+F", "edit.search": "Ctrl+K",
    "layer.freeze": "L", "layer.duplicate": "Ctrl+D", "layer.rename": "F2", "layer.delete": "Del", "check": "F4",
    "view.fit": "Ctrl+0", "view.arrange": "Ctrl+Shift+A", "view.export": "Ctrl+Shift+E", "train.start": "F5",
    "train.step": "F10", "train.stop": "Shift+F5",
}  # fmt: skip


def test_every_action_has_the_key_of_the_conventions(window: MainWindow) -> None:
    for name, key in KEYS.items():
        assert key in [shortcut.toString() for shortcut in window.desk.actions[name].shortcuts()], name
    assert "Ctrl+Y" in [shortcut.toString() for shortcut in window.desk.actions["edit.redo"].shortcuts()]


def test_the_guide_names_every_key(window: MainWindow) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "desktop.md").read_text(encoding="utf-8")
    lines = [line for line in guide.partition("## Keys")[2].splitlines() if line.startswith("| ")][1:]
    rows = [line.split("|")[1] for line in lines if "on the canvas:" not in line]  # those are no actions
    named = {key.strip() for row in rows for key in row.split(",")} - {"Ctrl+wheel"}
    keys = {key.toString() for action in window.desk.actions.values() for key in action.shortcuts()}
    assert named == keys - {""}


def test_no_key_means_two_things(window: MainWindow) -> None:
    keys = [key.toString() for action in window.desk.actions.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    def inside(actions: list[QAction]) -> set[QAction]:
        found = set(actions)
        for action in actions:
            menu = action.menu()
            if menu is not None:
                found |= inside(menu.actions())  # type: ignore[attr-defined]
        return found

    everywhere = inside(window.menuBar().actions())
    assert [name for name, action in window.desk.actions.items() if action not in everywhere] == []


def test_layers_are_frozen_duplicated_cut_pasted_and_deleted_by_actions(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    assert not window.desk.actions["layer.freeze"].isEnabled()
    window.desk.choose({"fc"})
    act(window, "layer.freeze")
    assert window.document.state is not None
    assert window.document.state.outline.by_name["fc"].frozen
    act(window, "layer.freeze")
    assert window.document.text == TEXT
    act(window, "layer.duplicate")
    assert names(window) == ["conv1", "relu1", "fc", "fc1"]
    assert window.desk.chosen == {"fc1"}
    act(window, "edit.cut")
    assert names(window) == ["conv1", "relu1", "fc"]
    assert "[[layers]]" in QGuiApplication.clipboard().text()
    act(window, "edit.paste")
    assert names(window) == ["conv1", "relu1", "fc", "fc1"]
    window.desk.choose({"relu1", "fc1"})
    act(window, "layer.delete")
    assert names(window) == ["conv1", "fc"]
    assert window.desk.chosen == frozenset()
    window.document.undo_stack.setIndex(0)
    assert window.document.text == TEXT


def test_freezing_up_to_a_layer_and_back(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.choose({"relu1"})
    act(window, "layer.freeze_to")
    assert window.document.state is not None
    assert window.document.state.outline.by_name["relu1"].frozen
    act(window, "layer.unfreeze_to")
    assert window.document.text == TEXT


def test_layers_are_pasted_into_another_window(window: MainWindow, qapp: QApplication, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.choose({"conv1", "relu1"})
    act(window, "edit.copy")
    other = MainWindow()
    other.open_template("one_hidden_layer")
    act(other, "edit.paste")
    assert names(other) == ["hidden", "tanh", "fc", "conv1", "relu1"]
    dispose(other)


def test_what_was_chosen_stays_chosen_through_a_rename(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.choose({"conv1", "fc"})
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    assert window.desk.chosen == {"stem", "fc"}


def test_the_search_goes_to_layers_gives_commands_and_adds_layers(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    search, wanted = window.actions_.search, []
    window.desk.layer_wanted.connect(wanted.append)
    for text in ("relu1", "add dropout", "freeze or un"):
        search.refill()
        search.setText(text)
        search.returnPressed.emit()
    assert wanted == ["relu1"]
    assert names(window) == ["conv1", "relu1", "drop1", "fc"]
    assert window.document.undo_stack.undoText() == "Freeze relu1"
    assert search.text() == ""


def test_the_text_can_stand_beside_the_canvas_and_stays_there(
    window: MainWindow, qapp: QApplication, spec_file: Path
) -> None:
    window.open(spec_file)
    window.actions_.split.setChecked(True)
    assert window.panel("Text").isVisible()
    assert window.panel("Canvas").isVisible()
    assert window.panel("Text").width() == pytest.approx(window.panel("Canvas").width(), rel=0.1)
    window.close()
    again = MainWindow(spec_file)
    again.show()
    assert again.panel("Text").isVisible()
    assert again.panel("Canvas").isVisible()
    again.actions_.split.setChecked(False)
    assert again.areas.tabs["centre"].indexOf(again.panel("Text")) >= 0
    dispose(again)


def test_sizes_and_tabs_are_remembered(window: MainWindow, qapp: QApplication, spec_file: Path) -> None:
    window.open(spec_file)
    window.areas.show_panel(window.panel("Problems"))
    window.areas.whole.setSizes([300, 400])
    window.areas.whole.splitterMoved.emit(300, 1)  # as a hand that drags the handle does
    sizes = window.areas.whole.sizes()
    window.close()
    again = MainWindow(spec_file)
    again.resize(window.size())
    again.show()
    assert again.panel("Problems").isVisible()
    assert again.areas.whole.sizes() == pytest.approx(sizes, abs=12)
    dispose(again)


def test_settings_of_another_version_do_no_harm(qapp: QApplication, qtbot: QtBot) -> None:
    settings = QSettings()
    for key in ("areas/across", "areas/whole", "areas/left", "window/geometry", "recent", "theme", "areas/is_split"):
        settings.setValue(key, "something else")
    window = MainWindow()
    window.show()
    dispose(window)


def test_every_panel_has_its_place_title_and_name(window: MainWindow) -> None:
    assert len({panel.title for panel in window.panels}) == len(window.panels)
    for panel in window.panels:
        assert panel.area in AREAS
        assert panel.accessibleName() == panel.title
        assert window.areas.tabs[panel.area].indexOf(panel) >= 0


def test_everything_that_can_be_reached_by_the_keyboard_has_a_name(window: MainWindow) -> None:
    window.open_template("digits")
    nameless = []
    for widget in window.findChildren(QWidget):
        is_control = isinstance(widget, QAbstractButton | QLineEdit | QListWidget | Panel)
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if is_control and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.objectName().startswith("qt_"):
            named = widget.accessibleName() or text or widget.toolTip() or getattr(widget, "placeholderText", str)()
            if not named:
                nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert nameless == []


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(theme: Theme) -> None:
    for text in (theme.text, theme.secondary, theme.error, theme.warning, theme.ok, theme.frozen):
        for behind in (theme.window, theme.surface):
            assert contrast(text, behind) >= 4.5, f"{text} on {behind}"


def test_the_chosen_theme_is_applied_told_and_remembered(window: MainWindow) -> None:
    told: list[bool] = []
    window.desk.theme_changed.connect(lambda: told.append(True))
    act(window, "theme.dark")
    assert current_theme() == DARK
    assert QApplication.palette().color(QPalette.ColorRole.Text).name().upper() == DARK.text
    assert told == [True]
    assert QSettings().value("theme") == "dark"
    act(window, "theme.light")
    assert current_theme() == LIGHT


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2: (L₁ + 0.05) / (L₂ + 0.05) of the relative luminances."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_window_fits_a_small_laptop(window: MainWindow, spec_file: Path) -> None:
    pages = [lambda: None, lambda: window.open(spec_file), *(partial(window.areas.show_panel, it) for it in window.panels)]
    for show in pages:
        show()
        window.document.settle()
        QApplication.processEvents()
        least = window.minimumSizeHint()
        assert least.width() <= 960
        assert least.height() <= 620
    window.areas.show_panel(window.panel("Canvas"))


def test_most_of_the_height_is_the_canvas_at_first(window: MainWindow, spec_file: Path) -> None:
    window.resize(1366, 768)
    window.open(spec_file)
    window.areas.reset()
    QApplication.processEvents()
    above, below = window.areas.whole.sizes()
    assert below / (above + below) == pytest.approx(0.28, abs=0.03)


def test_a_message_has_the_status_bar_for_itself_until_it_ends(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    window.desk.message("conv1: this name is already taken; choose another")
    window.document.edit("Rename", editing.rename, "conv1", "stem")
    window.document.settle()
    assert window.status.message().startswith("conv1: this name")
    assert window.status.told.isVisible()
    assert not window.status.totals.isVisible()
    window.desk.message("")
    assert window.status.message() == ""
    assert window.status.totals.isVisible()


def test_a_narrow_status_bar_leaves_out_what_comes_last(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    status = window.status
    status._show_memory(2**30, 32)
    status.parts.resize(1200, 25)
    assert status.memory.isVisibleTo(status.parts)
    status.parts.resize(500, 25)
    assert not status.memory.isVisibleTo(status.parts)
    assert status.file.isVisibleTo(status.parts)


def test_a_shorter_name_takes_less_of_the_status_bar(window: MainWindow, spec_file: Path) -> None:
    status, widths = window.status, []
    for text in ("a.toml", "a_much_longer_name.toml", "a.toml"):
        window.document.new(TEXT, name=text)
        window.document.settle()
        widths.append(status.file.minimumWidth())
    assert widths[0] == widths[2] < widths[1]


def test_the_toolbar_keeps_its_height_in_another_theme(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    before = window.actions_.toolbar.sizeHint()
    apply_theme(DARK)
    after = window.actions_.toolbar.sizeHint()
    apply_theme(LIGHT)
    assert after == before


def test_quitting_stands_last_in_the_file_menu(window: MainWindow) -> None:
    actions = window.actions_.menus["File"].actions()
    assert actions[-1] is window.desk.actions["file.quit"]
    assert window.desk.actions["view.export"] in actions


def test_without_a_spec_nothing_asks_for_one(window: MainWindow, spec_file: Path) -> None:
    for name in ("view.export", "layer.add", "predict.open", "view.arrange"):
        assert not window.desk.actions[name].isEnabled(), name
    window.open(spec_file)
    assert window.desk.actions["layer.add"].isEnabled()


DEEP = {
    "open.toml": "a=" + "[" * 500,
    "arrays.toml": "a=" + "[" * 500 + "]" * 500,
    "tables.toml": "a=" + "{a=" * 500 + "1" + "}" * 500,
    "keys.toml": ".".join("a" * 600) + "=1\n",
    "header.toml": f"[{'.'.join('a' * 600)}]\n",
    "arrays.json": '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    "tables.json": '{"a":' * 600 + "1" + "}" * 600,
}


@pytest.mark.parametrize("name", DEEP)
def test_a_text_that_is_nested_too_deep_has_a_problem_and_the_window_lives(
    window: MainWindow, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text(DEEP[name], encoding="utf-8")
    window.open(path)
    window.document.settle()
    assert window.document.state is not None
    assert [problem.code for problem in window.document.state.problems] == ["NS007"]
    window.document.edit("Add relu", editing.add_layer, "relu")
    window.document.put("Replace", TEXT if name.endswith("toml") else '{"input": {"shape": [4]}}')
    window.document.settle()
    assert all(problem.code != "NS007" for problem in window.document.state.problems)


def test_the_keys_are_listed_by_menu_and_scroll(window: MainWindow) -> None:
    window.resize(1024, 700)
    act(window, "help.keys")
    box = next(box for box in window.findChildren(QDialog) if box.windowTitle() == "Keys")
    text = box.findChildren(QTextBrowser)[0].toPlainText()
    assert box.height() <= 660
    assert text.index("Save") < text.index("Undo") < text.index("Freeze") < text.index("Check")
    box.close()


def test_the_training_panel_names_what_is_in_the_way(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    panel = window.panel("Training")
    assert isinstance(panel, RunPanel)
    assert "no [data]" in panel.nothing.text()
    window.open_template("digits")
    window.document.settle()
    assert panel.nothing.text() == NOTHING


def test_every_description_of_a_template_fits_its_card(window: MainWindow) -> None:
    font = QFont(window.font())
    font.setPixelSize(11)
    for path in window.templates.values():
        told = shortened(headline(path), QFontMetricsF(font), 176)
        assert told.count("\n") < 3
        assert "…" not in told
        assert headline(path).startswith(told.replace("\n", " "))


def test_the_bottom_area_grows_for_curves_until_a_handle_was_dragged(qtbot: QtBot, spec_file: Path) -> None:
    window = MainWindow(spec_file)
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    low = window.areas.whole.sizes()[1]
    window.areas.make_room_for_curves(True)
    assert window.areas.whole.sizes()[1] > 1.3 * low
    window.areas.whole.splitterMoved.emit(0, 1)
    window.areas.make_room_for_curves(False)
    assert window.areas.whole.sizes()[1] > 1.3 * low
