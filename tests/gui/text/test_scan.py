from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.text.scan import scan
from netspec.shipped import shipped_specs

SPECS = {name: path.read_text(encoding="utf-8") for name, path in shipped_specs().items()}
PIECES = st.sampled_from(
    ['[[layers]]', '[train]', "\n", " ", "name", " = ", '"a', '"', "'", "[", "]", "{", "}", ",", "# c", '"""', "1", ".", "é😀"]
)


@pytest.mark.parametrize("name", SPECS)
def test_a_whole_text_says_what_tomllib_reads(name: str) -> None:
    assert scan(SPECS[name], "toml").root.plain() == tomllib.loads(SPECS[name])


@pytest.mark.parametrize("name", SPECS)
def test_json_says_the_same(name: str) -> None:
    tree = tomllib.loads(SPECS[name])
    assert scan(json.dumps(tree, indent=2), "json").root.plain() == tree


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["toml", "json"]))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read_and_every_place_has_a_zone(text: str, format: str) -> None:
    found = scan(text, "toml" if format == "toml" else "json")
    for position in range(len(text) + 1):
        zone = found.zone(position)
        assert zone.start <= position <= zone.end
        found.at(zone.path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[[layers]]\nname = "a"\nty|\n[train]\nepochs = 3', ("layers", 0)),
        ('[[layers]]\nname = "a"\ninputs = ["a", |\n[train]\nepochs = 3', ("layers", 0, "inputs", 1)),
        ('[[layers]]\nname = "a\ntype = "|"\n', ("layers", 0, "type")),
        ('layers = [\n  { name = "a", type = "|\n]', ("layers", 0, "type")),
        ('[[layers]]\nname = "a"\npadding = { top = 1, |', ("layers", 0, "padding")),
        ("[train|", ("train",)),
        ('{"layers": [{"name": "a"}, {|}]}', ("layers", 1)),
        ('{"train": {"epochs": |', ("train", "epochs")),
    ],
)
def test_what_is_being_typed_has_its_place_although_the_text_is_broken(text: str, path: tuple[str | int, ...]) -> None:
    position = text.index("|")
    found = scan(text.replace("|", ""), "json" if text.startswith("{") else "toml")
    assert found.zone(position).path == path


def test_an_open_bracket_does_not_swallow_the_sections_below_it() -> None:
    found = scan('[[layers]]\ninputs = ["a",\n\n[train]\nepochs = 3\n', "toml")
    assert found.root.plain() == {"layers": [{"inputs": ["a"]}], "train": {"epochs": 3}}


DOTTED = ".".join("a" * 900)
DEEP = ["a=" + "[" * 3000, "a=" + "[" * 3000 + "]" * 3000, "a=" + "{a=" * 900, f"{DOTTED}=1", f"[{DOTTED}]"]


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_what_is_nested_too_deep_is_one_text_and_what_follows_is_read(text: str) -> None:
    found = scan(f"{text}\n[train]\nepochs = 3\n", "toml")
    assert found.tree["train"] == {"epochs": 3}
    assert len(list(found.tables())) < 100
