"""Every key of [transfer] has a field, which writes what the key takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gui.forms.around import Around
from gui.forms.file_editor import FileEditor, relative
from gui.forms.layer_editors import LayerEditor, PatternsEditor
from gui.forms.rows_editor import PairsEditor, RowsEditor
from gui.forms.section import Section
from gui.forms.transfer_fields import DiscriminativeEditor
from gui.panels.inspector import InspectorPanel
from netspec.editing import outline
from netspec.spec.source import Source
from tests.gui.panels.conftest import rig as rig
from tests.gui.panels.rig import Rig
from tests.gui.transfer.conftest import STAGES

ON, OFF, PART = Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked


@pytest.fixture
def section(rig: Rig, tmp_path: Path) -> Section:
    path = tmp_path / "tail.toml"
    path.write_text(STAGES, encoding="utf-8")
    rig.open(path)
    inspector = rig.panel("Inspector")
    assert isinstance(inspector, InspectorPanel)
    found = inspector.network.section("Transfer")
    found.head.setChecked(True)
    inspector.network.make_forms()
    return found


def editor(section: Section, key: str) -> object:
    assert section.form is not None
    return section.form.rows[key].editor


def text(rig: Rig) -> str:
    rig.document.settle()
    return rig.document.text


def transfer(rig: Rig) -> dict[str, object]:
    rig.document.settle()
    assert rig.document.state is not None
    return rig.document.state.outline.transfer


def test_each_key_has_the_field_that_fits_it(section: Section) -> None:
    kinds = {
        "weights": FileEditor, "replace": PatternsEditor, "freeze": PatternsEditor, "freeze_to": LayerEditor,
        "unfreeze": RowsEditor, "rates": RowsEditor, "rename": PairsEditor, "discriminative": DiscriminativeEditor,
    }  # fmt: skip
    assert {key: type(editor(section, key)) for key in kinds} == kinds


def test_checking_layers_writes_the_fewest_names_in_the_order_of_the_network(rig: Rig, section: Section) -> None:
    field = editor(section, "freeze")
    assert isinstance(field, PatternsEditor)
    field.switch("body.1", True)
    field.switch("stem", True)
    assert transfer(rig)["freeze"] == ["stem", "body.1"]
    rig.document.settle()
    field.switch("body", True)  # the whole block: its copy need not be named
    assert transfer(rig)["freeze"] == ["stem", "body"]
    assert field.meaning.text() == "5 of 6 layers"
    field.switch("stem", False)
    assert transfer(rig)["freeze"] == ["body"]


def test_the_picker_shows_what_patterns_mean_and_leaves_globs_to_the_text(rig: Rig, section: Section) -> None:
    field = editor(section, "replace")
    assert isinstance(field, PatternsEditor)
    field.entered.emit(["body.0", "re:s.*"])
    rig.document.settle()
    field.open_picker()
    picker = field.picker
    assert picker is not None
    items = {item.data(0, 256): item for item in picker._items()}
    assert [items[name].checkState(0) for name in ("stem", "body", "body.0", "body.1", "fc")] == [ON, PART, ON, OFF, OFF]
    assert not items["stem"].flags() & Qt.ItemFlag.ItemIsEnabled  # it is the regular expression that means it
    picker.search.setText("body.1")
    assert [name for name, item in items.items() if not item.isHidden()] != list(items)
    assert items["stem"].isHidden()
    picker.close()


def test_an_empty_layer_takes_the_key_away(rig: Rig, section: Section) -> None:
    field = editor(section, "freeze_to")
    assert isinstance(field, LayerEditor)
    field.entered.emit(None)
    assert "freeze_to" not in transfer(rig)


def test_stages_are_edited_in_place_added_and_removed(rig: Rig, section: Section) -> None:
    field = editor(section, "unfreeze")
    assert isinstance(field, RowsEditor)
    field.cards[0].table.editors["lr_mult"].entered.emit(0.5)
    assert '{ at_epoch = 2, to = "body", lr_mult = 0.5 },   # the blocks\n' in text(rig)
    field.add.click()
    assert transfer(rig)["unfreeze"][-1] == {"at_epoch": 7, "to": "input", "lr_mult": 0.1}  # type: ignore[index]
    assert [card.findChild(QLabel, "secondary").text() for card in field.cards] == ["stage 2", "stage 3", "stage 4"]
    field.cards[2].remove.click()
    rig.document.settle()
    field.cards[0].table.editors["layers"].entered.emit(["fc"])
    rig.document.settle()
    field.cards[0].table.editors["to"].entered.emit(None)
    assert transfer(rig)["unfreeze"][0] == {"at_epoch": 2, "lr_mult": 0.5, "layers": ["fc"]}  # type: ignore[index]
    warm_up = editor(section, "warmup_epochs")
    assert warm_up is not None
    warm_up.entered.emit(1)
    rig.document.settle()
    assert field.cards[0].findChild(QLabel, "secondary").text() == "stage 3"  # as in the table that training prints


def test_rates_by_depth_by_stage_and_the_same_for_all(rig: Rig, section: Section) -> None:
    field = editor(section, "discriminative")
    assert isinstance(field, DiscriminativeEditor)
    field._choose(1)
    assert transfer(rig)["discriminative"] == {"lowest": 0.01}
    field._choose(2)
    assert transfer(rig)["discriminative"] == {"factor": 0.4, "stages": ["stem", "body", "fc"]}
    field._choose(0)
    assert "discriminative" not in transfer(rig)


def test_renamed_tensors_are_pairs_and_half_a_pair_waits(rig: Rig, section: Section) -> None:
    field = editor(section, "rename")
    assert isinstance(field, PairsEditor)
    field.add.click()
    _, left, right = field.lines[0]
    left.line.setText("module.*")
    left.entered.emit("module.*")
    assert "rename" not in transfer(rig)
    right.line.setText("*")
    right.entered.emit("*")
    assert transfer(rig)["rename"] == {"module.*": "*"}


def test_a_file_is_named_relative_to_the_spec(tmp_path: Path) -> None:
    assert relative(tmp_path / "a" / "w.pth", tmp_path / "a") == "w.pth"
    assert relative(tmp_path / "w.pth", tmp_path / "a") == "../w.pth"
    assert relative(Path("/elsewhere/w.pth"), tmp_path / "a") == "/elsewhere/w.pth"


def test_what_is_around_a_field_leaves_inputs_out_unless_asked() -> None:
    around = Around(outline(Source("x.toml", STAGES, "toml", Path())))
    assert around.leaves()[0] == "stem"
    assert around.leaves(with_inputs=True)[0] == "input"
    assert [node.name for node in around.tops()] == ["stem", "body", "fc"]


def test_a_section_that_is_wanted_is_opened(rig: Rig, section: Section) -> None:
    section.head.setChecked(False)
    rig.desk.section_wanted.emit("transfer")
    assert section.head.isChecked()
    assert section.form is not None
