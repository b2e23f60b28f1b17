"""What a run and a file of weights say of layers is marked on the boxes and in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from gui.analyzer.lines import lines_of, shown_columns
from gui.canvas.board import facts_of
from gui.canvas.diagram import Diagram
from gui.canvas.make_diagram import make_diagram
from gui.canvas.stage_rails import box_rates, later_rows
from gui.panels.transfer import TransferPanel
from gui.runs.history import History
from gui.state import State
from gui.transfer.marks import STILL, Marks, marked, marks_of_run
from gui.transfer.schedule import make_schedule
from tests.gui.panels.rig import Rig
from tests.gui.runs.made import Line, line, run_line

UNMOVED_WORDS = "not moved by any step of epoch"


@pytest.fixture
def state(rig: Rig, spec_file: Path) -> State:
    rig.open(spec_file)
    assert rig.document.state is not None
    return rig.document.state


def diagram(state: State, folded: tuple[str, ...] = ()) -> Diagram:
    return make_diagram(state.outline, facts_of(state), folded)


def made(*lines: Line) -> History:
    found = History()
    found.add(lines)
    return found


def history(*, unchanged: bool = True) -> History:
    return made(
        run_line(), line("stage", 0, stage="frozen layers", frozen=["stem", "body.0.a", "body.0.relu"]),
        line("stage", 5, stage="frozen proof", unchanged=unchanged, digest=""),
        line("warning", 5, message=f"sgd: trainable, but {UNMOVED_WORDS} 1: fc.weight, fc.bias; the gradients are 0"),
    )  # fmt: skip


def test_a_run_proves_frozen_layers_and_names_those_that_never_moved() -> None:
    assert marks_of_run(history()) == (dict.fromkeys(["stem", "body.0.a", "body.0.relu"], True), frozenset({"fc"}))
    assert marks_of_run(history(unchanged=False))[0]["stem"] is False
    assert marks_of_run(made(run_line())) == ({}, frozenset())


def test_boxes_carry_the_tick_the_weights_and_the_alarm(state: State) -> None:
    proofs, still = marks_of_run(history())
    marks = Marks({"stem": "loaded", "fc": "mismatched"}, proofs, still)
    boxes = marked(diagram(state), state.outline, marks).box
    assert (boxes["stem"].proof, boxes["stem"].load) == (True, "loaded")
    assert boxes["body.0.relu"].proof is None  # it has nothing that could change
    assert (boxes["fc"].proof, boxes["fc"].load, boxes["fc"].warnings) == (None, "mismatched", (f"fc: {STILL}",))
    assert "frozen, proven unchanged" in boxes["stem"].spoken()
    assert "weights: of another shape in the file" in boxes["fc"].spoken()


def test_a_folded_block_is_proven_only_when_all_its_layers_are(state: State) -> None:
    folded = diagram(state, ("body",))
    some = Marks(proofs={"body.0.a": True, "body.0.relu": True})
    whole = Marks(proofs=dict.fromkeys(["body.0.a", "body.0.relu", "body.1.a", "body.1.relu"], True))
    assert marked(folded, state.outline, some).box["body"].proof is None
    assert marked(folded, state.outline, whole).box["body"].proof is True


def test_the_table_has_a_column_for_pretrained_weights_only_where_there_are_some(state: State) -> None:
    bare = lines_of(state, grouped=False)
    known = lines_of(state, grouped=True, marks=Marks({"stem": "loaded", "fc": "new"}, {"stem": True}))
    assert "pretrained" not in [column.title for column in shown_columns(bare)]
    column = next(column for column in shown_columns(known) if column.title == "pretrained")
    assert [column.text(line) for line in known] == ["pretrained", "–", "starts anew"]
    assert [line.proof for line in known] == [True, None, None]


def test_rails_beside_the_canvas_show_the_later_stages(state: State) -> None:
    rows = later_rows(make_schedule(state))
    found = [box_rates(row, diagram(state, ("body",)), state.outline) for row in rows]
    assert found == [
        {"stem": None, "body": pytest.approx(0.1), "fc": 1.0},
        {"stem": pytest.approx(0.01), "body": pytest.approx(0.1), "fc": 1.0},
    ]
    assert later_rows(None) == ()


def test_a_file_of_weights_that_is_dropped_is_looked_at(rig: Rig, spec_file: Path, tmp_path: Path) -> None:
    rig.open(spec_file)
    panel = rig.panel("Transfer")
    assert isinstance(panel, TransferPanel)
    rig.desk.weights_wanted.emit(tmp_path / "some.pth")
    assert panel.loads.loading.file == tmp_path / "some.pth"
    assert panel.loads.title.text() == "some.pth"
    panel.loads.loading.look_at(None)
