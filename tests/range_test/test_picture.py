"""The picture, the table of points, and what `netspec lr-find` prints."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import netspec
from netspec.range_test.find import RangeTest
from netspec.range_test.picture import draw, table, within, write_picture
from tests.cli.runner import run, write_small
from tests.range_test.test_curve import RATES, curve, valley
from tests.range_test.test_untouched import SHORT, data, network


def example() -> RangeTest:
    return RangeTest("small", (curve(valley(0.02)),), 1e-7, 10.0, 100, 32, 0, ("fc",), (), "a", "a")


def test_the_files_are_whole_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.svg", "a.csv", "a.png"):
        write_picture(example(), tmp_path / name)
    for name in ("a.svg", "a.csv"):
        write_picture(example(), tmp_path / f"again{name[1:]}")
        assert (tmp_path / f"again{name[1:]}").read_bytes() == (tmp_path / name).read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1600, 960)
    text = (tmp_path / "a.svg").read_text()
    assert "small: learning-rate range test" in text
    assert ">sgd<" in text
    assert "#0072b2" in text


def test_the_table_has_every_point_and_the_picture_those_within_its_axes() -> None:
    test = example()
    axes = draw(test).axes[0]
    low, high = axes.get_ylim()
    for line, values in zip(axes.lines, (test.lanes[0].adjusted, test.lanes[0].smoothed), strict=False):
        drawn = dict(zip(map(float, line.get_xdata()), map(float, line.get_ydata()), strict=True))
        assert all(drawn[rate] == value for rate, value in zip(RATES, values, strict=True) if low <= value <= high)
        assert all(low <= value <= high for value in drawn.values() if not math.isnan(value))  # Qt clips no SVG
    rows = list(csv.reader(table(test).splitlines()))
    assert rows[0] == ["optimizer", "lr", "loss", "untouched", "smoothed"]
    assert [float(row[2]) for row in rows[1:]] == test.lanes[0].loss


def test_a_curve_ends_on_the_border_where_it_leaves() -> None:
    rates, values = within([1.0, math.e, math.e**2, math.e**3], [1.0, 3.0, 5.0, math.nan], (0.0, 2.0), is_log=False)
    assert rates == pytest.approx([1, math.e**0.5, math.e, math.e**2, math.e**3])
    assert values == pytest.approx([1, 2, math.nan, math.nan, math.nan], nan_ok=True)
    _, values = within([1.0, 2.0, 4.0], [1.0, 100.0, 0.01], (0.1, 10.0), is_log=True)
    assert values == pytest.approx([1, 10, math.nan, 10, 0.1, math.nan], nan_ok=True)


def test_one_batch_far_below_does_not_stretch_the_axis() -> None:
    usual, low = curve(valley(0.02)), curve(valley(0.02))
    low.loss[40] /= 100
    limits = [draw(replace(example(), lanes=(lane,))).axes[0].get_ylim() for lane in (usual, low)]
    assert limits[1][0] == pytest.approx(limits[0][0], rel=0.2)


def test_curves_without_a_point_or_a_suggestion_are_drawn(tmp_path: Path) -> None:
    test = netspec.lr_find(network(), data(), **SHORT)
    flat = RangeTest("flat", (curve([2.3] * 50), curve([float("nan")])), 1e-7, 10.0, 100, 32, 0, (), (), "a", "a")
    assert len(draw(test).axes[0].lines) >= 2 * len(test.lanes)
    write_picture(flat, tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text().count("no clear descent") == 2
    with pytest.raises(ValueError, match=r"the name ends with none of .svg, .png, .csv"):
        write_picture(test, tmp_path / "curve.gif")


def test_the_command_prints_losses_suggestions_rules_and_the_proof(tmp_path: Path) -> None:
    path = write_small(tmp_path)
    result = run("lr-find", path, "-o", "curve.csv", "--lr-min", "1e-5")
    assert (result.code, result.err) == (0, "")
    for words in (
        "small: rates from 1e-05 to 10 in 40 steps of 20 samples", "learning rate adam", "optimizer spec's lr steepest descent",
        "minimum / 10: a tenth of the rate at which the average is lowest", "curve curve.csv",
        "unchanged weights, statistics, optimizer slots, step counters, random state, data order: sha256 before = after = ",
    ):  # fmt: skip
        assert words in result.words, result.words
    assert len(Path("curve.csv").read_text().splitlines()) > 30


def test_the_document_has_every_point_and_both_hashes(tmp_path: Path) -> None:
    document = run("lr-find", write_small(tmp_path), "--steps", "12", "--format", "json").json
    assert document["unchanged"] is True
    assert document["digest_before"] == document["digest_after"]
    (lane,) = document["optimizers"]
    assert (lane["optimizer"], lane["lr"], len(lane["points"])) == ("adam", 0.02, 12)
    assert list(lane["points"][0]) == ["lr", "loss", "untouched", "smoothed"]
    assert set(lane["suggestions"]) <= {"steepest", "minimum_10"}


def test_a_run_is_looked_at_where_it_stands(tmp_path: Path) -> None:
    path = write_small(tmp_path)
    assert run("train", path, "-o", "run", "-q").code == 0
    document = run("lr-find", "--resume", "run", "--steps", "10", "--format", "json").json
    assert document["step"] == 14
    assert json.loads(Path("run/history.jsonl").read_text().splitlines()[-1])["event"] == "end"


@pytest.mark.parametrize(("words", "message"), [
    ([], "error: SPEC is missing; try `netspec lr-find digits`"),
    (["--resume", "nothing"], "error: there is no run or spec nothing; "),
    (["digits", "-o", "curve.gif"], "error: --output curve.gif: the name ends with none of .svg, .png, .csv; use one of them"),
    (["digits", "--lr-min", "0"], "error: lr-find: rates from 0 to 10; let 0 < lr_min < lr_max, both finite"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(words: list[str], message: str) -> None:
    result = run("lr-find", *words)
    assert result.code == 2
    assert message in result.words
