"""What the README shows is what netspec does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from netspec.cli.main import COMMANDS, main
from netspec.loading import read_text
from netspec.problems import render_problems
from tests.test_docs import ROOT, blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_shown_spec_is_the_shipped_one() -> None:
    assert blocks(README, "toml")[0] == (ROOT / "specs" / "digits.toml").read_text(encoding="utf-8")


def test_the_shown_mistakes_are_reported_as_shown() -> None:
    text = blocks(README, "toml")[1]
    assert blocks(README, "text")[-1] == render_problems(read_text(text, file="mistakes.toml").problems) + "\n"


def test_the_python_example_runs_and_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(README, "python")
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    first, *lines = capsys.readouterr().out.splitlines()
    assert code.count(f"  # {first}") == 1  # printed as the comment says
    assert [line.split()[0] for line in lines] == ["0", "1", "2", "3"]
    assert float(lines[-1].split()[2]) > 0.9
    assert (tmp_path / "runs" / "example" / "history.jsonl").is_file()


def test_the_commands_that_ci_runs_are_the_two_of_the_readme() -> None:
    starts = [block for block in blocks(README, "bash") if block.startswith("python3 -m venv")]
    assert len(starts) == 2
    assert "netspec train digits" in starts[0]
    assert "pytest" in starts[1]


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def words(line: str) -> list[str]:
    """A line without its numbers, which depend on the machine."""
    return re.findall(r"[^\W\d_]+", line)


def test_the_shown_training_says_what_training_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["train", "digits"]) == 0
    said = iter([words(line) for line in capsys.readouterr().out.splitlines()])
    shown = [line for line in blocks(README, "text")[0].splitlines() if line.strip() != "…"]
    missing = [line for line in shown if words(line) not in said]  # `in` uses the iterator up: the order counts
    assert missing == []


def test_the_table_of_commands_names_commands() -> None:
    named = set(re.findall(r"^\| `netspec ([\w-]+)", README, re.MULTILINE))
    assert named <= {name for _, name, _ in COMMANDS} | {"data"}
    assert len(named) >= 10
    assert "plan" in named
