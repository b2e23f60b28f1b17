"""Examinations run in a process of their own, are told as they come, and lead to a layer, a section, or a learning rate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from gui.exam.doctor_dialog import DoctorDialog
from gui.exam.finding_list import layer_of_finding, section_of_finding
from gui.exam.process import Exam
from gui.exam.rate_dialog import RateDialog
from gui.examiner import answer
from netspec.editing import outline
from netspec.spec.source import Source
from tests.gui.panels.conftest import rig as rig
from tests.gui.panels.rig import Rig

RACE = """\
input.shape = [4]
layers = [{ name = "fc", type = "linear", out_features = 3 }]
optimizers = [
  { type = "sgd", lr = 0.1 },   # first
  { type = "adam", lr = 0.001 },
]
"""


def lane(label: str, steepest: float | None, warning: str | None = None) -> dict[str, Any]:
    points = [{"lr": 10.0**power, "loss": 2.0 + power / 9, "smoothed": 2.0} for power in range(-6, 2)]
    points[-1]["smoothed"] = "Infinity"
    found = {} if steepest is None else {"steepest": {"lr": steepest, "rule": ""}, "minimum_10": {"lr": 0.05, "rule": ""}}
    return {"optimizer": label, "type": label, "lr": 0.1, "suggestions": found, "stopped": None, "warning": warning,
            "loss_before": 2.3, "points": points}  # fmt: skip


RESULT = {"steps": 8, "lr_min": 1e-6, "lr_max": 10.0, "digest_before": "abc", "digest_after": "abc", "unchanged": True,
          "optimizers": [lane("sgd", 0.2871), lane("adam", None, "no rate is suggested")]}  # fmt: skip


@pytest.fixture
def race(rig: Rig, tmp_path: Path) -> Rig:
    path = tmp_path / "race.toml"
    path.write_text(RACE, encoding="utf-8")
    rig.open(path)
    return rig


def test_the_suggested_rate_of_a_lane_is_taken_into_its_optimizer_by_one_click(race: Rig) -> None:
    dialog = RateDialog(race.desk)
    dialog.show_result(json.loads(json.dumps(RESULT)))
    assert dialog.take.text() == "Use 0.29 for sgd"
    dialog.take.click()
    race.document.settle()
    assert race.document.text == RACE.replace("lr = 0.1 }", "lr = 0.29 }")
    assert race.document.undo_stack.undoText() == "Set lr of sgd to 0.29"


def test_another_lane_and_a_click_into_the_curve_choose_another_rate(race: Rig) -> None:
    dialog = RateDialog(race.desk)
    dialog.show_result(json.loads(json.dumps(RESULT)))
    dialog.lane.entered.emit("adam")
    assert not dialog.take.isEnabled()  # nothing is suggested
    assert dialog.warning.text() == "no rate is suggested"
    dialog.curve.chosen.emit(0.00312)
    dialog.take.click()
    race.document.settle()
    assert '{ type = "adam", lr = 0.0031 }' in race.document.text


def test_a_test_that_left_a_trace_is_told(race: Rig) -> None:
    dialog = RateDialog(race.desk)
    dialog.show_result({**RESULT, "unchanged": False})
    assert "report this defect" in dialog.proof.text()


def test_findings_lead_to_the_layer_or_the_section_that_they_name() -> None:
    drawn = outline(Source("race.toml", RACE, "toml", Path()))
    finding = {"check": "gradients", "status": "failed", "message": "no gradient reaches fc.weight", "remedy": "", "values": {}}
    assert layer_of_finding(finding, drawn) == "fc"
    assert layer_of_finding({**finding, "message": "all is well"}, drawn) is None
    assert layer_of_finding({**finding, "message": "", "values": {"layer": "fc"}}, drawn) == "fc"
    assert section_of_finding({**finding, "remedy": "set epochs under [train]"}) == "train"
    assert section_of_finding({**finding, "check": "data"}) == "data"
    assert section_of_finding(finding) is None


def test_a_click_on_a_finding_shows_its_layer_and_else_its_section(race: Rig) -> None:
    dialog = DoctorDialog(race.desk)
    wanted: list[str] = []
    race.desk.section_wanted.connect(wanted.append)
    dialog.add({"check": "finite", "status": "failed", "message": "fc: output is NaN", "remedy": "", "values": {}})
    dialog.add({"check": "data", "status": "failed", "message": "no data", "remedy": "add [data]", "values": {}})
    for row in range(2):
        item = dialog.list.item(row)
        assert item is not None
        dialog.go_to(item)
        assert race.desk.chosen == (frozenset({"fc"}) if row == 0 else frozenset())
    assert wanted == ["data"]


def test_what_cannot_be_examined_is_answered_with_the_problem_and_what_to_do() -> None:
    lines = [*answer({"do": "lr-find", "text": RACE.replace("linear", "linea"), "format": "toml", "folder": "."})]
    assert len(lines) == 1
    assert "linea" in lines[0]["problem"]
    assert lines[0]["hint"]


@pytest.fixture
def exam() -> Iterator[Exam]:
    exam = Exam()
    yield exam
    exam.cancel()


def test_the_process_tells_each_finding_and_then_the_result(qtbot: QtBot, race: Rig, exam: Exam) -> None:
    found: list[dict[str, Any]] = []
    exam.found.connect(found.append)
    assert race.document.state is not None
    with qtbot.waitSignal(exam.ended, timeout=120_000) as ended:
        exam.start("doctor", race.document.state)
        assert exam.is_running
    assert ended.args is not None
    assert ended.args[0]["findings"] == found
    assert ended.args[0]["ok"] is False
    assert [one["check"] for one in found if one["status"] == "failed"][:1] == ["data"]  # it names none
    assert not exam.is_running


def test_cancelling_ends_the_process_and_tells_nothing(qtbot: QtBot, race: Rig, exam: Exam) -> None:
    said: list[object] = []
    for signal in (exam.found, exam.ended, exam.failed):
        signal.connect(said.append)
    assert race.document.state is not None
    exam.start("lr-find", race.document.state)
    process = exam._process
    assert process is not None
    exam.cancel()
    assert process.state() == process.ProcessState.NotRunning
    assert not exam.is_running
    qtbot.wait(50)
    assert said == []
