"""Edits of fields and sections, and of every other kind of value: only the lines that must change do."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec import editing
from netspec.editing import EditError
from netspec.spec.source import Source
from tests.editing.helpers import ODD, SOURCES, changes, edited, values, with_text

ODD_LINES = ODD.splitlines()
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
SCALARS = st.one_of(
    st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.dictionaries(TEXTS.filter(bool), SCALARS, max_size=3))


@pytest.mark.parametrize(
    ("address", "key", "value", "gone", "new"),
    [
        (("layers", 0), "kernel_size", [5, 5], "kernel_size = [3, 3]", "kernel_size = [5, 5]"),
        (
            ("layers", 0), "padding", {"top": 2, "bottom": 1, "left": 1, "right": 1},
            "padding = { top = 1, bottom = 1,  left = 1, right = 1 }   # by side",
            "padding = { top = 2, bottom = 1,  left = 1, right = 1 }   # by side",
        ),
        (("loss",), "label_smoothing", 0.2, "  label_smoothing = 0.1", "  label_smoothing = 0.2"),
        (("optimizers", 1), "type", "sgd", 'type = "adam"   # the second lane', 'type = "sgd"   # the second lane'),
        (("optimizers", 1), "lr", 1e-05, None, "lr = 1e-5"),
        (("layers", 4), "weight_init", {"type": "normal", "std": 0.02}, "weight_init.std = 0.01", "weight_init.std = 0.02"),
        ((), "seed", 7, None, "seed = 7"),
        (("blocks", "unit"), "output", "act", None, 'output = "act"'),
        (("blocks", "unit", "layers", 1), "frozen", True, None, "frozen = true"),
        (("variables",), "width", 16, "width = 8   # channels", "width = 16   # channels"),
        (("input",), "shape", [1, 16, 16], "input.shape = [3, 16, 16]   # C, H, W", "input.shape = [1, 16, 16]   # C, H, W"),
        (("input",), "name", "x", None, 'input.name = "x"'),
        (("inputs", 0), "name", "x", None, 'input.name = "x"'),
    ],
)  # fmt: skip
def test_one_field_is_one_line(address: Any, key: str, value: Any, gone: str | None, new: str) -> None:
    source = SOURCES["odd"]
    assert changes(source, edited(source, editing.set_field, address, key, value)) == ([gone] if gone else [], [new])


@pytest.mark.parametrize("name", ["digits", "lenet5", "odd", "odd-crlf", "odd-json", "odd-json2"])
@given(value=VALUES)
@settings(deadline=None, max_examples=40)
def test_every_value_is_read_back_as_it_was_set(name: str, value: Any) -> None:
    source = SOURCES[name]
    before = values(source.text, source.format)
    after = edited(source, editing.set_field, ("layers", 0), "description", value)
    before["layers"][0]["description"] = value
    assert values(after.text, after.format) == before
    if source.format == "toml":
        assert all('name = "conv1"' in line for line in changes(source, after)[0])  # where all stands on one line
    assert edited(after, editing.reset_field, ("layers", 0), "description").text == source.text


def test_a_value_that_no_spec_can_hold_is_refused() -> None:
    for value in (None, float("nan"), float("inf"), object(), "\ud800"):
        with pytest.raises(EditError):
            editing.set_field(SOURCES["odd"], ("layers", 0), "padding", value)


@pytest.mark.parametrize("name", ["digits", "lenet5", "odd", "odd-json2"])
def test_a_section_that_is_added_and_removed_leaves_the_text_as_it_was(name: str) -> None:
    source = SOURCES[name]
    after = edited(source, editing.add_section, "checkpoint", {"top_k": 3})
    assert editing.fields(after, ("checkpoint",)) == {"top_k": 3}
    assert edited(after, editing.remove_section, "checkpoint").text.rstrip() == source.text.rstrip()


def test_a_field_of_a_section_that_is_not_there_makes_it() -> None:
    assert edited(SOURCES["odd"], editing.set_field, ("train",), "epochs", 3).text.endswith("\n\n[train]\nepochs = 3\n")
    assert edited(SOURCES["digits"], editing.set_field, ("schedule",), "type", "cosine").text.endswith(
        '\nschedule = { type = "cosine" }\n'
    )


def test_a_second_optimizer_leaves_the_first_as_it_is_written() -> None:
    gone, new = changes(SOURCES["lenet5"], edited(SOURCES["lenet5"], editing.add_section, "optimizers", {"type": "sgd"}))
    assert (gone, new) == (["[optimizer]"], ["[[optimizers]]", "[[optimizers]]", 'type = "sgd"', ""])
    after = edited(SOURCES["digits-json2"], editing.add_section, "optimizers", {"type": "sgd"})
    assert [item["type"] for item in json.loads(after.text)["optimizers"]] == ["adam", "sgd"]


def test_one_of_several_optimizers_is_removed_alone() -> None:
    after = edited(SOURCES["odd"], editing.remove_section, "optimizers", 0)
    assert [item["type"] for item in tomllib.loads(after.text)["optimizers"]] == ["adam"]
    assert "# the second lane" in after.text


def test_sections_that_are_there_or_do_not_exist_are_refused() -> None:
    with pytest.raises(EditError, match="there is a section transfer already"):
        editing.add_section(SOURCES["odd"], "transfer", {})
    with pytest.raises(EditError, match=r"there is no section los; did you mean loss\?"):
        editing.add_section(SOURCES["odd"], "los", {})
    with pytest.raises(EditError, match="there is no section schedule in this file"):
        editing.remove_section(SOURCES["odd"], "schedule")


def test_a_change_of_type_keeps_what_fits_and_adds_what_is_required() -> None:
    source = SOURCES["lenet5"]
    after = edited(source, editing.set_type, ("layers", 2), "avg_pool2d")
    assert editing.fields(after, ("layers", 2)) == {"name": "pool1", "type": "avg_pool2d", "kernel_size": 2}
    after = edited(source, editing.set_type, ("layers", 0), "linear")
    assert editing.fields(after, ("layers", 0)) == {"name": "conv1", "type": "linear", "out_features": 10}
    after = edited(source, editing.set_type, ("optimizer",), "sgd")
    assert editing.fields(after, ("optimizers", 0)) == {"type": "sgd", "lr": 0.002}


def test_a_base_is_patched_and_what_cannot_be_patched_is_refused() -> None:
    source = SOURCES["digits_race"]
    after = edited(source, editing.set_field, ("layers", "conv1"), "out_channels", 8)
    assert changes(source, after) == ([], ['layers = [{ name = "conv1", out_channels = 8 }]'])
    again = edited(after, editing.set_field, editing.outline(after).by_name["conv1"].address, "padding", 0)
    assert changes(after, again)[1] == ['layers = [{ name = "conv1", out_channels = 8, padding = 0 }]']
    with pytest.raises(EditError, match="conv1 is written in a file that this one extends; open that file"):
        editing.rename(source, "conv1", "stem")


def test_errors_elsewhere_do_not_keep_an_edit_from_being_made() -> None:
    text = "[train\nepochs = \n" + ODD.replace("seed = 0", "seed = ") + "\nhalf = \n"
    source = with_text(SOURCES["odd"], text)
    after = with_text(source, editing.set_field(source, ("layers", 2), "frozen", True))
    gone, new = changes(source, after)
    assert (gone, [line.strip() for line in new]) == ([], ["frozen = true"])
    renamed = with_text(source, editing.rename(source, "a.b", "act"))
    assert len(changes(source, renamed)[0]) == 2


def test_an_empty_text_can_be_edited() -> None:
    empty = Source("new.toml", "", "toml", Path())
    after = edited(empty, editing.add_layer, "relu")
    assert tomllib.loads(after.text) == {"layers": [{"name": "relu1", "type": "relu"}]}
    assert edited(empty, editing.set_field, ("input",), "shape", [4]).text == "input = { shape = [4] }\n"
    with pytest.raises(EditError, match="the text holds no JSON object"):
        editing.add_layer(Source("new.json", "", "json", Path()), "relu")
    assert json.loads(editing.add_layer(Source("new.json", "{}", "json", Path()), "relu"))["layers"][0]["type"] == "relu"
