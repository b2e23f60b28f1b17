"""What becomes of pretrained weights is told by layers, and what does not fit is put right by one click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.insight.service import service_of
from gui.panels.transfer import TransferPanel
from gui.transfer.load_view import NAME, shapes
from gui.transfer.loads import LEFT_OVER, LOADED, MISMATCHED, MISSING, NEW, WORDS, Tensor, read_report, worst
from netspec.inside.errors import InsideError
from netspec.inside.loading_report import report_of
from tests.gui.panels.rig import Rig
from tests.gui.transfer.conftest import STAGES

WITH = STAGES.replace("[transfer]\n", '[transfer]\nweights = "old.safetensors"\n')


def test_the_report_says_of_every_layer_what_becomes_of_it(weights_file: Path) -> None:
    report = read_report(report_of(WITH, "toml", str(weights_file.parent)))
    assert {layer.name: layer.state for layer in report.layers} == {
        "stem": LOADED, "body.0.a": LOADED, "body.1.a": MISSING, "fc": MISMATCHED, "aux": LEFT_OVER,
    }  # fmt: skip
    fc = report.by_name()["fc"]
    assert fc.words() == "weight: 3 × 4 here, 10 × 4 in the file\nbias: 3 here, 10 in the file"
    assert (fc.count, report.by_name()["aux"].count) == (15, 4)
    assert report.summary() == "2 layers pretrained, 1 another shape, 1 not in the file, 1 only in the file"


def test_a_file_that_is_not_there_is_answered_with_the_one_that_is_meant(weights_file: Path) -> None:
    text = WITH.replace("old.safetensors", "odl.safetensors")
    with pytest.raises(InsideError, match="no such file, and no known name") as caught:
        report_of(text, "toml", str(weights_file.parent))
    assert caught.value.hint == f"did you mean {weights_file.name}?"


def test_replaced_layers_start_anew_and_are_no_problem(weights_file: Path) -> None:
    text = WITH.replace("weights =", 'replace = ["fc"]\nweights =')
    report = read_report(report_of(text, "toml", str(weights_file.parent)))
    assert report.by_name()["fc"].state == NEW
    assert [layer.name for layer in report.problems] == ["body.1.a", "aux"]


def test_a_folded_block_is_called_by_what_needs_a_look() -> None:
    assert worst([LOADED, MISSING]) == MISSING
    assert worst([NEW, LOADED]) == LOADED
    assert worst([NEW, NEW]) == NEW
    assert worst([]) == ""


def test_a_tensor_of_another_shape_shows_both() -> None:
    assert shapes(Tensor("weight", MISMATCHED, (3, 4), (10, 4))) == "3 × 4 here, 10 × 4 in the file"
    assert shapes(Tensor("weight", LEFT_OVER, None, (2, 2))) == "2 × 2"


@pytest.fixture
def panel(rig: Rig, spec_file: Path, weights_file: Path) -> Iterator[TransferPanel]:
    rig.open(spec_file)
    panel = rig.panel("Transfer")
    assert isinstance(panel, TransferPanel)
    panel.show()
    yield panel
    service_of(rig.desk).stop()


def test_weights_are_tried_used_and_their_head_is_started_anew_by_clicks_alone(
    qtbot: QtBot, rig: Rig, panel: TransferPanel, weights_file: Path
) -> None:
    view, loading = panel.loads, panel.loads.loading
    assert "Choose a file" in view.note.text()
    loading.look_at(weights_file)
    qtbot.waitUntil(lambda: loading.report is not None, timeout=30_000)
    assert loading.layers == {}  # nothing is marked for a file that is only looked at
    view.use.click()
    rig.document.settle()
    assert 'weights = "old.safetensors"' in rig.document.text
    qtbot.waitUntil(lambda: bool(loading.layers) and not loading.is_reading, timeout=30_000)
    tops = [view.tree.topLevelItem(row) for row in range(view.tree.topLevelItemCount())]
    assert {item.data(0, NAME): item.text(1) for item in tops if item is not None}["fc"] == WORDS[MISMATCHED]
    next(item for item in tops if item is not None and item.data(0, NAME) == "fc").setSelected(True)
    assert rig.desk.chosen == {"fc"}
    assert view.anew.text() == "Start fc anew"
    view.anew.click()
    rig.document.settle()
    assert 'replace = ["fc"]' in rig.document.text
    qtbot.waitUntil(lambda: loading.layers.get("fc") is not None and loading.layers["fc"].state == NEW, timeout=30_000)


def test_a_file_that_is_not_there_is_told_with_what_to_do(qtbot: QtBot, rig: Rig, panel: TransferPanel) -> None:
    rig.document.put("Name none", STAGES.replace("[transfer]\n", '[transfer]\nweights = "none.safetensors"\n'))
    rig.document.settle()
    qtbot.waitUntil(lambda: bool(panel.loads.loading.problem), timeout=30_000)
    assert "none.safetensors" in panel.loads.note.text()
