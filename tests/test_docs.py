"""Every spec that the documentation shows can be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import netspec
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
    (text,) = (text for text in blocks(GUIDE, "toml") if "extends" in text)
    (tmp_path / "digits.toml").write_bytes(shipped_specs()["digits"].read_bytes())
    (tmp_path / "wide.toml").write_text(text, encoding="utf-8")
    base, patched = netspec.load(tmp_path / "digits.toml"), netspec.load(tmp_path / "wide.toml")
    assert patched.name == "digits-wide"
    assert len(patched.layers) == len(base.layers) - 1
    assert patched.optimizers[0].label() == "sgd"


@pytest.mark.parametrize("family", ["layers", "losses", "metrics", "optimizers", "schedules", "datasets"])
def test_the_guide_names_every_type_of_a_family(family: str) -> None:
    words = set(re.findall(r"\w+", GUIDE))
    assert plugins(f"netspec.{family}").keys() - words == set()


def test_the_example_of_blocks_expands_as_the_guide_says() -> None:
    (text,) = (text for text in blocks(GUIDE, "toml") if "[blocks." in text)
    names = [layer.name for layer in netspec.loads(text).layers]
    assert names[1] == "stage1.0.conv"
    assert [name for name in names if "shortcut" in name] == ["stage2.0.shortcut"]
