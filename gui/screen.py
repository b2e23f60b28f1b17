"""Whether a window can be opened here. Qt does not return an error when it cannot: it aborts the process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module

LIBRARIES = "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 fonts-dejavu-core"
"""Debian packages that Qt needs even without a screen."""
OFF_SCREEN = ("offscreen", "minimal", "vnc")
"""Qt platforms that need no display."""
PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication(['probe'])"
PATIENCE = 20
"""Seconds to wait for the probe; a display that does not answer would hold it for ever."""


def why_no_window() -> str | None:
    """Why no window can be opened, with what to do; None when one can."""
    try:
        import_module("PySide6.QtWidgets")
        import_module("pyqtgraph")
    except ModuleNotFoundError as missing:
        package = (missing.name or "PySide6").partition(".")[0]
        return f"{package} is not installed; install it with: pip install 'netspec[gui]'"
    except ImportError as problem:
        return f"Qt cannot be loaded ({problem}); on Debian: apt-get install {LIBRARIES}"
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform in OFF_SCREEN:
        return None
    return (None if platform else _no_display(os.environ)) or _probe()


def _no_display(environment: Mapping[str, str]) -> str | None:
    if not sys.platform.startswith("linux") or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return None
    return (
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); "
        "start it in a desktop session, or set QT_QPA_PLATFORM=offscreen to run it without a screen"
    )


def _probe() -> str | None:
    """Let a process of its own open the display, so that only that one is aborted."""
    try:
        probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"the display does not answer within {PATIENCE} s; check DISPLAY={os.environ.get('DISPLAY', '')}"
    if probe.returncode == 0:
        return None
    said = " ".join(line.strip() for line in probe.stderr.splitlines() if line.strip())
    return (
        f"Qt cannot open the display: {said or f'it ended with {probe.returncode}'}; check DISPLAY and QT_QPA_PLATFORM"
    )
