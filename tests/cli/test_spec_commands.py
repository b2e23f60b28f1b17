"""check, summary, render, hash, schema: what they print, and the documents of the Conventions."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from netspec.shipped import shipped_specs
from tests.cli.runner import run, write_small


def test_check_says_what_the_network_is() -> None:
    result = run("check", "lenet5")
    assert result.code == 0
    assert result.words == "ok: 11 layers, 61 706 parameters, input 1 × 28 × 28 → output 10"
    assert run("validate", "lenet5").out == result.out
    assert run("check", "lenet5", "-q").out == ""


def test_check_reports_every_problem_on_stderr_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('input.shape = [1, 8, 8]\nlayers = [{ name = "a", type = "conv2", out_channels = 0 }]\nseeds = 1\n')
    result = run("check", path)
    assert result.code == 2
    assert result.out == ""
    assert f"{path}:2:" in result.err
    assert f"{path}:3:1 " in result.err
    assert "3 | seeds = 1\n    | ^^^^^" in result.err
    assert result.err.rstrip().splitlines()[-1].endswith("errors")


def test_check_prints_the_document_of_the_conventions(tmp_path: Path) -> None:
    assert run("check", "digits", "--format", "json").json == {"ok": True, "problems": []}
    path = write_small(tmp_path, nonsense="1")
    result = run("check", path, "--format", "json")
    assert result.code == 2
    assert result.json["ok"] is False
    (problem,) = result.json["problems"]
    assert set(problem) == {"code", "severity", "path", "file", "line", "column", "message", "hint"}
    assert (problem["severity"], problem["file"], problem["column"]) == ("error", str(path), 1)


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    path = tmp_path / "dropped.toml"
    path.write_text(
        'input.shape = [1, 8, 8]\nlayers = [{ name = "c", type = "conv2d", out_channels = 2, kernel_size = 3, stride = 2 }]\n'
    )
    plain, strict = run("check", path), run("check", path, "--strict")
    assert (plain.code, strict.code) == (0, 1)
    assert "ok (1 warning):" in plain.out
    assert f"{path}:2:" in plain.err


def test_summary_is_a_table_with_totals_under_a_rule() -> None:
    lines = run("summary", "lenet5").out.splitlines()
    assert lines[0].split() == ["layer", "type", "output", "params", "MACs", "frozen"]
    row = next(line for line in lines if line.startswith("conv2"))
    assert row.replace("\N{NARROW NO-BREAK SPACE}", "").split() == [
        "conv2",
        "conv2d",
        *["16", "×", "10", "×", "10"],
        "2416",
        "240000",
    ]
    total = next(index for index, line in enumerate(lines) if line.startswith("total"))
    assert set(lines[total - 1]) == {"─"}
    assert lines[total].replace("\N{NARROW NO-BREAK SPACE}", "").split() == ["total", "61706", "416520"]
    assert max(map(len, lines)) <= 80


def test_summary_marks_frozen_layers_and_counts_them() -> None:
    result = run("summary", "lenet5", "--set", "layers.conv1.frozen=true")
    (line,) = (line for line in result.out.splitlines() if "❄" in line)
    assert line.startswith("conv1")
    assert "trainable 61 550 · frozen 156" in result.words


def test_summary_prints_the_document_of_the_conventions() -> None:
    document = run("summary", "lenet5", "--set", "layers.fc1.frozen=true", "--format", "json").json
    keys = {"name", "type", "inputs", "output_shape", "params", "frozen", "macs"}
    keys |= {"activation_bytes", "weight_bytes", "receptive_field"}
    assert all(keys <= set(layer) for layer in document["layers"])
    by_name = {layer["name"]: layer for layer in document["layers"]}
    assert by_name["conv1"]["output_shape"] == [6, 28, 28]
    assert by_name["fc1"]["frozen"] is True
    totals = document["totals"]
    assert (totals["params"], totals["trainable_params"], totals["frozen_params"]) == (61706, 13586, 48120)
    assert {"macs", "activation_bytes", "weight_bytes"} <= set(totals)
    assert totals["params"] == sum(layer["params"] for layer in document["layers"])


def test_summary_as_csv_and_markdown_holds_every_layer() -> None:
    rows = list(csv.DictReader(io.StringIO(run("summary", "digits", "--format", "csv").out)))
    assert [row["layer"] for row in rows] == ["conv1", "relu1", "conv2", "relu2", "pool", "fc1", "relu3", "fc2"]
    assert rows[0]["output_shape"] == "16x8x8"
    lines = run("summary", "digits", "--format", "markdown").out.splitlines()
    assert len(lines) == 2 + len(rows) + 1
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize("format", ["toml", "json"])
@pytest.mark.parametrize("name", sorted(shipped_specs()))
def test_a_rendered_spec_says_the_same(name: str, format: str, tmp_path: Path) -> None:
    path = tmp_path / f"full.{format}"
    assert run("render", name, "--format", format, "-o", path).code == 0
    assert run("hash", path).out == run("hash", name).out
    assert run("render", path, "--format", format).out == path.read_text(encoding="utf-8")


def test_hash_sees_overrides_and_nothing_else() -> None:
    plain = run("hash", "digits").out
    assert run("hash", "digits", "--set", "optimizer.lr=0.001").out == plain
    assert run("hash", "digits", "--set", "optimizer.lr=0.002").out != plain
    assert run("hash", "digits", "--format", "json").json == {"name": "digits", "spec_hash": plain.strip()}


def test_schema_is_a_json_schema() -> None:
    schema = json.loads(run("schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "layers" in schema["properties"]


def test_schema_can_be_written_to_a_file() -> None:
    result = run("schema", "-o", "s.json")
    assert (result.code, result.words) == (0, "wrote s.json; docs/editor.md tells how editors find it")
    assert json.loads(Path("s.json").read_text(encoding="utf-8")) == json.loads(run("schema").out)
