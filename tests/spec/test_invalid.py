"""Every bad spec of tests/spec/invalid has its exact message beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.loading import read
from netspec.problems import explain, render_problems
from netspec.registry import plugins
from netspec.spec.suggest import listing
from tests.kit.golden import check_golden

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(
    path for path in FOLDER.iterdir() if path.suffix in (".toml", ".json", ".yaml") and "base" not in path.stem
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_message_is_the_expected_one(path: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    document = read(path.name, _overrides(path))
    # A new layer shall not change this text.
    text = render_problems(document.problems).replace(listing(plugins("netspec.layers")), "LAYERS") + "\n"
    assert document.problems, f"{path.name} is not invalid"
    check_golden(path.with_name(path.name + ".expected.txt"), text, update=update_golden)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_every_problem_names_place_code_and_remedy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    for problem in read(path.name, _overrides(path)).problems:
        assert problem.message
        assert problem.hint
        assert explain(problem.code), problem.code
        assert problem.span is not None
        if problem.span.line:
            lines = _lines(Path(problem.span.file))
            assert problem.span.text == lines[problem.span.line - 1]
            assert 1 <= problem.span.column <= len(problem.span.text) + 1


def test_there_are_enough_cases_in_both_languages() -> None:
    assert len(CASES) >= 65
    assert sum(path.suffix == ".json" for path in CASES) >= 10


def test_every_expected_text_has_its_spec() -> None:
    orphans = [
        path.name
        for path in FOLDER.glob("*.expected.txt")
        if not (FOLDER / path.name[: -len(".expected.txt")]).exists()
    ]
    assert orphans == []


def _overrides(path: Path) -> list[str]:
    """`# --set a=b` in the first lines of a case."""
    return re.findall(r"^# --set (.+?)\r?$", path.read_bytes().decode(errors="replace"), re.MULTILINE)


def _lines(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8", errors="replace").removeprefix("\ufeff")
    return [line.removesuffix("\r") for line in text.split("\n")]
