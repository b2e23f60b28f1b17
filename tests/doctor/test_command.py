"""`netspec doctor` in the terminal and as a document."""

from __future__ import annotations

from pathlib import Path

from netspec.doctor.check import checks
from netspec.doctor.finding import Finding
from tests.cli.runner import run, write_small


def test_each_finding_has_a_mark_a_title_and_its_values(tmp_path: Path) -> None:
    result = run("doctor", write_small(tmp_path))
    assert (result.code, result.err) == (0, "")
    titles = [check.title for check in checks() if not check.optional]
    starts = [line[2:15].strip() for line in result.out.splitlines() if line[:1] in "✓✗!–→" and line[:1]]
    assert [title for title in starts if title] == [title for title in titles for _ in range(starts.count(title))]
    assert "128 train, 32 validation, 40 test samples; 2 classes" in result.words
    assert "undecided is 0.6931 (ln 2)" in result.words
    assert result.out.rstrip().splitlines()[-1].startswith("ok: ")
    assert max(map(len, result.out.splitlines())) <= 80
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_a_failed_check_ends_with_exit_code_1_and_says_what_to_do(tmp_path: Path) -> None:
    path = write_small(tmp_path)
    result = run("doctor", path, "--set", "optimizer.lr=0")
    assert result.code == 1
    assert "✗ freezing trainable, but unmoved in 3 steps with lr = 0: fc1.weight" in result.words
    assert "→ raise the rate" in result.words
    assert "failed: " in result.words
    document = run("doctor", path, "--set", "optimizer.lr=0", "--format", "json")
    assert (document.code, document.json["ok"]) == (1, False)
    failures = [finding["check"] for finding in document.json["findings"] if finding["status"] == "failed"]
    assert failures == ["freezing", "overfits"]
    assert set(document.json["findings"][0]) == set(Finding("ok", "").to_json())


def test_the_rate_is_judged_when_asked_for(tmp_path: Path) -> None:
    found = run("doctor", write_small(tmp_path), "--lr-find", "--format", "json").json["findings"]
    assert [finding["check"] for finding in found].count("lr-find") == 1


def test_a_spec_with_errors_is_refused_as_by_every_command(tmp_path: Path) -> None:
    result = run("doctor", write_small(tmp_path), "--set", "layers.fc2.out_features=0")
    assert result.code == 2
