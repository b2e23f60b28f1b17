"""`netspec time`: table and document of where a step's time goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import run, write_small


def test_the_document_has_every_part_and_totals_that_add_up(small: Path) -> None:
    document = run("time", small, "--rounds", 2, "--format", "json").json
    parts = document["parts"]
    assert [(part["layer"], part["direction"]) for part in parts] == [
        ("fc1", "forward"), ("fc1", "backward"), ("relu1", "backward"),
        ("fc2", "forward"), ("fc2", "backward"), ("loss", "loss"), ("update", "update"),
    ]  # fmt: skip
    assert [part["type"] for part in parts[-2:]] == ["cross_entropy", "adam"]
    totals = document["totals"]
    assert totals["sum_ms"] == pytest.approx(sum(part["ms"] for part in parts))
    directions = ("forward", "loss", "backward", "update")
    assert totals["sum_ms"] == pytest.approx(sum(totals[f"{direction}_ms"] for direction in directions))
    assert document["batch_size"] == 20
    assert document["peak_gflops"] > 0
    fc1 = parts[0]
    assert fc1["flops"] == 2 * 20 * 2 * 8
    assert fc1["gflops"] == pytest.approx(fc1["flops"] / fc1["ms"] / 1e6)
    assert fc1["peak_share"] == pytest.approx(fc1["gflops"] / document["peak_gflops"])
    assert fc1["absorbed"] == ["relu1"]
    assert parts[2]["gflops"] is None  # a relu multiplies nothing


def test_the_table_names_layers_algorithms_and_both_totals(small: Path) -> None:
    result = run("time", small, "--rounds", 1)
    assert result.code == 0
    for words in ("training step of 20 samples", "fc1", "contract", "update", "sum of the parts", "whole step", "peak"):
        assert words in result.words
    assert "GFLOP/s" in result.out


def test_top_shows_the_slowest_lines_and_keeps_the_totals(small: Path) -> None:
    document = run("time", small, "--rounds", 1, "--top", 1, "--format", "json").json
    assert len({part["layer"] for part in document["parts"]}) == 1
    assert document["totals"]["sum_ms"] > sum(part["ms"] for part in document["parts"])


def test_batch_size_threads_and_overrides_are_those_of_the_timed_network(small: Path) -> None:
    result = run("time", small, "--batch-size", 7, "--threads", 1, "--set", "layers.fc1.out_features=5",
                 "--rounds", 1, "--format", "json")  # fmt: skip
    assert (result.json["batch_size"], result.json["threads"]) == (7, 1)
    assert result.json["parts"][0]["flops"] == 2 * 7 * 2 * 5


def test_inference_has_no_backward_columns(small: Path) -> None:
    result = run("time", small, "--inference", "--rounds", 1)
    assert "forward pass of 20 samples" in result.words
    assert "backward" not in result.out
    (heads,) = (line for line in result.out.splitlines() if line.startswith("layer"))
    assert heads.split() == ["layer", "forward", "GFLOP/s", "peak", "share", "algorithm"]


def test_every_kernel_call_is_shown_on_request(small: Path) -> None:
    result = run("time", small, "--rounds", 1, "-v")
    assert "contract ×" in result.out
    assert "adam_update ×1" in result.out


def test_a_spec_without_loss_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = write_small(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('loss.type = "cross_entropy"\n', ""), encoding="utf-8")
    result = run("time", path)
    assert result.code == 2
    assert "time: the spec has no loss" in result.words
    assert "--inference" in result.words


def test_timing_writes_nothing_beside_the_spec(small: Path) -> None:
    run("time", small, "--rounds", 1)
    assert list(Path().iterdir()) == [small.relative_to(small.parent)]
