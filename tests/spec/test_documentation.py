"""The examples of docs/spec.md are valid specs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netspec

EXAMPLES = re.findall(
    r"```toml\n(.*?)```", (Path(__file__).parents[2] / "docs" / "spec.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize("text", EXAMPLES, ids=["small", "blocks"])
def test_examples_load_without_errors(text: str) -> None:
    assert netspec.analyze(netspec.loads(text)).ok


def test_the_block_example_expands_as_it_says() -> None:
    names = [layer.name for layer in netspec.loads(EXAMPLES[1]).layers]
    assert names[1] == "stage1.0.conv"
    assert [name for name in names if "shortcut" in name] == ["stage2.0.shortcut"]
