"""Panels are tested on a rig, without the window around them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from gui.theme import apply_theme, current_theme
from netspec.look import LIGHT
from tests.gui.panels.rig import Rig


@pytest.fixture
def rig(qapp: QApplication, qtbot: object) -> Iterator[Rig]:
    """A rig with nothing open."""
    if current_theme() is not LIGHT or not qapp.styleSheet():
        apply_theme(LIGHT)
    rig = Rig()
    rig.show()
    yield rig
    rig.document.close()
    rig.close()
    rig.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
