from __future__ import annotations

import os
from pathlib import Path

from pytestqt.qtbot import QtBot

from gui.document import Document
from gui.state import State
from tests.gui.conftest import BROKEN, TEXT


def state_of(document: Document) -> State:
    """The state, once it belongs to the text."""
    document.settle()
    assert document.state is not None
    return document.state


def opened(path: Path) -> Document:
    document = Document()
    document.open(path)
    return document


def test_a_change_on_disk_is_shown(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.waitSignal(document.changed, timeout=5000):
        spec_file.write_text(TEXT.replace("out_features = 10", "out_features = 7"), encoding="utf-8")
    assert document.state is not None
    assert document.state.report is not None
    assert document.state.report.table[-1].output_shape == (7,)


def test_a_file_that_is_replaced_twice_is_followed_both_times(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    for number in (5, 6):
        new = spec_file.with_suffix(".new")
        new.write_text(TEXT.replace("out_features = 10", f"out_features = {number}"), encoding="utf-8")
        with qtbot.waitSignal(document.changed, timeout=5000):
            os.replace(new, spec_file)  # noqa: PTH105
        assert document.state is not None
        assert document.state.report is not None
        assert document.state.report.table[-1].output_shape == (number,)


def test_a_change_of_an_extended_file_is_shown(qtbot: QtBot, spec_file: Path) -> None:
    child = spec_file.with_name("child.toml")
    child.write_text('extends = "tiny.toml"\nname = "child"\n', encoding="utf-8")
    document = opened(child)
    with qtbot.waitSignal(document.changed, timeout=5000):
        spec_file.write_text(TEXT.replace("out_features = 10", "out_features = 3"), encoding="utf-8")
    assert document.state is not None
    assert document.state.report is not None
    assert document.state.report.table[-1].output_shape == (3,)


def test_broken_text_keeps_the_last_good_table_and_says_so(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    good = state_of(document)
    document.set_text("Type", BROKEN)
    broken = state_of(document)
    assert broken.is_stale
    assert broken.report is good.report
    assert [problem.severity for problem in broken.problems] == ["error"]
    assert broken.texts[str(spec_file)] == BROKEN


def test_mended_text_is_no_longer_stale(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    document.set_text("Type", BROKEN)
    assert state_of(document).is_stale
    document.undo_stack.undo()
    assert not state_of(document).is_stale
    assert state_of(document).problems == ()


def test_a_deleted_file_keeps_its_text_and_can_be_saved_again(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.waitSignal(document.title_changed, timeout=5000):
        spec_file.unlink()
    assert state_of(document).text == TEXT
    assert document.is_modified
    assert document.save()
    assert spec_file.read_text(encoding="utf-8") == TEXT


def test_opening_another_spec_does_not_keep_the_table_of_the_one_before(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    other = spec_file.with_name("other.toml")
    other.write_text(BROKEN, encoding="utf-8")
    document.open(other)
    assert document.state is not None
    assert document.state.report is None


def test_an_unrelated_file_in_the_folder_changes_nothing(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.assertNotEmitted(document.changed, wait=400):
        spec_file.with_name("notes.txt").write_text("nothing", encoding="utf-8")
