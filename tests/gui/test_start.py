"""Starting `netspec-gui`: it says why it cannot, and never aborts."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from gui import app, screen

SCREENLESS = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}


def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SCREENLESS} | settings
    command = [sys.executable, "-m", "gui.app", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux starts without a display")
def test_without_a_display_it_says_so_and_ends_with_2() -> None:
    ended = start()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("netspec-gui: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux names displays")
def test_a_display_that_cannot_be_opened_is_said_and_ends_with_2() -> None:
    ended = start(DISPLAY=":987")
    assert ended.returncode == 2
    assert ended.stderr.startswith("netspec-gui: Qt cannot open the display: ")


def test_a_missing_file_ends_with_2_and_names_the_shipped_specs(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["nowhere.toml"]) == 2
    said = capsys.readouterr().err
    assert "nowhere.toml: there is no such file" in said
    assert "digits" in said


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("netspec ")


@pytest.mark.parametrize(("module", "package"), [("PySide6.QtWidgets", "PySide6"), ("pyqtgraph", "pyqtgraph")])
def test_a_missing_package_is_answered_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert screen.why_no_window() == f"{package} is not installed; install it with: pip install 'netspec[gui]'"


def test_a_missing_library_is_answered_with_the_debian_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(screen, "import_module", fail)
    reason = screen.why_no_window() or ""
    assert "libEGL.so.1" in reason
    assert "apt-get install libglib2.0-0" in reason


def test_the_program_opens_a_spec_and_ends_with_0(qapp: QCoreApplication, spec_file: Path) -> None:
    QTimer.singleShot(200, qapp.quit)
    assert app.main([str(spec_file)]) == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True and None are immortal from Python 3.12 on")
def test_the_installed_qt_is_not_the_one_that_loses_references() -> None:
    assert tuple(map(int, version("PySide6_Essentials").split(".")[:2])) < (6, 12)


class Bell(QObject):
    rung = Signal()


def test_twenty_thousand_signals_lose_no_reference(qapp: QCoreApplication) -> None:
    bell, heard = Bell(), []
    bell.rung.connect(lambda: heard.append(1))
    before = sys.getrefcount(True)
    for _ in range(20_000):
        bell.rung.emit()
    assert len(heard) == 20_000
    assert abs(sys.getrefcount(True) - before) < 1_000
