"""The forms in the window, with real keys and mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from gui.forms.choice_editor import ChoiceEditor, SwitchEditor
from gui.forms.editors import Editor, NamesEditor, TextEditor
from gui.forms.number_editor import NumberEditor
from gui.forms.pair_editor import PairEditor
from gui.forms.plugin_editor import PluginEditor
from gui.forms.row import FieldRow
from gui.forms.table_editor import TableEditor
from gui.forms.union_editor import UnionEditor
from gui.panels.inspector import InspectorPanel
from gui.panels.spec_text import SpecTextPanel
from gui.theme import apply_theme
from netspec.look import DARK, LIGHT
from netspec.shipped import shipped_specs
from tests.gui.conftest import TEXT
from tests.gui.panels.rig import Rig

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SECTIONS = """\
input.shape = [4]
layers = [{ name = "a", type = "linear", out_features = 3 }]  # the only one

[loss]
type = "cross_entropy"

[train]
epochs = 3  # short
"""


@pytest.fixture
def panel(rig: Rig, spec_file: Path) -> InspectorPanel:
    return opened(rig, spec_file, "conv1")


def opened(rig: Rig, path: Path, *names: str) -> InspectorPanel:
    rig.open(path)
    rig.document.settle()
    rig.desk.choose(names)
    panel = rig.panel("Inspector")
    assert isinstance(panel, InspectorPanel)
    panel.network.make_forms()
    QApplication.processEvents()
    return panel


def row(panel: InspectorPanel, key: str) -> FieldRow:
    assert panel.layer.form is not None
    return panel.layer.form.rows[key]


def line(editor: QWidget, place: int = 0) -> QLineEdit:
    return editor.findChildren(QLineEdit)[place]


def enter(field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Key.Key_Return)


def settled(rig: Rig) -> str:
    rig.document.settle()
    return rig.document.text


def changed_lines(old: str, new: str) -> int:
    pairs = zip(old.splitlines(), new.splitlines(), strict=True)
    return sum(one != other for one, other in pairs)


def test_a_number_changes_one_line_and_undo_gives_it_back(rig: Rig, panel: InspectorPanel) -> None:
    enter(line(row(panel, "out_channels").editor), "12")
    assert settled(rig) == TEXT.replace("out_channels = 4", "out_channels = 12")
    assert changed_lines(TEXT, rig.document.text) == 1
    assert rig.document.undo_stack.undoText() == "Set out_channels of conv1"
    assert rig.document.undo_stack.count() == 1
    rig.document.undo_stack.undo()
    assert settled(rig) == TEXT
    assert line(row(panel, "out_channels").editor).text() == "4"


def test_arrows_step_and_stop_at_the_limits(rig: Rig, panel: InspectorPanel) -> None:
    QTest.keyClick(line(row(panel, "out_channels").editor), Key.Key_Up)
    assert "out_channels = 5" in settled(rig)
    field = line(row(panel, "groups").editor)
    QTest.keyClick(field, Key.Key_Down)
    assert "groups" not in settled(rig)  # 1 is the least
    QTest.keyClick(field, Key.Key_Up)
    assert "groups = 2" in settled(rig)


def test_refused_input_stays_with_its_reason_and_the_text_as_it_is(rig: Rig, panel: InspectorPanel) -> None:
    field = row(panel, "out_channels")
    enter(line(field.editor), "many")
    assert settled(rig) == TEXT
    assert line(field.editor).text() == "many"
    assert field.error.isVisible()
    assert field.error_text() == '"many" cannot be read; use a whole number ≥ 1'
    rig.document.set_text("Typing", TEXT.replace("tiny", "small"))
    rig.document.settle()
    assert line(field.editor).text() == "many"  # an edit elsewhere takes nothing away
    QTest.keyClick(line(field.editor), Key.Key_Escape)
    assert line(field.editor).text() == "4"


def test_a_refusal_goes_when_a_good_value_is_entered(rig: Rig, panel: InspectorPanel) -> None:
    field = row(panel, "out_channels")
    enter(line(field.editor), "0")
    assert field.error_text() == "0 is refused; use a whole number ≥ 1"
    enter(line(field.editor), "8")
    assert "out_channels = 8" in settled(rig)
    assert not field.error.isVisible()


def test_linked_sides_are_one_number_and_unlinked_two(rig: Rig, panel: InspectorPanel) -> None:
    editor = row(panel, "kernel_size").editor
    assert isinstance(editor, PairEditor)
    QTest.mouseClick(editor.link, Qt.MouseButton.LeftButton)
    assert "kernel_size = [3, 3]" in settled(rig)
    enter(line(editor, 1), "1")
    assert "kernel_size = [3, 1]" in settled(rig)
    QTest.mouseClick(editor.link, Qt.MouseButton.LeftButton)
    assert settled(rig) == TEXT


def test_padding_is_written_in_each_of_its_forms(rig: Rig, panel: InspectorPanel) -> None:
    editor = row(panel, "padding").editor
    assert isinstance(editor, UnionEditor)
    forms = [form.name for form in editor.forms]
    assert forms == ["pixels", "each side", "same", "same_lower", "valid", "as text"]
    for name, written in (
        ("same", 'padding = "same"'),
        ("each side", "padding = { top = 0, bottom = 0, left = 0, right = 0 }"),
        ("pixels", "padding = 0"),
    ):
        editor.box.activated.emit(forms.index(name))
        editor.box.setCurrentIndex(forms.index(name))
        assert written in settled(rig)
    editor.box.activated.emit(forms.index("each side"))
    sides = editor.editors[forms.index("each side")]
    assert isinstance(sides, TableEditor)
    enter(line(sides.editors["top"]), "2")
    assert "padding = { top = 2" in settled(rig)


def test_switches_and_choices_write_at_once(rig: Rig, panel: InspectorPanel) -> None:
    bias, rounding = row(panel, "bias").editor, row(panel, "rounding").editor
    assert isinstance(bias, SwitchEditor)
    assert isinstance(rounding, ChoiceEditor)
    QTest.mouseClick(bias.box, Qt.MouseButton.LeftButton)
    assert "bias = false" in settled(rig)
    rounding.box.setFocus()
    QTest.keyClick(rounding.box, Key.Key_Down)
    rounding.box.activated.emit(rounding.box.currentIndex())
    assert 'rounding = "ceil"' in settled(rig)


def test_an_initializer_has_its_settings(rig: Rig, panel: InspectorPanel) -> None:
    editor = row(panel, "weight_init").editor
    assert isinstance(editor, PluginEditor)
    editor.types.entered.emit("truncated_normal")
    assert 'weight_init = "truncated_normal"' in settled(rig)
    assert "std" in row(panel, "weight_init").error_text()  # it is required
    assert editor.table is not None
    enter(line(editor.table.editors["std"]), "0.1")
    assert 'weight_init = { type = "truncated_normal", std = 0.1 }' in settled(rig)
    assert row(panel, "weight_init").error_text() == ""


def test_values_that_are_set_are_bold_and_can_be_reset(rig: Rig, panel: InspectorPanel) -> None:
    padding, stride = row(panel, "padding"), row(panel, "stride")
    assert padding.reset_button.isVisible()
    assert not stride.reset_button.isVisible()
    assert not row(panel, "out_channels").reset_button.isVisible()  # required
    assert "600" in padding.label.styleSheet()
    assert line(stride.editor).property("isDefault") is True
    QTest.mouseClick(padding.reset_button, Qt.MouseButton.LeftButton)
    assert settled(rig) == TEXT.replace(", padding = 1", "")
    assert not padding.reset_button.isVisible()


def test_the_name_renames_and_the_layer_stays_chosen(rig: Rig, panel: InspectorPanel) -> None:
    enter(panel.layer.head.name.line, "stem")
    assert settled(rig) == TEXT.replace("conv1", "stem")
    assert rig.desk.chosen == {"stem"}
    assert panel.layer.head.name.line.text() == "stem"


def test_a_name_that_is_taken_is_refused_where_it_is_typed(rig: Rig, panel: InspectorPanel) -> None:
    enter(panel.layer.head.name.line, "fc")
    assert settled(rig) == TEXT
    assert panel.layer.head.error.text() == "the name fc is already taken; choose another one"
    assert panel.layer.head.error.isVisible()


def test_the_switch_freezes_and_unfreezes(rig: Rig, panel: InspectorPanel) -> None:
    freeze = panel.layer.head.freeze
    assert freeze.text() == "Frozen"
    QTest.mouseClick(freeze, Qt.MouseButton.LeftButton)
    assert settled(rig) == TEXT.replace(", frozen = true", "")
    assert freeze.text() == "Trainable"
    QTest.mouseClick(freeze, Qt.MouseButton.LeftButton)
    assert settled(rig) == TEXT


def test_another_type_keeps_what_it_can(rig: Rig, panel: InspectorPanel) -> None:
    panel.layer.head.type.entered.emit("max_pool2d")
    assert 'name = "conv1", type = "max_pool2d", kernel_size = 3, padding = 1' in settled(rig)
    assert panel.layer.form is not None
    assert "out_channels" not in panel.layer.form.rows


def test_several_layers_share_keys_and_differ_visibly(rig: Rig, panel: InspectorPanel) -> None:
    rig.desk.choose({"conv1", "fc"})
    assert panel.layer.head.several.text() == "2 layers"
    assert panel.layer.form is not None
    assert "kernel_size" not in panel.layer.form.rows
    enter(line(row(panel, "lr_mult").editor), "0.1")
    text = settled(rig)
    assert text.count("lr_mult = 0.1") == 2
    assert rig.document.undo_stack.count() == 1
    rig.document.undo_stack.undo()
    assert settled(rig) == TEXT


def test_values_that_differ_are_mixed(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TEXT.replace('type = "relu" }', 'type = "conv2d", out_channels = 8, kernel_size = 3 }'), encoding="utf-8")
    panel = opened(rig, path, "conv1", "relu1")
    field = line(row(panel, "out_channels").editor)
    assert (field.text(), field.placeholderText()) == ("", "mixed")
    assert line(row(panel, "kernel_size").editor).text() == "3"
    enter(field, "5")
    assert settled(rig).count("out_channels = 5") == 2


def test_a_layer_of_a_block_says_whom_it_changes_and_shows_expressions(rig: Rig) -> None:
    panel = opened(rig, shipped_specs()["resnet18"], "layer2.0.conv1")
    assert "all 8 layers" in panel.layer.note.text()
    field = row(panel, "out_channels")
    assert isinstance(field.editor, TextEditor)
    assert line(field.editor).text() == "${width}"
    assert field.unit.text() == "= 128"
    before = rig.document.text
    enter(line(field.editor), "${width + 1}")
    assert settled(rig) == before.replace('conv1", type = "conv2d", out_channels = "${width}"',
                                             'conv1", type = "conv2d", out_channels = "${width + 1}"')  # fmt: skip
    assert field.unit.text() == "= 129"
    enter(line(field.editor), "64")
    assert "out_channels = 64" in settled(rig)
    assert isinstance(field.editor, NumberEditor)


def test_a_use_of_a_block_has_its_parameters(rig: Rig) -> None:
    panel = opened(rig, shipped_specs()["resnet18"], "layer2")
    before = rig.document.text
    enter(line(row(panel, "width").editor), "96")
    assert settled(rig) == before.replace("width = 128", "width = 96")
    enter(line(row(panel, "first").editor), "{ stride = 1 }")
    assert "width = 96\nrepeat = 2\nfirst = { stride = 1 }" in settled(rig)
    enter(line(row(panel, "first").editor), "{ stride = ")
    assert "cannot be read" in row(panel, "first").error_text()


def test_anything_can_be_written_as_text(rig: Rig, panel: InspectorPanel) -> None:
    field = row(panel, "stride")
    menu = field.menu()
    menu.actions()[1].trigger()
    enter(line(field.editor), "[1, 2]")
    assert "stride = [1, 2]" in settled(rig)


def test_inputs_are_a_list_of_names(rig: Rig, panel: InspectorPanel) -> None:
    rig.desk.choose({"fc"})
    editor = row(panel, "inputs").editor
    assert isinstance(editor, NamesEditor)
    assert line(editor).placeholderText() == "relu1"
    enter(line(editor), "conv1")
    assert 'inputs = ["conv1"]' in settled(rig)


def test_unknown_keys_are_shown_and_nothing_is_lost(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(TEXT.replace("kernel_size = 3", "kernel_size = 3, kernel_sise = 5"), encoding="utf-8")
    panel = opened(rig, path, "conv1")
    assert row(panel, "kernel_sise").error_text() == "unknown key kernel_sise; did you mean kernel_size?"


def test_facts_stand_below_the_form(rig: Rig, panel: InspectorPanel) -> None:
    words = [label.accessibleName() for label in panel.layer.facts.findChildren(QWidget) if label.accessibleName()]
    assert "height, width: (8 − 3 + 2·1)/1 + 1 = 8" in words
    assert panel.layer.head.summary.text().replace("\u202f", "") == "4 × 8 × 8  ·  112 params  ·  6912 MACs"


def test_the_wheel_over_a_choice_changes_nothing(rig: Rig, panel: InspectorPanel) -> None:
    rounding = row(panel, "rounding").editor
    assert isinstance(rounding, ChoiceEditor)
    before = rounding.box.currentIndex()
    event = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(rounding.box, event)
    assert rounding.box.currentIndex() == before
    assert settled(rig) == TEXT


def test_every_field_has_a_name_and_can_be_reached_by_tab(rig: Rig, panel: InspectorPanel) -> None:
    assert panel.layer.form is not None
    for key, field in panel.layer.form.rows.items():
        fields = [child for child in field.editor.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus
                  and child.isVisibleTo(field)]  # fmt: skip
        assert fields, key
        assert all(child.accessibleName() for child in fields), key
        assert isinstance(field.editor, Editor)


def test_sections_are_edited_when_nothing_is_chosen(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "sections.toml"
    path.write_text(SECTIONS, encoding="utf-8")
    panel = opened(rig, path)
    train = panel.network.section("Training")
    assert train.form is not None
    enter(line(train.form.rows["epochs"].editor), "7")
    assert settled(rig) == SECTIONS.replace("epochs = 3", "epochs = 7")
    enter(line(train.form.rows["batch_size"].editor), "64")
    assert "epochs = 7  # short\nbatch_size = 64" in settled(rig)
    enter(line(train.form.rows["validation_split"].editor), "1")
    assert train.form.rows["validation_split"].error_text() == "1 is refused; use number ≥ 0, < 1"


def test_sections_are_added_and_removed(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "sections.toml"
    path.write_text(SECTIONS, encoding="utf-8")
    panel = opened(rig, path)
    optimizer = panel.network.section("Optimizer")
    assert optimizer.summary.text() == "not there"
    optimizer._add_type(optimizer.entry.part, "adam")
    assert '[optimizer]\ntype = "adam"' in settled(rig)
    panel.network._add(optimizer.entry.part, "sgd")
    text = settled(rig)
    assert text.count('type = "adam"') == text.count('type = "sgd"') == 1
    assert [title for title in (section.entry.title for section in panel.network.sections.values()) if "Optim" in title] == [
        "Optimizer 1: adam", "Optimizer 2: sgd",
    ]  # fmt: skip
    second = panel.network.section("Optimizer 2: sgd")
    assert second.form is not None
    enter(line(second.form.rows["lr"].editor), "0.5")
    assert "lr = 0.5" in settled(rig)
    QTest.mouseClick(second.remove, Qt.MouseButton.LeftButton)
    assert "sgd" not in settled(rig)
    loss = panel.network.section("Loss")
    QTest.mouseClick(loss.head, Qt.MouseButton.LeftButton)
    assert loss.types is not None
    loss.types.entered.emit("mse")
    assert '[loss]\ntype = "mse"' in settled(rig)
    QTest.mouseClick(loss.remove, Qt.MouseButton.LeftButton)
    assert "[loss]" not in settled(rig)


def test_problems_of_sections_stand_at_their_field(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "sections.toml"
    path.write_text(SECTIONS.replace("epochs = 3", "epochs = -3"), encoding="utf-8")
    panel = opened(rig, path)
    train = panel.network.section("Training")
    assert train.summary.text() == "1 problem"
    assert train.form is not None
    assert "epochs is -3" in train.form.rows["epochs"].error_text()


def test_what_a_base_says_is_shown_quietly_and_patched(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SECTIONS, encoding="utf-8")
    child = tmp_path / "child.toml"
    child.write_text('extends = "base.toml"\nname = "child"\n', encoding="utf-8")
    panel = opened(rig, child, "a")
    field = row(panel, "out_features")
    assert line(field.editor).text() == "3"
    assert not field.shown.is_set
    enter(line(field.editor), "5")
    text = settled(rig)
    assert 'name = "a"' in text
    assert "out_features = 5" in text
    assert rig.document.state is not None
    assert rig.document.state.report is not None
    assert rig.document.state.report.table[0].output_shape == (5,)


def test_a_layer_of_a_block_that_a_base_defines_is_shown_and_cannot_be_changed(rig: Rig, tmp_path: Path) -> None:
    block = 'layers = [{ name = "q", type = "linear", out_features = 3 }]'
    use = 'layers = [{ name = "s", type = "block", block = "u" }]'
    text = f"input.shape = [4]\n{use}\n\n[loss]\ntype = \"cross_entropy\"\n\n[blocks.u]\n{block}\n"
    (tmp_path / "base.toml").write_text(text, encoding="utf-8")
    child = tmp_path / "child.toml"
    child.write_text('extends = "base.toml"\n', encoding="utf-8")
    panel = opened(rig, child, "s.q")
    assert panel.layer.note.text() == "Part of a block that is written in base.toml: open that file to change it."
    assert line(row(panel, "out_features").editor).text() == "3"
    assert panel.layer.head.name.line.text() == "q"
    assert not row(panel, "out_features").isEnabled()
    assert not panel.layer.head.name.isEnabled()
    rig.desk.choose(["s"])
    QApplication.processEvents()
    assert panel.layer.head.name.isEnabled()
    assert row(panel, "repeat").isEnabled()


def test_another_theme_paints_text_and_forms_anew(rig: Rig, panel: InspectorPanel) -> None:
    text = rig.panel("Text")
    assert isinstance(text, SpecTextPanel)
    before = row(panel, "padding").reset_button.icon().cacheKey()
    apply_theme(DARK)
    rig.desk.theme_changed.emit()
    assert row(panel, "padding").reset_button.icon().cacheKey() != before
    assert row(panel, "padding").shown.value == 1
    parts = text.editor.document().findBlockByNumber(1).layout().formats()
    assert DARK.text.lower() in {part.format.foreground().color().name() for part in parts}  # the key's colour
    apply_theme(LIGHT)


def keys_by_tab(panel: InspectorPanel, steps: int) -> list[str]:
    """Which rows Tab comes to, one after the other."""
    seen: list[str] = []
    for _ in range(steps):
        QTest.keyClick(QApplication.focusWidget() or panel, Key.Key_Tab)
        focus: QWidget | None = QApplication.focusWidget()
        while focus is not None and not isinstance(focus, FieldRow):
            focus = focus.parentWidget()
        key = focus.field.key if focus is not None else ""
        seen += [key] if key and key not in seen[-1:] else []
    return seen


def test_tab_goes_straight_down_the_form(rig: Rig, panel: InspectorPanel) -> None:
    rig.panel("Problems")
    rig.activateWindow()
    panel.layer.head.freeze.setFocus()
    assert panel.layer.form is not None
    rows = list(panel.layer.form.rows)
    seen = keys_by_tab(panel, 12)
    assert seen == rows[: len(seen)]
    assert len(seen) > 4


def test_tab_goes_straight_down_the_sections(rig: Rig, spec_file: Path) -> None:
    panel = opened(rig, spec_file)
    rig.activateWindow()
    section = panel.network.section("Network")
    section.head.setFocus()
    assert section.form is not None
    wanted = list(section.form.rows)
    assert keys_by_tab(panel, 12)[: len(wanted)] == wanted
