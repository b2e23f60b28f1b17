"""The run controls show what the spec says, also while it has errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.panels.run import RunPanel
from gui.status import totals

TEXT = """\
spec_version = 1
input.shape = [1, 8, 8]
layers = [
  { name = "conv", type = "conv2d", out_channels = 4, kernel_size = 3 },
  { name = "fc", type = "linear", out_features = 10 },
]
loss.type = "cross_entropy"
data.type = "digits"
train = { epochs = 7, batch_size = 48 }
optimizer = { type = "adam" }
"""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    path = tmp_path / "net.toml"
    path.write_text(TEXT)
    window = MainWindow(path)
    qtbot.addWidget(window, before_close_func=lambda window: window.document.save())  # or closing would ask
    window.document.settle()
    return window


@pytest.mark.parametrize(("right", "wrong"), [
    ("kernel_size = 3", "kernel_size = 30"),  # an error in the shapes
    ("out_features = 10", 'out_features = "ten"'),  # one in a field: there is no spec
    ("[\n", "[\n["),  # no TOML at all
])  # fmt: skip
def test_an_error_does_not_change_the_numbers_of_the_controls(window: MainWindow, right: str, wrong: str) -> None:
    panel = next(panel for panel in window.panels if isinstance(panel, RunPanel))
    window.document.set_text("Typing", TEXT.replace(right, wrong))
    window.document.settle()
    assert window.document.state.problems
    assert (panel.controls.epochs.value(), panel.controls.batch_size.value()) == (7, 48)


def test_no_totals_are_shown_while_layers_have_no_shape(window: MainWindow) -> None:
    assert "params" in totals(window.document.state)
    window.document.set_text("Typing", TEXT.replace("kernel_size = 3", "kernel_size = 30"))
    window.document.settle()
    assert totals(window.document.state) == "2 layers   ·   no totals: 2 of them have no shape yet"
