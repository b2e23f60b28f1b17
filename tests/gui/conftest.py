"""The desktop program is tested without a screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is loaded

import pytest

pytest.importorskip("PySide6", reason="the desktop program needs the extra `gui`")
pytest.importorskip("pytestqt", reason="the desktop program's tests need pytest-qt, in the extra `test`")

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QStandardPaths
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.theme import apply_theme
from netspec.look import LIGHT

TEXT = """\
spec_version = 1
name = "tiny"
input.shape = [3, 8, 8]
layers = [
  { name = "conv1", type = "conv2d", out_channels = 4, kernel_size = 3, padding = 1, frozen = true },
  { name = "relu1", type = "relu" },
  { name = "fc", type = "linear", out_features = 10 },
]
"""
BROKEN = TEXT.replace('type = "relu"', 'type = "reluu"')


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """The settings of tests are not those of the user."""
    QStandardPaths.setTestModeEnabled(True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    return QApplication


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with the settings of a first start, and finds nothing that a crash has left."""
    monkeypatch.setattr("gui.recovery.recovery_folder", lambda: tmp_path / "recovery")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    QCoreApplication.setOrganizationName("netspec")
    QCoreApplication.setApplicationName("netspec")


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    """A small spec without problems."""
    path = tmp_path / "tiny.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def window(qapp: QApplication, qtbot: object) -> Iterator[MainWindow]:
    """The window with nothing open."""
    apply_theme(LIGHT)
    window = MainWindow()
    window.show()
    yield window
    window.document.close()  # nobody is there to be asked about unsaved changes
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # windows left over slow each theme down
