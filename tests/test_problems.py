"""Problems: text, JSON, order, and the table of codes."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import netspec
from netspec.cli.diagnostics import coloured
from netspec.codes import CODES
from netspec.problems import Problem, Span, SpecError, describe_path, error, explain, sort_problems, warning

SPAN = Span("net.toml", 14, 15, 16, "kernel_size = 7")


def test_text_has_place_code_layer_message_hint_line_and_caret() -> None:
    problem = error("NS203", ("layers", "conv2", "kernel_size"), SPAN, "kernel_size 7 exceeds 5", "use kernel_size ≤ 5")
    assert problem.render() == (
        "net.toml:14:15 NS203 conv2: kernel_size 7 exceeds 5; use kernel_size ≤ 5\n"
        "  14 | kernel_size = 7\n"
        "     |               ^"
    )


def test_json_has_exactly_the_agreed_keys() -> None:
    assert warning("NS901", ("layers", "pool", "stride"), SPAN, "m", "h").as_dict() == {
        "code": "NS901", "severity": "warning", "path": "layers.pool.stride", "file": "net.toml", "line": 14,
        "column": 15, "message": "m", "hint": "h",
    }  # fmt: skip


def test_a_problem_without_a_place_has_nulls_and_no_quote() -> None:
    problem = error("NS303", ("layers", "a"), None, "m", "h")
    assert problem.render() == "NS303 a: m; h"
    assert (problem.as_dict()["file"], problem.as_dict()["line"]) == (None, None)


def test_the_caret_stands_under_the_value_behind_tabs_and_wide_characters() -> None:
    text = '\tname = "全", type = "é", x = 1'
    column = text.index("x = ") + 5
    line, caret = Span("f", 1, column, column + 1, text).quote().split("\n")
    assert "\t" not in line
    width = sum(2 if character == "全" else 1 for character in line[: line.rindex("1")])
    assert caret.index("^") == width


@given(st.text(max_size=200), st.integers(1, 220), st.integers(0, 30))
def test_any_line_can_be_quoted(text: str, column: int, width: int) -> None:
    line = text.replace("\n", " ")
    column = min(column, len(line) + 1)
    quoted = Span("f", 3, column, column + width, line).quote()
    assert quoted.count("\n") == 1
    assert quoted.split("\n")[1].lstrip(" |").strip("^") == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x1b]", quoted)


def test_where_names_layer_section_or_spec() -> None:
    cases = {
        ("layers", "conv1", "stride"): "conv1", ("layers", 2): "layers[2]", ("train", "epochs"): "[train]",
        ("seed",): "spec", (): "spec", ("blocks", "b", "layers"): "[blocks.b]", ("optimizers", 1, "lr"): "optimizers[1]",
    }  # fmt: skip
    assert {path: describe_path(path) for path in cases} == cases


def test_problems_come_in_the_order_of_the_text_main_file_first() -> None:
    def at(file: str, line: int, column: int) -> Problem:
        return error("NS101", (), Span(file, line, column, column + 1, "x" * 40), f"{file}{line}{column}", "h")

    problems = [
        at("base", 1, 1),
        error("NS301", (), None, "m", "h"),
        at("main", 9, 1),
        at("main", 2, 7),
        at("main", 2, 3),
    ]
    assert [item.message for item in sort_problems(problems, "main")] == ["main23", "main27", "main91", "base11", "m"]


def test_the_same_problem_at_the_same_place_is_told_once() -> None:
    copies = [error("NS101", ("layers", f"b.{i}.conv"), SPAN, "m", "h") for i in range(3)]
    assert sort_problems(copies) == (copies[0],)


def test_a_spec_error_prints_all_problems() -> None:
    failure = SpecError([error("NS101", (), SPAN, "one", "h"), error("NS102", (), None, "two", "h")])
    assert "one" in str(failure)
    assert "two" in str(failure)
    assert len(failure.problems) == 2


def test_every_code_in_the_sources_is_explained() -> None:
    sources = [path for path in Path(netspec.__file__).parent.rglob("*.py") if path.name != "codes.py"]
    used = {code for path in sources for code in re.findall(r"\bNS\d{3}\b", path.read_text(encoding="utf-8"))}
    assert used - CODES.keys() == set()


def test_explanations_are_paragraphs() -> None:
    for code, text in CODES.items():
        assert re.fullmatch(r"NS\d{3}", code)
        assert len(text) > 30
        assert text.endswith(".")
    assert explain("ns203") == CODES["NS203"]
    assert explain("NS999") is None


@given(st.text(st.sampled_from("ab\t界"), min_size=1, max_size=200), st.integers(1, 200), st.integers(30, 120))
def test_a_quote_fits_a_terminal_and_its_caret_stays_inside(text: str, column: int, width: int) -> None:
    column = min(column, len(text))
    line, caret = Span("f", 12, column, column + 3, text).quote(width).split("\n")
    assert cell_len(line) <= width
    assert cell_len(caret) <= width
    assert caret.endswith("^")


def test_coloured_problems_do_not_wrap_their_quote_at_80_columns() -> None:
    span = Span("net.toml", 14, 151, 154, "x" * 150 + "BAD" + "y" * 100)
    *_, line, caret = coloured(error("NS203", ("seed",), span, "m", "h"), 80).plain.split("\n")
    assert (len(line), line[caret.index("^") : caret.index("^") + 3]) == (80, "BAD")
