"""The chart of stages says what the schedule says, and every drag and field is one edit of the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from gui.panels.transfer import TransferPanel
from gui.transfer.places import Places
from gui.transfer.schedule import Schedule, make_schedule
from tests.gui.panels.rig import Rig
from tests.gui.transfer.conftest import STAGES, TEXT


@pytest.fixture
def panel(rig: Rig, spec_file: Path) -> TransferPanel:
    rig.open(spec_file)
    panel = rig.panel("Transfer")
    assert isinstance(panel, TransferPanel)
    panel.resize(1000, 240)
    panel.show()
    return panel


def schedule(panel: TransferPanel) -> Schedule:
    assert panel.chart.schedule is not None
    return panel.chart.schedule


def places(panel: TransferPanel) -> Places:
    return Places(schedule(panel), panel.chart.width(), panel.chart.height())


def settle(rig: Rig) -> str:
    rig.document.settle()
    return rig.document.text


def drag(panel: TransferPanel, start: QPointF, end: QPointF) -> None:
    def at(place: QPointF) -> QPoint:
        return place.toPoint()

    QTest.mousePress(panel.chart, Qt.MouseButton.LeftButton, pos=at(start))
    QTest.mouseMove(panel.chart, at(end))
    QTest.mouseRelease(panel.chart, Qt.MouseButton.LeftButton, pos=at(end))


def edge(panel: TransferPanel, row: int, unit: int) -> QPointF:
    found = places(panel)
    return QPointF(found.edge(unit), sum(found.rows[row]) / 2)


def test_rows_are_stages_and_columns_are_layers_with_parameters_by_depth(panel: TransferPanel) -> None:
    found = schedule(panel)
    assert [unit.name for unit in found.units] == ["stem", "body", "fc"]
    assert [(row.first, row.last, row.kind) for row in found.rows] == [(1, 2, "start"), (3, 5, "entry"), (6, 8, "entry")]
    assert [found.frozen(row) for row in found.rows] == [("stem", "body.0.a", "body.1.a"), ("stem",), ()]
    assert [row.rates.get("body.1.a") for row in found.rows] == [None, 0.1, 0.1]
    assert [found.learned(row) for row in found.rows] == [15, 55, 75]
    assert found.rows[2].rates["stem"] == pytest.approx(0.01)


def test_a_warm_up_is_a_row_of_its_own(rig: Rig, panel: TransferPanel) -> None:
    text = STAGES.replace("freeze_to", 'replace = ["fc"]\nwarmup_epochs = 1\nfreeze_to').replace('"body"   #', '"stem"   #')
    rig.document.put("Warm up", text)
    settle(rig)
    kinds = [(row.kind, row.first, row.last) for row in schedule(panel).rows]
    assert kinds[:2] == [("warmup", 1, 1), ("start", 2, 2)]
    assert schedule(panel).frozen(schedule(panel).rows[0]) == ("stem", "body.0.a", "body.1.a")


def test_dragging_the_grip_of_the_start_moves_freeze_to_and_keeps_its_comment(rig: Rig, panel: TransferPanel) -> None:
    drag(panel, edge(panel, 0, 2), edge(panel, 0, 1))
    assert settle(rig) == STAGES.replace('freeze_to = "body"', 'freeze_to = "stem"')
    rig.document.undo_stack.undo()
    assert settle(rig) == STAGES


def test_dragging_the_grip_of_a_stage_moves_its_layer(rig: Rig, panel: TransferPanel) -> None:
    drag(panel, edge(panel, 1, 1), edge(panel, 1, 0))
    assert settle(rig) == STAGES.replace('to = "body", lr', 'to = "input", lr')


def test_dragging_the_line_between_two_stages_moves_the_epoch(rig: Rig, panel: TransferPanel) -> None:
    found = places(panel)
    x = found.columns[0][0] + 20
    drag(panel, QPointF(x, found.line(1)), QPointF(x, found.height_of(1)))
    assert settle(rig) == STAGES.replace("at_epoch = 2", "at_epoch = 1")
    assert rig.document.undo_stack.undoText() == "Begin a stage after 1 epoch"


def test_stages_do_not_pass_each_other_and_the_reason_is_told(rig: Rig, panel: TransferPanel) -> None:
    said: list[str] = []
    rig.document.refused.connect(lambda message, hint: said.append(message))
    panel.chart.choose(1)
    panel.bar.epoch.entered.emit(5)
    assert said == ["the next stage begins after 5 epochs"]
    assert settle(rig) == STAGES


def test_the_fields_change_epoch_layer_and_rate_of_the_chosen_stage(rig: Rig, panel: TransferPanel) -> None:
    panel.chart.choose(1)
    assert panel.bar.layer.line.text() == "body"
    panel.bar.epoch.entered.emit(3)
    settle(rig)
    panel.bar.rate.entered.emit(0.5)
    settle(rig)
    panel.bar.layer.entered.emit("body.1")
    assert '{ at_epoch = 3, to = "body.1", lr_mult = 0.5 },   # the blocks' in settle(rig)


def test_a_further_stage_begins_in_the_middle_of_the_last_and_can_be_removed(rig: Rig, panel: TransferPanel) -> None:
    rig.document.put("No stages", TEXT)
    settle(rig)
    panel.bar.add.click()
    assert 'unfreeze = [{ at_epoch = 4, to = "body", lr_mult = 0.1 }]' in settle(rig)
    assert panel.chart.row is not None
    assert panel.chart.row.place == 0
    panel.bar.remove.click()
    assert settle(rig) == TEXT


def test_where_everything_learns_no_stage_is_added_and_the_reason_is_told(rig: Rig, panel: TransferPanel) -> None:
    panel.bar.add.click()
    assert rig.said.startswith("All layers learn already.")
    assert settle(rig) == STAGES


def test_the_keyboard_moves_edges_and_epochs_and_removes(rig: Rig, panel: TransferPanel) -> None:
    QTest.keyClick(panel.chart, Qt.Key.Key_Down)
    QTest.keyClick(panel.chart, Qt.Key.Key_Plus)
    assert "at_epoch = 3" in settle(rig)
    QTest.keyClick(panel.chart, Qt.Key.Key_Right)
    assert 'to = "fc"' in settle(rig)
    QTest.keyClick(panel.chart, Qt.Key.Key_Delete)
    assert settle(rig).count("at_epoch") == 1


def test_a_text_with_errors_shows_no_schedule_and_says_why(rig: Rig, panel: TransferPanel) -> None:
    rig.document.put("Break it", STAGES.replace('type = "relu"', 'type = "reluu"'))
    settle(rig)
    assert panel.chart.schedule is None
    assert panel.nothing.isVisible()
    assert "errors" in panel.nothing.text()


def test_one_block_around_everything_is_shown_by_what_is_in_it(rig: Rig, panel: TransferPanel) -> None:
    head, tail = TEXT[: TEXT.index("[[layers]]")], TEXT[TEXT.index("[loss]") :]
    text = f'{head}[[layers]]\nname = "net"\ntype = "block"\nblock = "pair"\n\n{tail}'
    rig.document.put("One block", text.replace('freeze_to = "body"', 'freeze_to = "net.a"'))
    settle(rig)
    state = rig.document.state
    assert state is not None
    found = make_schedule(state)
    assert found is not None
    assert [unit.name for unit in found.units] == ["net.a"]
