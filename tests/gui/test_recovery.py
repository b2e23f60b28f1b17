"""A crash loses no text."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui import recovery as keeping
from gui.document import Document
from gui.main_window import MainWindow
from gui.recovery import Recovery, left_behind
from netspec import editing
from tests.gui.conftest import TEXT

CRASHING = """
import sys
from pathlib import Path
import gui.recovery
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
gui.recovery.recovery_folder = lambda: Path(sys.argv[1])
app = QApplication([])
from gui.main_window import MainWindow
from netspec import editing
window = MainWindow(sys.argv[2])
window.document.edit("Rename", editing.rename, "conv1", "stem")
window.document.pin({"stem": (1, 2)})
QTimer.singleShot(60_000, app.quit)
app.exec()
"""


def entries() -> list[Path]:
    return list(keeping.recovery_folder().glob("*.json"))


def test_unsaved_text_is_kept_soon_and_forgotten_when_it_is_saved(qtbot: QtBot, spec_file: Path) -> None:
    document = Document()
    recovery = Recovery(document)
    document.open(spec_file)
    document.edit("Rename", editing.rename, "conv1", "stem")
    qtbot.waitUntil(lambda: len(entries()) == 1, timeout=5000)
    assert json.loads(entries()[0].read_text(encoding="utf-8"))["text"] == document.text
    assert left_behind() == []  # its program is alive
    document.save()
    qtbot.waitUntil(lambda: entries() == [], timeout=5000)
    recovery.forget()


def test_what_is_undone_need_not_be_kept(qtbot: QtBot, spec_file: Path) -> None:
    document = Document()
    recovery = Recovery(document)
    document.open(spec_file)
    document.edit("Rename", editing.rename, "conv1", "stem")
    recovery.keep()
    recovery.finish()
    assert len(entries()) == 1
    document.undo_stack.undo()
    recovery.keep()
    assert entries() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_program_leaves_its_text_behind(window: MainWindow, spec_file: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", CRASHING, str(keeping.recovery_folder()), str(spec_file)]
    child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not entries() and time.monotonic() < end:
            assert child.poll() is None
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    (left,) = left_behind()
    expected = TEXT.replace("conv1", "stem")
    assert (left.path, left.text, left.positions) == (spec_file, expected, {"stem": (1.0, 2.0)})
    assert spec_file.read_text(encoding="utf-8") == TEXT

    window.offer_recovery()
    assert window.welcome.left.count() == 1
    window.open(spec_file)
    assert window.document.text == TEXT
    window.banner.buttons["Restore"].click()
    assert window.document.text == expected
    assert window.document.positions == {"stem": (1.0, 2.0)}
    assert window.document.is_modified
    assert left_behind() == []
    window.document.undo_stack.undo()
    assert window.document.text == TEXT


def test_a_document_without_a_file_is_restored_from_the_first_page(window: MainWindow, tmp_path: Path) -> None:
    folder = keeping.recovery_folder()
    folder.mkdir(parents=True)
    values = {"path": None, "name": "untitled.toml", "folder": str(tmp_path), "text": TEXT, "positions": {}, "time": 1.0}
    (folder / "1-a.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "1-b.json").write_text("half of it", encoding="utf-8")
    window.offer_recovery()
    window.welcome.left.itemActivated.emit(window.welcome.left.item(0))
    assert window.document.text == TEXT
    assert window.document.is_modified
    window.recovery.keep()
    window.recovery.finish()
    assert not (folder / "1-a.json").exists()
    assert (folder / "1-b.json").exists()  # not one of ours


def leave(path: Path | None, folder: Path, text: str) -> Path:
    """What a killed program has left."""
    entry = keeping.recovery_folder() / "1-a.json"
    entry.parent.mkdir(parents=True)
    name = path.name if path else "untitled.toml"
    values = {"path": path and str(path), "name": name, "folder": str(folder), "text": text, "positions": {}, "time": 1.0}
    entry.write_text(json.dumps(values), encoding="utf-8")
    return entry


def test_what_was_typed_before_restoring_can_be_had_back(window: MainWindow, spec_file: Path) -> None:
    leave(spec_file, spec_file.parent, f"{TEXT}# left\n")
    window.open(spec_file)
    window.document.set_text("Type", f"{TEXT}# typed\n")
    window.banner.buttons["Restore"].click()
    assert window.document.text == f"{TEXT}# left\n"
    window.document.undo_stack.undo()
    assert window.document.text == f"{TEXT}# typed\n"


def test_what_is_restored_stays_on_the_disk_until_it_is_kept_anew(window: MainWindow, spec_file: Path) -> None:
    left = leave(spec_file, spec_file.parent, f"{TEXT}# left\n")
    window.open(spec_file)
    window.banner.buttons["Restore"].click()
    assert left.exists()
    assert left_behind() == []  # nobody else is offered it
    window.recovery.keep()
    window.recovery.finish()
    (kept,) = entries()
    assert kept != left
    assert json.loads(kept.read_text(encoding="utf-8"))["text"] == f"{TEXT}# left\n"


def test_restored_text_is_kept_by_the_old_entry_while_the_disk_is_full(
    window: MainWindow, spec_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = leave(spec_file, spec_file.parent, f"{TEXT}# left\n")
    window.open(spec_file)
    window.banner.buttons["Restore"].click()
    monkeypatch.setattr("gui.recovery._write", lambda *_: False)
    window.recovery.keep()
    window.recovery.finish()
    assert entries() == [left]


def test_text_whose_folder_is_gone_is_restored_as_a_document_without_a_file(window: MainWindow, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    leave(gone / "tiny.toml", gone, f"{TEXT}# left\n")
    window.offer_recovery()
    assert window.welcome.left.count() == 1
    window.welcome.left.itemActivated.emit(window.welcome.left.item(0))
    assert (window.document.text, window.document.path) == (f"{TEXT}# left\n", None)
    assert window.document.is_modified


def test_the_banner_of_one_spec_does_not_stay_over_another(window: MainWindow, spec_file: Path) -> None:
    other = spec_file.with_name("other.toml")
    other.write_text(TEXT, encoding="utf-8")
    leave(spec_file, spec_file.parent, f"{TEXT}# left\n")
    window.open(spec_file)
    assert "Restore" in window.banner.buttons
    window.open(other)
    assert not window.banner.buttons


def test_a_full_disk_does_not_stop_the_work(qtbot: QtBot, spec_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    document = Document()
    recovery = Recovery(document)
    document.open(spec_file)
    with monkeypatch.context() as full:
        full.setattr("gui.recovery.write_text", fail)
        document.edit("Rename", editing.rename, "conv1", "stem")
        recovery.keep()
        recovery.finish()
    assert entries() == []
    recovery.keep()
    recovery.finish()
    assert len(entries()) == 1
    recovery.forget()
    assert entries() == []
