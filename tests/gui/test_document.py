"""The document: its text is the only truth; edits, undo, saving, and changes on disk."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.document import SMALLEST, Document
from gui.history import difference, join
from gui.state import State
from netspec import editing
from netspec.shipped import shipped_specs
from netspec.spec.source import Source
from tests.gui.conftest import BROKEN, TEXT


def state_of(document: Document) -> State:
    """The state, once it belongs to the text."""
    document.settle()
    assert document.state is not None
    return document.state


def opened(path: Path) -> Document:
    document = Document()
    assert document.open(path)
    return document


def refusals(document: Document) -> list[str]:
    """What is refused from now on."""
    said: list[str] = []
    document.refused.connect(lambda message, hint: said.append(message))
    return said


def test_every_edit_has_a_name_and_undo_gives_back_exactly_the_same_text(spec_file: Path) -> None:
    document = opened(spec_file)
    texts = [TEXT]
    for label, function, arguments in (
        ("Rename conv1", editing.rename, ("conv1", "stem")),
        ("Add dropout", editing.add_layer, ("dropout", None, "relu1")),
        ("Unfreeze stem", editing.set_frozen, (["stem"], False)),
        ("Delete fc", editing.remove_layers, (["fc"],)),
        ("Set epochs", editing.set_field, (("train",), "epochs", 3)),
    ):
        assert document.edit(label, function, *arguments)  # type: ignore[arg-type]
        assert document.undo_stack.undoText() == label
        texts.append(document.text)
    for text in reversed(texts[:-1]):
        document.undo_stack.undo()
        assert document.text == text
    for text in texts[1:]:
        document.undo_stack.redo()
        assert document.text == text
    assert state_of(document).outline.by_name.keys() == {"input", "stem", "relu1", "drop1"}


def test_a_refused_edit_changes_nothing_and_says_why(spec_file: Path) -> None:
    document = opened(spec_file)
    said = refusals(document)
    assert not document.edit("Rename", editing.rename, "conv1", "fc")
    assert said == ["the name fc is already taken"]
    assert (document.text, document.undo_stack.count()) == (TEXT, 0)


def test_an_edit_that_changes_nothing_is_no_step(spec_file: Path) -> None:
    document = opened(spec_file)
    assert document.edit("Freeze", editing.set_frozen, ["conv1"], True)
    assert document.undo_stack.count() == 0
    assert not document.is_modified


def test_typing_that_goes_on_is_one_step_until_the_line_ends(spec_file: Path) -> None:
    document = opened(spec_file)
    text = TEXT
    for character in "seed = 7":
        text += character
        document.set_text("Type", text)
    assert document.undo_stack.count() == 1
    document.set_text("Type", f"{text}\n")
    document.set_text("Type", f"{text}\n#")
    assert document.undo_stack.count() == 2 + 0
    document.undo_stack.undo()
    assert document.text == text
    document.undo_stack.undo()
    assert document.text == TEXT


def test_typing_elsewhere_is_another_step(spec_file: Path) -> None:
    document = opened(spec_file)
    document.set_text("Type", f"#{TEXT}")
    document.set_text("Type", f"#{TEXT}#")
    assert document.undo_stack.count() == 2


def test_differences_lead_there_and_back_and_join() -> None:
    texts = ["", "a", "ab", "abc", "xabc", "xbc", "bc", "b\nc", "é"]
    for one in texts:
        for other in texts:
            change = difference(one, other)
            assert (change.apply(one), change.revert(other)) == (other, one)
            for third in texts:
                joined = join(change, difference(other, third))
                if joined is not None:
                    assert (joined.apply(one), joined.revert(third)) == (third, one)


def test_a_thousand_steps_can_be_undone_and_redone(spec_file: Path) -> None:
    document = opened(spec_file)
    for number in range(1200):
        document.put(f"Step {number}", f"{TEXT}# {number}\n")
    assert document.undo_stack.count() == 1200
    while document.undo_stack.canUndo():
        document.undo_stack.undo()
    assert document.text == TEXT
    while document.undo_stack.canRedo():
        document.undo_stack.redo()
    assert document.text == f"{TEXT}# 1199\n"


def test_broken_text_keeps_the_last_good_table_and_says_so(spec_file: Path) -> None:
    document = opened(spec_file)
    good = state_of(document)
    document.set_text("Type", BROKEN)
    assert document.text == BROKEN
    broken = state_of(document)
    assert broken.is_stale
    assert broken.report is good.report
    assert [problem.severity for problem in broken.problems] == ["error"]
    assert broken.texts[str(spec_file)] == BROKEN
    assert [node.name for node in broken.outline.nodes] == ["input", "conv1", "relu1", "fc"]


def test_mended_text_is_no_longer_stale(spec_file: Path) -> None:
    document = opened(spec_file)
    document.set_text("Type", BROKEN)
    assert state_of(document).is_stale
    document.undo_stack.undo()
    assert not state_of(document).is_stale
    assert state_of(document).problems == ()


def test_a_large_text_is_read_in_a_thread_and_the_latest_wins(qtbot: QtBot, tmp_path: Path) -> None:
    layers = "".join(f'[[layers]]\nname = "l{number}"\ntype = "relu"\n\n' for number in range(300))
    document = Document()
    document.new(f"input.shape = [4]\n\n{layers}")
    assert document.state is not None
    assert not document.state.is_settled
    states: list[State | None] = []
    document.changed.connect(lambda: states.append(document.state))
    for number in range(5):
        document.edit("Set", editing.set_field, (), "seed", number)
    qtbot.waitUntil(lambda: bool(states), timeout=20_000)
    assert all(state is not None and state.text == document.text for state in states)
    assert state_of(document).tree["seed"] == 4


def test_places_of_boxes_are_undoable_and_leave_the_spec_as_it_is(spec_file: Path) -> None:
    document = opened(spec_file)
    document.pin({"conv1": (1, 2), "fc": (3, 4.5)})
    document.unpin(["fc"])
    assert document.positions == {"conv1": (1.0, 2.0)}
    document.undo_stack.undo()
    assert document.positions == {"conv1": (1.0, 2.0), "fc": (3.0, 4.5)}
    assert document.is_modified
    assert document.save()
    assert spec_file.read_text(encoding="utf-8") == TEXT
    assert opened(spec_file).positions == document.positions
    document.unpin()
    assert document.save()
    assert not spec_file.with_name("tiny.layout.json").exists()


def test_places_follow_a_rename_and_its_undo(spec_file: Path) -> None:
    document = opened(spec_file)
    document.pin({"conv1": (1, 2)})
    document.edit("Rename conv1", editing.rename, "conv1", "stem")
    assert document.positions == {"stem": (1.0, 2.0)}
    document.undo_stack.undo()
    assert document.positions == {"conv1": (1.0, 2.0)}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"boxes": 3}', '{"boxes": {"a": [1]}}', '{"boxes": {"a": ["x", null]}}'])
def test_a_strange_layout_file_is_no_layout(spec_file: Path, content: str) -> None:
    spec_file.with_name("tiny.layout.json").write_text(content, encoding="utf-8")
    assert opened(spec_file).positions == {}


def test_modified_means_that_the_text_is_not_the_one_on_the_disk(spec_file: Path) -> None:
    document = opened(spec_file)
    assert not document.is_modified
    document.edit("Freeze", editing.set_frozen, ["fc"], True)
    assert document.is_modified
    document.undo_stack.undo()
    assert not document.is_modified
    document.undo_stack.redo()
    assert document.save()
    assert not document.is_modified
    document.undo_stack.undo()
    assert document.is_modified


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_byte_order_mark_survive(tmp_path: Path, start: bytes, end: str) -> None:
    path = tmp_path / "tiny.toml"
    before = start + TEXT.replace("\n", end).encode()
    path.write_bytes(before)
    document = opened(path)
    document.edit("Set", editing.set_field, ("layers", 2), "out_features", 11)
    document.set_text("Type", document.text.replace("\r\n", "\n") + "seed = 1\n")  # as an editor gives it
    assert document.save()
    after = before.replace(b"out_features = 10", b"out_features = 11") + f"seed = 1{end}".encode()
    assert path.read_bytes() == after


def test_a_link_stays_a_link(tmp_path: Path, spec_file: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(spec_file)
    document = opened(link)
    document.put("Type", f"{TEXT}seed = 1\n")
    assert document.save()
    assert link.is_symlink()
    assert spec_file.read_text(encoding="utf-8").endswith("seed = 1\n")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_said(spec_file: Path) -> None:
    document = opened(spec_file)
    document.put("Type", f"{TEXT}# more\n")
    spec_file.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    said = refusals(document)
    assert not document.save()
    spec_file.parent.chmod(stat.S_IRWXU)
    assert "cannot be written" in said[0]
    assert document.is_modified


def test_a_failed_save_leaves_file_and_document_as_they_were(spec_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = opened(spec_file)
    document.put("Type", f"{TEXT}# more\n")
    said = refusals(document)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gui.document.replace_file", fail)
    assert not document.save()
    assert not document.save_as(spec_file.with_name("other.toml"))
    assert said == [f"{name}.toml cannot be written: No space left on device" for name in ("tiny", "other")]
    assert spec_file.read_text(encoding="utf-8") == TEXT
    assert (document.path, document.is_modified) == (spec_file, True)


def test_a_new_document_has_the_smallest_network_and_no_file() -> None:
    document = Document()
    document.new()
    state = state_of(document)
    assert (state.path, state.text, state.problems) == (None, SMALLEST, ())
    assert state.report is not None
    assert not document.save()


def test_saved_elsewhere_a_spec_still_finds_what_it_extends(tmp_path: Path) -> None:
    race = shipped_specs()["digits_race"]
    document = Document()
    document.new(race.read_text(encoding="utf-8"), name=race.name, folder=race.parent)
    assert document.save_as(tmp_path / "mine.toml")
    state = state_of(document)
    assert (state.path, state.problems) == (tmp_path / "mine.toml", ())
    assert state.report is not None
    assert state.text.count("\n") == race.read_text(encoding="utf-8").count("\n")


def test_a_failed_save_elsewhere_leaves_the_paths_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    race = shipped_specs()["digits_race"]
    document = Document()
    document.new(race.read_text(encoding="utf-8"), name=race.name, folder=race.parent)
    said = refusals(document)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gui.document.replace_file", fail)
    assert not document.save_as(tmp_path / "mine.toml")
    assert said == ["mine.toml cannot be written: No space left on device"]
    assert (document.text, document.undo_stack.count(), document.path) == (race.read_text(encoding="utf-8"), 0, None)


def test_opened_tells_of_another_document_and_not_of_one_saved_elsewhere(spec_file: Path) -> None:
    document = Document()
    told: list[str] = []
    document.opened.connect(lambda: told.append(document.state.name if document.state else ""))
    document.new()
    document.new()
    document.open(spec_file)
    document.save_as(spec_file.with_name("other.toml"))
    assert told == ["untitled.toml", "untitled.toml", "tiny.toml"]


def test_toml_is_not_saved_under_the_name_of_json(spec_file: Path) -> None:
    document = opened(spec_file)
    said = refusals(document)
    assert not document.save_as(spec_file.with_suffix(".json"))
    assert said == ["tiny.json: this spec is written in TOML"]


def test_a_json_spec_is_edited_as_one_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    path.write_text('{"input": {"shape": [4]},\n "layers": [{"name": "a", "type": "relu"}]}\n', encoding="utf-8")
    document = opened(path)
    assert document.edit("Rename a", editing.rename, "a", "b")
    assert document.save()
    assert json.loads(path.read_text(encoding="utf-8"))["layers"] == [{"name": "b", "type": "relu"}]


def test_ten_thousand_lines_are_opened_and_edited(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    text = TEXT + "# a comment\n" * 10_000
    path.write_text(text, encoding="utf-8")
    document = opened(path)
    assert document.edit("Set", editing.set_field, ("layers", 2), "out_features", 3)
    report = state_of(document).report
    assert report is not None
    assert report.table[-1].output_shape == (3,)


def test_bytes_that_are_no_text_are_refused_and_what_is_open_stays(spec_file: Path, tmp_path: Path) -> None:
    document = opened(spec_file)
    said = refusals(document)
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'\n")
    assert not document.open(tmp_path / "bytes.toml")
    assert not document.open(tmp_path / "gone.toml")
    assert said == ["bytes.toml: the byte 0xff is not valid UTF-8", "gone.toml: there is no such file"]
    assert document.path == spec_file


def test_opening_another_spec_does_not_keep_the_table_of_the_one_before(spec_file: Path) -> None:
    document = opened(spec_file)
    other = spec_file.with_name("other.toml")
    other.write_text(BROKEN, encoding="utf-8")
    document.open(other)
    assert state_of(document).report is None
    assert document.undo_stack.count() == 0


def test_a_change_on_disk_is_shown_and_can_be_undone(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.waitSignal(document.changed, timeout=5000):
        spec_file.write_text(TEXT.replace("out_features = 10", "out_features = 7"), encoding="utf-8")
    report = state_of(document).report
    assert report is not None
    assert report.table[-1].output_shape == (7,)
    assert not document.is_modified
    document.undo_stack.undo()
    assert document.text == TEXT


def test_a_change_on_disk_beside_unsaved_changes_asks(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    document.put("Type", f"{TEXT}# mine\n")
    with qtbot.waitSignal(document.conflict, timeout=5000):
        spec_file.write_text(f"{TEXT}# theirs\n", encoding="utf-8")
    assert document.text == f"{TEXT}# mine\n"
    document.reload()
    assert document.text == f"{TEXT}# theirs\n"
    document.undo_stack.undo()
    assert document.text == f"{TEXT}# mine\n"


def test_a_file_that_goes_and_comes_back_with_another_text_is_read_again(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.waitSignal(document.title_changed, timeout=5000):
        spec_file.unlink()
    assert document.is_modified
    with qtbot.waitSignal(document.changed, timeout=5000):
        spec_file.write_text(f"{TEXT}# new\n", encoding="utf-8")
    assert document.text == f"{TEXT}# new\n"
    assert not document.is_modified


def test_what_somebody_else_wrote_is_noticed_before_it_is_replaced(spec_file: Path) -> None:
    document = opened(spec_file)
    document.put("Type", f"{TEXT}# mine\n")
    assert not document.is_overtaken()
    spec_file.write_text(f"{TEXT}# theirs\n", encoding="utf-8")
    assert document.is_overtaken()
    document.keep()
    assert not document.is_overtaken()
    assert document.save()
    assert not document.is_overtaken()


def test_saving_never_replaces_what_the_watcher_has_not_told_yet(spec_file: Path) -> None:
    document = opened(spec_file)
    document.put("Type", f"{TEXT}# mine\n")
    asked: list[str] = []
    document.conflict.connect(lambda: asked.append(document.text))
    spec_file.write_text(f"{TEXT}# theirs\n", encoding="utf-8")
    assert not document.save()
    assert asked == [f"{TEXT}# mine\n"]
    assert spec_file.read_text(encoding="utf-8") == f"{TEXT}# theirs\n"
    assert document.is_modified
    document.keep()
    assert document.save()
    assert spec_file.read_text(encoding="utf-8") == f"{TEXT}# mine\n"


def test_saving_without_changes_takes_what_somebody_else_wrote(spec_file: Path) -> None:
    document = opened(spec_file)
    spec_file.write_text(f"{TEXT}# theirs\n", encoding="utf-8")
    assert document.save()
    assert document.text == spec_file.read_text(encoding="utf-8") == f"{TEXT}# theirs\n"


def test_a_file_that_is_replaced_twice_is_followed_both_times(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    for number in (5, 6):
        new = spec_file.with_suffix(".new")
        new.write_text(TEXT.replace("out_features = 10", f"out_features = {number}"), encoding="utf-8")
        with qtbot.waitSignal(document.changed, timeout=5000):
            os.replace(new, spec_file)  # noqa: PTH105
        report = state_of(document).report
        assert report is not None
        assert report.table[-1].output_shape == (number,)


def test_a_change_of_an_extended_file_is_shown(qtbot: QtBot, spec_file: Path) -> None:
    child = spec_file.with_name("child.toml")
    child.write_text('extends = "tiny.toml"\nname = "child"\n', encoding="utf-8")
    document = opened(child)
    with qtbot.waitSignal(document.changed, timeout=5000):
        spec_file.write_text(TEXT.replace("out_features = 10", "out_features = 3"), encoding="utf-8")
    report = state_of(document).report
    assert report is not None
    assert report.table[-1].output_shape == (3,)


def test_a_deleted_file_keeps_its_text_and_can_be_saved_again(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.waitSignal(document.title_changed, timeout=5000):
        spec_file.unlink()
    assert state_of(document).text == TEXT
    assert document.is_modified
    assert document.save()
    assert spec_file.read_text(encoding="utf-8") == TEXT


def test_an_unrelated_file_in_the_folder_changes_nothing(qtbot: QtBot, spec_file: Path) -> None:
    document = opened(spec_file)
    with qtbot.assertNotEmitted(document.changed, wait=400):
        spec_file.with_name("notes.txt").write_text("nothing", encoding="utf-8")


def test_an_edit_that_fails_is_refused_and_the_text_stays(spec_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(source: Source) -> str:
        raise IndexError("tuple index out of range")

    document = opened(spec_file)
    said = refusals(document)
    assert not document.edit("Break", broken)
    assert said == ["Break failed: IndexError: tuple index out of range"]
    assert document.text == TEXT
    assert "Break failed" in caplog.text


@pytest.mark.parametrize("size", [10, 20_000], ids=["at once", "in the thread"])
def test_a_text_on_which_the_analysis_fails_has_a_problem_and_the_next_is_read(
    size: int, monkeypatch: pytest.MonkeyPatch, spec_file: Path
) -> None:
    document = opened(spec_file)
    good = state_of(document)

    def fail(*_: object) -> State:
        raise RecursionError("maximum recursion depth exceeded")

    with monkeypatch.context() as patch:
        patch.setattr("gui.analysis.analysed", fail)
        document._analysis._cost = size / 100_000
        document.put("Type", f"{TEXT}# more\n")
        bad = state_of(document)
    assert [problem.code for problem in bad.problems] == ["NS009"]
    assert "RecursionError: maximum recursion depth" in bad.problems[0].message
    assert bad.is_stale
    assert bad.report is good.report
    document.undo_stack.undo()
    assert (state_of(document).problems, state_of(document).is_stale) == ((), False)
