"""Copies of layers: until somebody reads them, the network computes what it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import editing
from netspec.editing import EditError
from netspec.graph import build_graph, outputs_of
from netspec.loading import read_from
from netspec.spec.source import Source
from tests.editing.helpers import SOURCES, compiled_edges, edited, is_worked_out

NET = """\
spec_version = 1
input.shape = [4]

[[layers]]
name = "s"
type = "block"
block = "u"

[[layers]]
name = "h"
type = "linear"
out_features = 2
inputs = ["s"]

[[blocks.u.layers]]
name = "q"
type = "linear"
out_features = 4

[[blocks.u.layers]]
name = "r"
type = "relu"
"""


def toml(text: str) -> Source:
    return Source("net.toml", text, "toml", Path())


def compiled_outputs(source: Source) -> tuple[str, ...]:
    spec = read_from(source).spec
    assert spec is not None
    return outputs_of(spec, build_graph(spec))


@pytest.mark.parametrize("name", SOURCES)
def test_a_duplicate_changes_neither_what_others_read_nor_the_outputs(name: str) -> None:
    source = SOURCES[name]
    if name == "digits_race":
        return
    before, outputs = compiled_edges(source), compiled_outputs(source)
    nodes = [node for node in editing.outline(source).nodes if node.kind == "layer"]
    for node in {nodes[0].name: nodes[0], nodes[len(nodes) // 2].name: nodes[len(nodes) // 2], nodes[-1].name: nodes[-1]}:
        if is_worked_out(source, editing.outline(source).by_name[node]) or node == "features.9.add":
            with pytest.raises(EditError, match=r"is worked out from|which layer is the output"):
                editing.duplicate(source, [node])
            continue
        after = edited(source, editing.duplicate, [node])
        assert {key: value for key, value in compiled_edges(after).items() if key in before} == before
        assert len(compiled_edges(after)) > len(before)
        assert compiled_outputs(after) == outputs


def test_a_duplicate_in_a_block_names_the_output_that_the_block_had() -> None:
    for text in (NET, NET.replace("[[blocks.u.layers]]", "[blocks.u]\ndescription = \"unit\"\n\n[[blocks.u.layers]]", 1)):
        after = edited(toml(text), editing.duplicate, ["s.q"])
        assert 'output = "r"' in after.text
        assert compiled_edges(after)["h"] == ["s.r"]
        assert edited(after, editing.duplicate, ["s.r"]).text.count("output = ") == 1


def test_what_is_pasted_into_a_block_does_not_become_its_output() -> None:
    after = edited(toml(NET), editing.paste, editing.copy(toml(NET), ["h"]), "s.q")
    assert compiled_edges(after)["h"] == ["s.r"]


@pytest.mark.parametrize(("act", "expected"), [("true", "s.r"), ("false", "s.q")])
def test_an_output_that_depends_on_a_condition_goes_on_depending_on_it(act: str, expected: str) -> None:
    text = NET.replace('type = "relu"', 'type = "relu"\nwhen = "${act}"')
    text = text.replace('block = "u"', f'block = "u"\nact = {act}') + "\n[blocks.u]\nparameters = { act = true }\n"
    assert compiled_edges(toml(text))["h"] == [expected]
    assert compiled_edges(edited(toml(text), editing.duplicate, ["s.q"]))["h"] == [expected]


def test_a_block_whose_output_cannot_be_named_is_refused() -> None:
    text = NET.replace('name = "r"', 'name = "r"\nwhen = "${x}"').replace('name = "q"', 'name = "q"\nwhen = "${x}"')
    with pytest.raises(EditError, match="which layer is the output of u depends on `when`"):
        editing.duplicate(toml(text), ["s.q"])


def test_the_output_of_a_base_goes_on_being_that_of_a_block_redefined_here(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(NET + '\n[blocks.u]\noutput = "q"\n', encoding="utf-8")
    text = 'extends = "base.toml"\n' + NET[NET.index("[[blocks") :]
    child = Source("child.toml", text, "toml", tmp_path)
    assert compiled_edges(child)["h"] == ["s.q"]
    after = edited(child, editing.duplicate, ["s.q"])
    assert compiled_edges(after)["h"] == ["s.q"]


def test_what_is_pasted_behind_the_last_layer_makes_the_network_longer() -> None:
    after = edited(toml(NET), editing.paste, '[[layers]]\nname = "end"\ntype = "relu"\n', "h")
    assert "outputs" not in after.text
    assert compiled_outputs(after) == ("end",)
