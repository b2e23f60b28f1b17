"""Prefixes come off only when more fits without them; patterns rename what they match and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.transfer import renames
from netspec.transfer.prefixes import best_prefix, take_off

HERE = ["conv1.weight", "layer1.0.conv1.weight", "fc.weight", "fc.bias"]


def prefix_of(names: list[str], here: list[str] = HERE) -> str:
    return best_prefix(names, lambda bare: len(set(bare) & set(here)))


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod.model.", "anything.at.all."])
def test_a_prefix_of_all_names_comes_off(prefix: str) -> None:
    assert prefix_of([prefix + name for name in HERE]) == prefix


def test_a_known_prefix_comes_off_though_not_all_names_have_it() -> None:
    names = ["backbone." + name for name in HERE[:2]] + ["criterion.weight"]
    assert prefix_of(names) == "backbone."
    assert take_off("backbone.", names) == [*HERE[:2], "criterion.weight"]


def test_an_unknown_prefix_of_some_names_stays() -> None:
    assert prefix_of(["mine." + name for name in HERE] + ["criterion.weight"]) == ""


def test_a_prefix_stays_when_no_more_names_fit_without_it() -> None:
    assert prefix_of(HERE) == ""
    here = ["model.conv1.weight"]
    assert prefix_of(here, here) == ""
    assert prefix_of(["model.a.weight"], ["b.weight"]) == ""


def test_a_prefix_stays_when_two_names_would_become_one() -> None:
    assert prefix_of(["module.fc.weight", "fc.weight"], ["fc.weight"]) == ""


def test_no_more_comes_off_than_needed() -> None:
    assert prefix_of(["module.model.conv1.weight"], ["model.conv1.weight"]) == "module."


@given(names=st.lists(st.text("ab.", min_size=1, max_size=6), unique=True), here=st.sets(st.text("ab.", max_size=6)))
def test_taking_a_prefix_off_never_loses_a_fit_or_a_name(names: list[str], here: set[str]) -> None:
    prefix = best_prefix(names, lambda bare: len(set(bare) & here))
    bare = take_off(prefix, names)
    assert len(set(bare)) == len(names)
    assert len(set(bare) & here) > len(set(names) & here) or prefix == ""


@pytest.mark.parametrize(
    ("rename", "name", "new"),
    [
        ({"backbone.*": "*"}, "backbone.layer1.0.weight", "layer1.0.weight"),
        ({"*": "backbone.*"}, "conv.weight", "backbone.conv.weight"),
        ({"a.*.b.*": "*.c.*"}, "a.x.b.weight", "x.c.weight"),
        ({"fc": "head"}, "fc.weight", "head.weight"),
        ({"fc": "head"}, "fc2.weight", "fc2.weight"),
        ({"fc.weight": "fc.bias"}, "fc.weight", "fc.bias"),
        ({"fc.*": "a.*", "*": "b.*"}, "fc.weight", "a.weight"),
        ({"fc.*": "a.*", "*": "b.*"}, "gc.weight", "b.gc.weight"),
        ({"a.b": "c"}, "axb.weight", "axb.weight"),
        ({"block*.conv": "layer*.conv"}, "block12.conv.weight", "layer12.conv.weight"),
    ],
)
def test_each_star_stands_for_the_same_text_on_both_sides(rename: dict[str, str], name: str, new: str) -> None:
    assert renames.apply(rename, [name]) == {name: new}


def test_patterns_that_match_nothing_are_found() -> None:
    assert renames.unmatched({"fc": "a", "f*": "*", "gc.*": "*"}, HERE) == ["gc.*"]
