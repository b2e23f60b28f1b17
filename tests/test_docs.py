"""Every spec that the documentation shows can be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.reference import BASES, reference_markdown
from netspec.reference_networks import networks_markdown
from netspec.registry import plugins
from netspec.shipped import shipped_specs

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
NETWORK: dict[str, Any] = {
    "input": {"shape": [1, 8, 8]},
    "layers": [{"name": "fc", "type": "linear", "out_features": 10}],
}
"""Stands in where an example leaves the network out."""


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", [text for text in blocks(GUIDE, "toml") if "extends" not in text])
def test_examples_of_the_guide_are_specs_without_problems(text: str) -> None:
    spec = netspec.Spec.model_validate(NETWORK | tomllib.loads(text))
    assert [problem.render() for problem in netspec.analyze(spec).problems] == []


def test_the_example_of_extends_patches_the_shipped_spec(tmp_path: Path) -> None:
    text = next(text for text in blocks(GUIDE, "toml") if 'extends = "digits.toml"' in text)
    (tmp_path / "digits.toml").write_bytes(shipped_specs()["digits"].read_bytes())
    (tmp_path / "wide.toml").write_text(text, encoding="utf-8")
    base, patched = netspec.load(tmp_path / "digits.toml"), netspec.load(tmp_path / "wide.toml")
    assert patched.name == "digits-wide"
    assert len(patched.layers) == len(base.layers) - 1
    assert patched.optimizers[0].label() == "sgd"


@pytest.mark.parametrize("text", [text for text in blocks(GUIDE, "toml") if "extends" in text])
def test_examples_that_extend_a_shipped_spec_need_no_file_beside_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "patch.toml").write_text(text, encoding="utf-8")
    spec = netspec.load(tmp_path / "patch.toml")
    assert spec.origin.bases[-1] == str(shipped_specs()[Path(spec.origin.bases[-1]).stem])
    assert not [problem for problem in netspec.analyze(spec).problems if problem.severity == "error"]


@pytest.mark.parametrize(
    "text", list(blocks((ROOT / "docs" / "transfer.md").read_text(encoding="utf-8"), "toml"))
)
def test_specs_of_the_tutorial_on_transfer_are_without_problems(tmp_path: Path, text: str) -> None:
    (tmp_path / "patch.toml").write_text(text, encoding="utf-8")
    assert [problem.render() for problem in netspec.analyze(netspec.load(tmp_path / "patch.toml")).problems] == []


def test_the_generated_parts_are_those_of_the_code(update_golden: bool) -> None:
    text = reference_markdown(GUIDE)
    if update_golden:
        (ROOT / "docs" / "spec.md").write_text(text, encoding="utf-8")
    assert text == GUIDE or update_golden, "run `python docs/update.py`"


def test_the_table_of_networks_is_that_of_the_specs_and_says_no_wrong_number() -> None:
    text = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
    assert text == networks_markdown(), "run `python docs/update.py`"
    assert "✗" not in text
    assert text.count("✓") >= 30


def table_cells(line: str) -> list[str]:
    """The cells of a row; a bar within a cell is escaped."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize("family", BASES)
def test_the_reference_has_every_type_and_every_key_of_a_family(family: str) -> None:
    text = reference_markdown(f"<!-- generated: {family} -->\n<!-- end -->")
    rows = [table_cells(line) for line in text.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {4}
    assert all(meaning for *_, meaning in rows)
    keys: dict[str, set[str]] = {"all": set()}
    kind = "all"
    for first, *_ in rows:
        if first.startswith("**"):
            kind = first.strip("*")
            keys[kind] = set()
        elif first.startswith("`"):
            keys[kind].add(first.strip("`"))
    types = plugins(f"netspec.{family}")
    assert keys.keys() == types.keys() | {"all"}
    for name, plugin in types.items():
        assert keys[name] | keys["all"] | {"type"} == set(plugin.model_fields), name


def test_lists_of_types_name_all_of_them() -> None:
    for family in BASES:
        text = reference_markdown(f"<!-- generated: list_{family} -->\nEARLIER\n<!-- end -->\n")
        assert "EARLIER" not in text
        assert plugins(f"netspec.{family}").keys() <= set(re.findall(r"\w+", text))


def test_a_part_that_nobody_makes_is_refused() -> None:
    with pytest.raises(KeyError, match="nothing"):
        reference_markdown("<!-- generated: nothing -->\n<!-- end -->\n")


def test_the_examples_of_blocks_expand_as_the_guide_says() -> None:
    stages, rows, gates = (text for text in blocks(GUIDE, "toml") if "[blocks." in text)
    assert "se.scale" in [layer.name for layer in netspec.loads(gates).layers]
    assert [layer.name for layer in netspec.loads(rows).layers if "depthwise" in layer.name] == [
        f"features.{number}.depthwise" for number in (1, 2, 3)
    ]
    names = [layer.name for layer in netspec.loads(stages).layers]
    assert names[1] == "stage1.0.conv"
    assert [name for name in names if "shortcut" in name] == ["stage2.0.shortcut"]
