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
from netspec.loading import read_text
from netspec.problems import Problem, Span, SpecError, also, describe_path, error, explain, sort_problems, warning

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


SECOND = Span("net.toml", 3, 16, 18, "out_channels = 64")


def test_a_second_place_is_quoted_below_the_first_and_told_to_programs() -> None:
    related = also(SECOND, "conv1 gives [64, 5, 5] here")
    problem = error("NS206", ("layers", "conv2", "groups"), SPAN, "groups 7 does not divide 64", "use 8", related)
    assert problem.render().endswith(
        "     |               ^\n  net.toml:3:16: conv1 gives [64, 5, 5] here\n  3 | out_channels = 64\n    |                ^^"
    )
    assert problem.as_dict()["related"] == [
        {"file": "net.toml", "line": 3, "column": 16, "message": "conv1 gives [64, 5, 5] here"}
    ]
    assert coloured(problem, 80).plain == problem.render()


def test_a_line_is_quoted_once_and_what_is_not_written_not_at_all() -> None:
    again = (*also(SPAN, "the same line"), *also(SECOND, "a"), *also(SECOND, "b"), *also(None, "nowhere"))
    problem = warning("NS904", (), SPAN, "m", "h", again)
    assert [item.message for item in problem.related] == ["a"]


LINES = (
    '[input]\nshape = [4, 8, 8]\n[[layers]]\nname = "conv"\ntype = "conv2d"\nout_channels = 6\nkernel_size = 3\n'
    '[[layers]]\nname = "act"\ntype = "relu"\n'
)


def second_places(text: str) -> list[tuple[str, int, str]]:
    return [
        (problem.code, item.span.line, item.message)
        for problem in read_text(text).problems
        for item in problem.related
    ]


def test_errors_of_shapes_show_the_layer_that_gives_the_shape_behind_those_that_pass_it_on() -> None:
    text = LINES + '[[layers]]\nname = "next"\ntype = "conv2d"\nout_channels = 8\nkernel_size = 1\ngroups = 4\n'
    assert second_places(text) == [("NS206", 6, "conv gives [6, 6, 6], which act passes on, here")]
    text = LINES + '[[layers]]\nname = "sum"\ntype = "add"\ninputs = ["act", "input"]\n'
    assert second_places(text) == [
        ("NS202", 4, "conv gives [6, 6, 6], which act passes on, here"), ("NS202", 2, "input is [4, 8, 8] here"),
    ]  # fmt: skip


def test_errors_between_sections_show_both() -> None:
    head = LINES + '[[layers]]\nname = "fc"\ntype = "linear"\nout_features = 1\n[loss]\ntype = "cross_entropy"\n'
    assert second_places(head) == [("NS207", 14, "fc gives [1] here")]
    fine = head.replace("out_features = 1\n", "out_features = 3\n")
    monitor = fine + '[optimizer]\ntype = "sgd"\nlr = 0.1\n[early_stopping]\nmonitor = "val_auc"\n'
    assert second_places('metrics = ["f1"]\n' + monitor) == [("NS501", 1, "these are the metrics")]
    for section in ('freeze = ["conv", "fc"]\n', 'freeze_to = "fc"\n'):
        text = fine + '[transfer]\nweights = "w.safetensors"\nreplace = ["fc"]\n' + section
        assert second_places(text) == [("NS909", 20, "fc is frozen here")], section
