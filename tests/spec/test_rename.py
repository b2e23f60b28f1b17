"""[transfer] rename in a spec: its patterns are checked when the spec is read."""

from __future__ import annotations

import pytest

import netspec
from netspec.problems import SpecError

SPEC = """
[input]
shape = [4]
[[layers]]
name = "fc"
type = "linear"
out_features = 3
[transfer]
rename = {}
"""


def test_both_sides_have_as_many_stars() -> None:
    spec = netspec.loads(SPEC.format('{ "a.*.b" = "*.c", "d" = "e" }'))
    assert spec.transfer is not None
    assert list(spec.transfer.rename.items()) == [("a.*.b", "*.c"), ("d", "e")]
    with pytest.raises(SpecError, match=r'rename: "b.\*" has 1 and "\*.\*" 2 times \*; each \* stands for the same'):
        netspec.loads(SPEC.format('{ "b.*" = "*.*" }'))


def test_a_name_that_is_no_text_is_told_what_belongs_there() -> None:
    with pytest.raises(SpecError, match="a table of text = text"):
        netspec.loads(SPEC.format('["a", "b"]'))
