from __future__ import annotations

from pathlib import Path

import pytest

from netspec import editing
from netspec.analysis import analyze
from netspec.editing.syntax import plain
from netspec.editing.writing import read, write
from netspec.loading import read_from
from netspec.spec.source import Source
from tests.editing.helpers import SOURCES, compiled_edges, edges, frozen, is_worked_out, values, with_text


@pytest.mark.parametrize("name", SOURCES)
def test_the_tables_of_a_text_are_those_of_the_standard_library(name: str) -> None:
    source = SOURCES[name]
    assert plain(read(source).root) == values(source.text, source.format)


@pytest.mark.parametrize("name", SOURCES)
def test_without_a_change_the_text_is_the_same(name: str) -> None:
    assert write(SOURCES[name], read(SOURCES[name])) == SOURCES[name].text


@pytest.mark.parametrize("name", SOURCES)
def test_the_outline_has_the_layers_and_inputs_of_the_compiled_network(name: str) -> None:
    assert edges(editing.outline(SOURCES[name])) == compiled_edges(SOURCES[name])


@pytest.mark.parametrize("name", SOURCES)
def test_the_outline_knows_what_is_frozen(name: str) -> None:
    spec = read_from(SOURCES[name]).spec
    assert spec is not None
    assert frozen(SOURCES[name]) == {row.name for row in analyze(spec).table if row.frozen}


@pytest.mark.parametrize("name", SOURCES)
def test_every_address_leads_to_the_entry_of_its_node(name: str) -> None:
    source = SOURCES[name]
    for node in editing.outline(source).nodes:
        written = editing.fields(source, node.address)
        if node.kind == "layer" and node.line:
            assert written["type"] == node.type
            assert node.name.endswith(written["name"]) or is_worked_out(source, node)


def test_lines_are_those_where_the_names_stand() -> None:
    source = SOURCES["resnet18"]
    lines = source.text.splitlines()
    for node in editing.outline(source).nodes:
        if node.kind != "input":
            local = node.name.rpartition(".")[2]
            assert f'name = "{local}"' in lines[node.line - 1] or local.isdigit()


def test_a_block_stands_before_its_copies_and_these_before_their_layers() -> None:
    nodes = editing.outline(SOURCES["resnet18"]).nodes
    found = [(node.name, node.kind, node.parent) for node in nodes if node.name.startswith("layer1")][:3]
    assert found == [
        ("layer1", "block", None), ("layer1.0", "block", "layer1"), ("layer1.0.conv1", "layer", "layer1.0"),
    ]  # fmt: skip


def test_the_layers_of_a_base_have_their_names_as_addresses() -> None:
    outline = editing.outline(SOURCES["digits_race"])
    assert outline.by_name["conv1"].address == ("layers", "conv1")
    assert outline.by_name["conv1"].line == 0
    assert outline.by_name["input"].address == ("inputs", "input")


def test_a_patched_layer_of_a_base_has_the_address_of_its_patch() -> None:
    source = SOURCES["digits_race"]
    patched = with_text(source, source.text + 'layers = [{ name = "conv2", out_channels = 8 }]\n')
    assert editing.outline(patched).by_name["conv2"].address == ("layers", 0)
    assert editing.outline(patched).by_name["conv2"].type == "conv2d"


def toml(text: str) -> Source:
    return Source("broken.toml", text, "toml", Path())


def test_a_text_with_errors_has_the_outline_of_what_can_be_read() -> None:
    layers = 'layers = [\n  { name = "a", type = },\n  { name = "b", type = "relu" },\n]'
    source = toml(f"input.shape = [4]\n{layers}\n[train\nx = \n")
    assert [(node.name, node.type) for node in editing.outline(source).nodes] == [
        ("input", "input"), ("a", "?"), ("b", "relu"),
    ]  # fmt: skip


def test_layers_without_a_name_or_with_a_taken_one_are_called_by_their_places() -> None:
    source = toml('[[layers]]\ntype = "relu"\n[[layers]]\nname = "a"\n[[layers]]\nname = "a"\n')
    assert [node.name for node in editing.outline(source).nodes] == ["layers[0]", "a", "a[2]"]


@pytest.mark.parametrize("text", ["", "[", "{", "\x00", "layers = 3", "layers = [1, 'x']", "blocks = 4\nlayers = [{}]", "= ="])
@pytest.mark.parametrize("format", ["toml", "json"])
def test_no_text_is_too_broken_for_an_outline(text: str, format: str) -> None:
    source = Source(f"broken.{format}", text, format, Path())  # type: ignore[arg-type]
    assert all(node.name for node in editing.outline(source).nodes)


def test_every_broken_spec_of_the_collection_has_an_outline() -> None:
    folder = Path(__file__).parent.parent / "spec" / "invalid"
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".toml", ".json")]
    assert len(files) > 20
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        source = Source(str(path), text, "json" if path.suffix == ".json" else "toml", path.parent)
        names = [node.name for node in editing.outline(source).nodes]
        assert len(names) == len(set(names))


DEEP = {
    "arrays": "a = " + "[" * 3000 + "]" * 3000,
    "tables": "a = " + "{a=" * 900 + "1" + "}" * 900,
    "keys": ".".join("a" * 900) + " = 1",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_too_deep_is_passed_over_and_stays_as_it_is(name: str) -> None:
    text = f'{DEEP[name]}\ninput.shape = [4]\n\n[[layers]]\nname = "fc"\ntype = "relu"\n'
    source = Source("deep.toml", text, "toml", Path())
    assert [node.name for node in editing.outline(source).nodes] == ["input", "fc"]
    assert editing.rename(source, "fc", "act") == text.replace('"fc"', '"act"')
