"""A small run that was looked into, and a desk without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

import netspec
from gui.desk import Desk
from gui.document import Document
from gui.insight.service import Service, service_of
from gui.theme import apply_theme
from netspec.look import LIGHT

SPEC = """\
name = "small"
[input]
shape = [1, 8, 8]
[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3
[[layers]]
name = "relu1"
type = "relu"
[[layers]]
name = "fc"
type = "linear"
out_features = 10
[loss]
type = "cross_entropy"
[data]
type = "digits"
limit = 300
[train]
epochs = 2
validation_split = 0.2
[[optimizers]]
type = "momentum"
lr = 0.01
[[optimizers]]
type = "adam"
lr = 0.01
"""


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished race of two lanes with looks."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.insight_pace.SHARE", 1e9)  # which looks are taken depends on no time
        list(netspec.train(netspec.loads(SPEC), output=folder, insight=True))
    return folder


@pytest.fixture
def desk(qapp: QApplication, qtbot: object) -> Iterator[Desk]:
    """A desk with the spec of that run, showing no run."""
    apply_theme(LIGHT)
    document = Document()
    document.new(SPEC)
    desk = Desk(document)
    yield desk
    for service in (service_of(desk), *desk.findChildren(Service)):
        service.stop()
    desk.deleteLater()
    document.deleteLater()
