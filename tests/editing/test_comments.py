"""Comments among items of a list, and sections that are written as dotted keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec import editing
from netspec.spec.source import Source
from tests.editing.helpers import edited, values

LAYERS = "".join(f'[[layers]]\nname = "{name}"\ntype = "relu"\n\n' for name in ("a", "b1", "c"))


def frozen_by(array: str) -> Source:
    return Source("net.toml", f"input.shape = [4]\n\n{LAYERS}[transfer]\nfreeze = {array}\n", "toml", Path())


def array_after(array: str, *names: str) -> str:
    """The list once these layers are no longer frozen."""
    text = edited(frozen_by(array), editing.set_frozen, names, False).text
    return text.partition("freeze = ")[2].rstrip("\n")


@pytest.mark.parametrize(
    ("array", "names", "expected"),
    [
        ('["a", # one\n "b*"]', ["b1"], '[\n "a", # one\n]'),
        ('["a", # one\n "b*" # two\n]', ["a"], '[\n "b*", # two\n]'),
        ('["a", "b*", # both\n "c"]', ["b1"], '[\n "a",\n # both\n "c",\n]'),
        ('[ # head\n "a", "c" ]', ["a"], '[ # head\n "c",\n]'),
        ('[ "a",\n  # why\n  "b*", "c" ]  # end', ["b1"], '[\n  "a",\n  # why\n  "c",\n]  # end'),
        ('["a", "c"]', ["a"], '["c"]'),
    ],
)
def test_comments_of_what_stays_stay(array: str, names: list[str], expected: str) -> None:
    assert array_after(array, *names) == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_only_comments_of_what_goes_may_go(data: st.DataObject) -> None:
    """The comment behind an item is named after it, all others stay whatever is removed."""
    items = [f"n{place}" for place in range(data.draw(st.integers(1, 5)))]
    text = "["
    for item in items:
        text += data.draw(st.sampled_from(["", " ", "\n", "\n  # loose\n  "]))
        text += f'"{item}",' + data.draw(st.sampled_from(["", f" # {item}\n", "\n"]))
    source = Source("x.toml", f"outputs = {text}]\n", "toml", Path())
    kept = data.draw(st.lists(st.sampled_from([*items, "new"]), unique=True).map(sorted))
    after = edited(source, editing.set_field, (), "outputs", kept)
    assert values(after.text, "toml")["outputs"] == kept
    assert all(f"# {item}\n" in after.text for item in items if item in kept and f"# {item}\n" in text)
    assert len(re.findall("# loose", after.text)) == len(re.findall("# loose", text))


@pytest.mark.parametrize("rest", ["", "\n[train]\nepochs = 1\n"])
def test_the_only_dotted_key_of_a_section_can_be_taken_away(rest: str) -> None:
    source = Source("x.toml", f'name = "x"\nloss.type = "mse"\n{rest}', "toml", Path())
    assert edited(source, editing.reset_field, ("loss",), "type").text == f'name = "x"\n{rest}'


def test_the_only_dotted_key_of_a_layers_field_can_be_taken_away() -> None:
    text = '[[layers]]\nname = "a"\ntype = "linear"\nout_features = 2\n'
    source = Source("x.toml", f"{text}weight_init.std = 0.1\n", "toml", Path())
    assert edited(source, editing.set_field, ("layers", 0), "weight_init", {}).text == text
