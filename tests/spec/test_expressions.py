"""Expressions: arithmetic, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.spec.expressions import ExpressionError, evaluate
from netspec.spec.variables import escape, substitute_text
from tests.spec.helpers import CONV, INPUT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * width + 1", 17), ("width / 4", 2.0), ("width // 3", 2), ("width % 3", 2), ("2 ** 10", 1024),
        ("-width", -8), ("max(width, 10)", 10), ("int(2.9)", 2), ("round(2.5)", 2), ("abs(-3)", 3),
        ("min(1, 2, 3)", 1), ("'a' + 'b'", "ab"), ("width > 4 and width < 9", True), ("not width == 8", False),
        ("'big' if width > 4 else 'small'", "big"), ("1 < width <= 8", True), ("False or 3", 3), ("True", True),
    ],
)  # fmt: skip
def test_expressions_have_pythons_values(text: str, value: object) -> None:
    result = evaluate(text, {"width": 8})
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "open('x')", "__import__('os')", "width.bit_length()", "[1]", "(lambda: 1)()", "width[0]", "f'{width}'", "1, 2",
        "9 ** 9 ** 9", "'a' * 3", "1 / 0", "1 % 0", "2 ** -1000", "(-8) ** 0.5", "1 <  'a'", "1 in width", "1 is 1",
        "x := 1", "max()", "int('a')", "max(1, key=abs)", "1e308 * 10", "", "1 +", "None", "1j", "b'x'", "width width",
        "(" * 300 + ")" * 300, "1+" * 300 + "1", "- 'a'", "0 ** -1", "int(width=2)",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"width": 8})
    assert caught.value.hint


def test_an_unknown_variable_suggests_the_nearest() -> None:
    with pytest.raises(ExpressionError, match="did you mean width") as caught:
        evaluate("widht", {"width": 8})
    assert caught.value.code == "NS020"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_has_a_value_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert isinstance(evaluate(text, {"a": 1, "b": "x"}), int | float | str | bool)


@given(st.text(alphabet="${}a ", max_size=12))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    problems: list[object] = []
    assert substitute_text(escape(text), {}, None, (), problems) == text  # type: ignore[arg-type]
    assert problems == []


def test_a_whole_expression_keeps_its_type_and_an_embedded_one_is_text() -> None:
    text = '[variables]\nn = 4\nm = "${n * 2}"\nlabel = "net${m}-${n > 1}"\n' + 'name = "x"\n'
    text = text.replace('name = "x"\n', "") + INPUT + CONV.replace("= 8", '= "${m}"')
    spec = netspec.loads('name = "${label}"\n' + text)
    assert spec.name == "net8-true"
    assert spec.layers[0].model_dump()["out_channels"] == 8
