"""Docs, definitions, quick fixes, the mirror of the file's text, and the words' styles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.text.definitions import definition_of, layer_place
from gui.text.fixes import fixes_of
from gui.text.help import help_at
from gui.text.mirror import Mirror, shown
from gui.text.scan import scan
from gui.text.tokens import Syntax, Token
from gui.text.units import to_index, to_units
from netspec.loading import read_text
from netspec.shipped import shipped_specs

RESNET = shipped_specs()["resnet18"].read_text(encoding="utf-8")
LENET = shipped_specs()["lenet5"].read_text(encoding="utf-8")
TEXTS = st.text(alphabet="ab=[]\"'#{},\n\r\u2028\xa0é😀", max_size=60)


@pytest.mark.parametrize(
    ("word", "title", "doc"),
    [
        ("kernel_size", "kernel_size", "Height and width of the window"),
        ("[loss]", "cross_entropy", "Cross-entropy"),
        ('"batch_norm"', "batch_norm", "Batch normalization"),
        ("weight_decay", "weight_decay", "Strength of the weight decay"),
        ("batch_size", "batch_size", "Samples in one step"),
        ("repeat", "repeat", "Copies"),
    ],
)
def test_a_word_has_its_docs(word: str, title: str, doc: str) -> None:
    found = help_at(RESNET, "toml", RESNET.index(word) + 2)
    assert found is not None
    assert found.title == title
    assert found.doc.startswith(doc)


def test_comments_and_blank_lines_have_no_docs() -> None:
    assert help_at(RESNET, "toml", 3) is None
    assert help_at(RESNET, "toml", RESNET.index("\n\n") + 1) is None


@pytest.mark.parametrize(
    ("at", "target"),
    [
        ('block = "basic', "[blocks.basic]"),
        ('inputs = ["bn2', '{ name = "bn2"'),
        ('out_channels = "${wid', 'required = ["width"'),
        ('stride = "${str', "parameters = { stride"),
    ],
)
def test_a_name_leads_to_its_definition(at: str, target: str) -> None:
    place = definition_of(RESNET, "toml", RESNET.index(at) + len(at))
    assert place is not None
    begin = RESNET.index(target)
    assert begin <= place[0] < begin + len(target)


def test_a_layer_inside_a_block_is_found_by_its_full_name() -> None:
    found = scan(RESNET, "toml")
    place = layer_place(found, "layer2.0.downsample.1")
    assert place is not None
    assert RESNET[place[0] : place[1]] == '"1"'
    assert layer_place(found, "layer2.9.nothing") is None


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('type = "relu"', 'type = "reluu"'),
        ("out_channels = 6", "filters = 6"),
        ("kernel_size = 5\npadding", "kernel_sise = 5\npadding"),
        ("epochs", "epoch"),
        ('type = "adam"', 'type = "adamm"'),
    ],
)
def test_a_quick_fix_mends_what_the_hint_names(good: str, bad: str) -> None:
    broken = LENET.replace(good, bad, 1)
    problems = read_text(broken, file="x.toml").problems
    fixes = [fix for problem in problems for fix in fixes_of(problem, "x.toml", broken)]
    assert fixes[0].applied(broken) == LENET


def test_a_number_that_the_hint_bounds_is_brought_to_the_bound() -> None:
    broken = LENET.replace("kernel_size = 5", "kernel_size = 50", 1)
    problem = read_text(broken, file="x.toml").problems[0]
    assert fixes_of(problem, "x.toml", broken)[0].text == "32"  # 28 + 2·2 rows are there


def test_a_problem_of_an_older_text_has_no_fix() -> None:
    broken = LENET.replace('"relu"', '"reluu"', 1)
    problem = read_text(broken, file="x.toml").problems[0]
    assert fixes_of(problem, "x.toml", LENET) == []
    assert fixes_of(problem, "other.toml", broken) == []


@given(TEXTS, st.data())
@settings(deadline=None, max_examples=300)
def test_typing_changes_nothing_but_what_is_typed(source: str, data: st.DataObject) -> None:
    mirror = Mirror(source)
    place = data.draw(st.integers(0, len(mirror.shown)))
    before, behind = source[: mirror.to_source(place)], source[mirror.to_source(place) :]
    mirror.type(mirror.shown[:place] + "x" + mirror.shown[place:])
    assert sorted(mirror.source) == sorted(source + "x")
    assert mirror.source == before + "x" + behind or mirror.source.replace("x", "") == source.replace("x", "")
    assert shown(mirror.source) == mirror.shown


def test_new_lines_of_a_windows_file_end_as_its_others() -> None:
    mirror = Mirror("a = 1\r\nb = 2\r\n")
    assert mirror.type("a = 1\nc = 3\nb = 2\n") == "a = 1\r\nc = 3\r\nb = 2\r\n"


@given(TEXTS, st.data())
def test_positions_of_python_and_qt_lead_to_each_other(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text)))
    assert to_index(text, to_units(text, index)) == index


PIECES = st.sampled_from(['[[layers]]\n', 'type = "relu"\n', '"', "[", "]", "# c\n", "x = 1\n", '"${a}"', "\n", "😀", "{", "}"])


@given(st.lists(PIECES, max_size=12).map("".join), st.data())
@settings(deadline=None, max_examples=150)
def test_styles_after_an_edit_are_those_of_a_fresh_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = data.draw(PIECES)
    edited = text[:start] + new + text[end:]
    syntax = Syntax("toml")
    syntax.read(text)
    before = tokens(syntax, text)
    rows = syntax.replace(edited, to_units(text, start), to_units(text[start:end], end - start), to_units(new, len(new)))
    after, fresh = tokens(syntax, edited), Syntax("toml")
    fresh.read(edited)
    assert after == tokens(fresh, edited)
    if "\n" not in text[start:end] + new:  # lines that are not said to be changed have the same styles
        assert {row for row in range(edited.count("\n") + 1) if before.get(row) != after.get(row)} <= rows


def tokens(syntax: Syntax, text: str) -> dict[int, list[Token]]:
    return {row: found for row, found in syntax.tokens(0, text.count("\n")).items() if found}


def test_a_type_is_known_by_its_family() -> None:
    syntax = Syntax("toml")
    syntax.read('type = "conv2d"\nname = "conv2d"\n')
    found = syntax.tokens(0, 1)
    assert Token(7, 8, "type", "conv2d") in found[0]
    assert all(token.style != "type" for token in found[1])
