"""Edits of layers: the network afterwards is the one that was meant, and no other line of the text has changed."""

from __future__ import annotations

import random

import pytest

from netspec import editing
from netspec.editing import EditError, Node
from netspec.spec.source import Source
from tests.editing.helpers import SOURCES, changes, compiled_edges, edges, edited, frozen, is_worked_out

Edges = dict[str, list[str]]


def layers(source: Source) -> list[Node]:
    """Layers that stand in the file itself, not within blocks."""
    return [node for node in editing.outline(source).nodes if node.kind == "layer" and node.parent is None]


def replaced(edges: Edges, old: str, new: str) -> Edges:
    return {reader: [new if name == old else name for name in names] for reader, names in edges.items()}


def some(items: list[Node], number: int = 8) -> list[Node]:
    """A sample that is always the same."""
    return random.Random(0).sample(items, min(number, len(items)))


@pytest.mark.parametrize("name", SOURCES)
def test_a_layer_added_behind_another_is_read_by_all_that_read_that_one(name: str) -> None:
    source = SOURCES[name]
    before = edges(editing.outline(source))
    for node in some(layers(source)):
        after = edited(source, editing.add_layer, "identity", "new", after=node.name)
        assert edges(editing.outline(after)) == {**replaced(before, node.name, "new"), "new": [node.name]}


@pytest.mark.parametrize("name", SOURCES)
def test_a_layer_added_on_an_edge_changes_no_other_edge(name: str) -> None:
    source = SOURCES[name]
    before = edges(editing.outline(source))
    for node in some(layers(source)):
        for giver in dict.fromkeys(node.inputs):
            after = edited(source, editing.add_layer, "identity", "new", after=giver, before=node.name)
            expected = {**before, "new": [giver], node.name: list(before[node.name])}
            expected[node.name][before[node.name].index(giver)] = "new"
            assert edges(editing.outline(after)) == expected


@pytest.mark.parametrize("name", ["digits", "lenet5", "resnet18", "vgg16", "odd", "odd-json2"])
def test_an_added_layer_changes_no_other_line(name: str) -> None:
    source = SOURCES[name]
    for node in some(layers(source)):
        gone, new = changes(source, edited(source, editing.add_layer, "identity", "new", after=node.name))
        assert all(node.name in line for line in gone), gone  # `inputs` that named the layer before
        assert len(new) <= len(gone) + 7


def test_a_layer_added_at_the_end_reads_the_last_one() -> None:
    after = edited(SOURCES["lenet5"], editing.add_layer, "softmax")
    assert edges(editing.outline(after))["softmax1"] == ["fc3"]


def test_a_layer_added_behind_the_input_is_read_by_all_that_read_the_input() -> None:
    after = edited(SOURCES["resnet18"], editing.add_layer, "identity", "new", after="input")
    assert edges(editing.outline(after))["new"] == ["input"]
    assert edges(editing.outline(after))["conv1"] == ["new"]


def test_a_layer_added_within_a_block_is_added_to_all_its_uses() -> None:
    after = edited(SOURCES["resnet18"], editing.add_layer, "dropout", "drop", after="layer1.0.relu")
    found = edges(editing.outline(after))
    assert sum(name.endswith(".drop") for name in found) == 8
    assert found["layer3.1.drop"] == ["layer3.1.relu"]
    assert found["layer3.1.conv2"] == ["layer3.1.drop"]


def test_a_new_layer_is_one_that_can_be_compiled() -> None:
    source = SOURCES["lenet5"]
    for kind in ("conv2d", "max_pool2d", "avg_pool2d", "batch_norm", "dropout", "relu", "pad"):
        after = edited(source, editing.add_layer, kind, "new", after="relu1")
        assert compiled_edges(after)["new"] == ["relu1"], kind


@pytest.mark.parametrize("name", SOURCES)
def test_what_read_a_removed_layer_reads_what_that_one_read(name: str) -> None:
    source = SOURCES[name]
    before = edges(editing.outline(source))
    for node in some(layers(source)):
        if len(layers(source)) == 1:
            continue
        after = edges(editing.outline(edited(source, editing.remove_layers, [node.name])))
        expected = replaced(before, node.name, before[node.name][0])
        del expected[node.name]
        assert after == expected


@pytest.mark.parametrize("name", SOURCES)
def test_several_layers_are_removed_as_one_after_the_other(name: str) -> None:
    source, chance = SOURCES[name], random.Random(1)
    names = [node.name for node in layers(source)]
    for _ in range(4):
        gone = chance.sample(names, min(len(names) - 1, 4))
        if not gone:
            return
        at_once, single = edited(source, editing.remove_layers, gone), source
        for one in gone:
            single = edited(single, editing.remove_layers, [one])
        assert edges(editing.outline(at_once)) == edges(editing.outline(single))


@pytest.mark.parametrize("name", ["digits", "lenet5", "resnet18", "odd"])
def test_a_removed_layer_takes_only_its_own_lines_with_it(name: str) -> None:
    source = SOURCES[name]
    for node in some(layers(source)):
        gone, new = changes(source, edited(source, editing.remove_layers, [node.name]))
        assert sum(line.lstrip().startswith("#") for line in gone) == 0
        assert len(new) <= 1


def test_without_reconnection_readers_lose_their_input() -> None:
    after = edited(SOURCES["lenet5"], editing.remove_layers, ["relu1"], reconnect=False)
    assert edges(editing.outline(after))["pool1"] == []
    assert edges(editing.outline(after))["conv2"] == ["pool1"]


def test_removing_a_block_removes_all_its_layers() -> None:
    after = edges(editing.outline(edited(SOURCES["resnet18"], editing.remove_layers, ["layer2"])))
    assert not any(name.startswith("layer2") for name in after)
    assert after["layer3.0.conv1"] == ["layer1.1.relu2"]


def test_one_of_the_copies_of_a_block_cannot_be_removed() -> None:
    with pytest.raises(EditError, match=r"layer1\.0 is one of the copies of layer1; lower its `repeat`"):
        editing.remove_layers(SOURCES["resnet18"], ["layer1.0"])


def test_removing_within_a_block_removes_from_all_its_uses() -> None:
    after = edges(editing.outline(edited(SOURCES["resnet18"], editing.remove_layers, ["layer1.0.relu", "layer2.1.relu"])))
    assert not any(name.endswith(".relu") for name in after)
    assert after["layer4.1.conv2"] == ["layer4.1.bn1"]


@pytest.mark.parametrize("name", SOURCES)
def test_a_renamed_layer_is_the_same_under_another_name(name: str) -> None:
    source = SOURCES[name]
    outline = editing.outline(source)
    for node in some([item for item in outline.nodes if item.kind != "input" and item.line], 12):
        local = node.name if node.parent is None else node.name.removeprefix(f"{node.parent}.")
        if local.isdigit():
            continue
        if is_worked_out(source, node):
            with pytest.raises(EditError, match="is worked out from"):
                editing.rename(source, node.name, "renamed")
            continue
        after = edited(source, editing.rename, node.name, "renamed")
        names = editing.renames(outline, editing.outline(after))
        assert node.name in names
        new = {old: names.get(old, old) for old in outline.by_name}
        expected = {new[reader]: [new[item] for item in read] for reader, read in edges(outline).items()}
        assert edges(editing.outline(after)) == expected
        assert frozen(after) == {names.get(item, item) for item in frozen(source)}


def test_rename_follows_outputs_transfer_and_expressions() -> None:
    after = edited(SOURCES["odd"], editing.rename, "head", "fc")
    assert 'outputs = ["fc"]' in after.text
    after = edited(SOURCES["odd"], editing.rename, "stem", "first")
    assert 'freeze = ["first", "stage.1.*"]' in after.text
    after = edited(SOURCES["odd"], editing.rename, "stage", "body")
    assert 'freeze = ["stem", "body.1.*"]' in after.text
    assert '  "body",      # the block' in after.text
    after = edited(SOURCES["resnet18"], editing.rename, "layer2.0.downsample", "down")
    assert "${'down' if project else 'input'}" in after.text


def test_a_glob_that_meant_the_renamed_layer_goes_on_meaning_it() -> None:
    source = edited(SOURCES["lenet5"], editing.set_field, ("transfer",), "freeze", ["conv*"])
    after = edited(source, editing.rename, "conv1", "stem")
    assert 'freeze = ["conv*", "stem"]' in after.text
    assert frozen(after) == {"stem", "conv2"}


def test_a_glob_does_not_come_to_mean_the_renamed_layer() -> None:
    source = edited(SOURCES["lenet5"], editing.set_field, ("transfer",), "freeze", ["conv*"])
    after = edited(source, editing.rename, "fc1", "convert")
    assert frozen(after) == {"conv1", "conv2"}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("conv1", "conv2", "the name conv2 is already taken"),
        ("conv1", "input", "the name input is already taken"),
        ("conv1", "a b", "'a b' is no name for a layer"),
        ("nothing", "a", "there is no layer nothing"),
    ],
)
def test_names_that_cannot_be_given_are_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        editing.rename(SOURCES["lenet5"], old, new)


def test_the_inputs_name_can_be_changed_although_it_is_written_nowhere() -> None:
    after = edited(SOURCES["resnet18"], editing.rename, "input", "picture")
    assert 'name = "picture"' in after.text
    assert edges(editing.outline(after))["conv1"] == ["picture"]


@pytest.mark.parametrize("name", SOURCES)
def test_connecting_changes_one_input_and_nothing_else(name: str) -> None:
    source, chance = SOURCES[name], random.Random(2)
    before = edges(editing.outline(source))
    nodes = layers(source)
    for _ in range(6):
        giver, reader = chance.choice(nodes), chance.choice(nodes)
        if giver is reader:
            continue
        after = edges(editing.outline(edited(source, editing.connect, giver.name, reader.name, 0)))
        assert after == {**before, reader.name: [giver.name, *before[reader.name][1:]]}


def test_a_merging_layer_gets_one_more_input_and_others_another() -> None:
    source = edited(SOURCES["lenet5"], editing.add_layer, "add", "sum", after="relu3")
    source = edited(source, editing.connect, "fc1", "sum")
    assert edges(editing.outline(source))["sum"] == ["relu3", "fc1"]
    assert edges(editing.outline(source))["fc2"] == ["sum"]
    after = edited(source, editing.connect, "fc1", "fc2")
    assert edges(editing.outline(after))["fc2"] == ["fc1"]


def test_layers_of_the_same_block_can_be_connected_and_those_of_others_cannot() -> None:
    source = SOURCES["resnet18"]
    after = edited(source, editing.connect, "layer1.0.bn1", "layer1.0.conv2")
    assert edges(editing.outline(after))["layer4.1.conv2"] == ["layer4.1.bn1"]
    with pytest.raises(EditError, match="they stand in different blocks"):
        editing.connect(source, "layer2.0.downsample.0", "layer1.0.conv2")


def test_a_whole_block_can_be_read() -> None:
    after = edited(SOURCES["resnet18"], editing.connect, "layer2", "layer4")
    assert edges(editing.outline(after))["layer4.0.conv1"] == ["layer2.1.relu2"]


def test_a_connection_is_taken_away_alone() -> None:
    before = edges(editing.outline(SOURCES["odd"]))
    after = edited(SOURCES["odd"], editing.disconnect, "a.b", "sum")
    assert edges(editing.outline(after)) == {**before, "sum": before["sum"][:1]}
    assert '  "stage",      # the block' in after.text
    with pytest.raises(EditError, match=r"head does not read stem"):
        editing.disconnect(SOURCES["odd"], "stem", "head")


@pytest.mark.parametrize("name", SOURCES)
def test_freezing_and_unfreezing_changes_exactly_these_layers(name: str) -> None:
    source, chance = SOURCES[name], random.Random(3)
    outline = editing.outline(source)
    nodes = [node for node in outline.nodes if node.kind != "input"]
    for step in range(12):
        chosen = chance.sample(nodes, min(3, len(nodes)))
        leaves = {leaf.name for node in chosen for leaf in outline.leaves(node.name)}
        before = frozen(source)
        source = edited(source, editing.set_frozen, [node.name for node in chosen], bool(step % 3))
        assert frozen(source) == (before | leaves if step % 3 else before - leaves)


@pytest.mark.parametrize("name", ["resnet18", "resnet18-json2", "odd"])
def test_freezing_up_to_a_layer_and_thawing_one_below(name: str) -> None:
    source = SOURCES[name]
    top = {"odd": "sum"}.get(name, "layer3")
    up_to = edited(source, editing.freeze_to, top)
    found = frozen(up_to)
    assert found >= editing.outline(source).below(leaf.name for leaf in editing.outline(source).leaves(top))
    one = sorted(found)[0]
    assert frozen(edited(up_to, editing.set_frozen, [one], False)) == found - {one}
    assert edited(up_to, editing.freeze_to, None).text == source.text


def test_freezing_a_layer_of_one_use_of_a_block_goes_through_transfer() -> None:
    after = edited(SOURCES["resnet18"], editing.set_frozen, ["layer1.0.conv1"], True)
    assert after.text.endswith('\n\n[transfer]\nfreeze = ["layer1.0.conv1"]\n')
    assert edited(after, editing.set_frozen, ["layer1.0.conv1"], False).text == SOURCES["resnet18"].text


@pytest.mark.parametrize("name", SOURCES)
def test_a_copy_reads_what_the_original_reads_and_nothing_else_changes(name: str) -> None:
    source = SOURCES[name]
    if name == "digits_race":
        return
    before = edges(editing.outline(source))
    for node in some(layers(source), 4):
        after = edges(editing.outline(edited(source, editing.duplicate, [node.name])))
        (new,) = after.keys() - before.keys()
        assert after[new] == before[node.name]
        assert {name: names for name, names in after.items() if name != new} == before


def test_copies_of_a_chain_read_each_other() -> None:
    after = edges(editing.outline(edited(SOURCES["digits"], editing.duplicate, ["conv2", "relu2", "pool"])))
    assert (after["conv3"], after["relu4"], after["pool1"]) == (["relu1"], ["conv3"], ["relu4"])


def test_a_whole_network_pasted_into_an_empty_one_is_the_same_network() -> None:
    for name in ("lenet5", "resnet18", "resnet20_cifar", "vgg16", "odd"):
        source = SOURCES[name]
        tops = [node.name for node in editing.outline(source).children(None) if node.kind != "input"]
        empty = Source("new.toml", "input.shape = [3, 64, 64]\n", "toml", source.folder)
        pasted = edited(empty, editing.paste, editing.copy(source, tops))
        assert edges(editing.outline(pasted)) == edges(editing.outline(source))


def test_layers_copied_from_within_a_block_come_out_with_their_values() -> None:
    text = editing.copy(SOURCES["resnet18"], ["layer2.0.conv1", "layer2.0.bn1"])
    assert "out_channels = 128" in text
    assert "stride = 2" in text
    after = edges(editing.outline(edited(SOURCES["digits"], editing.paste, text)))
    assert after["bn1"] == ["conv3"]


def test_other_text_on_the_clipboard_is_refused() -> None:
    for text in ("", "hello", "x = 1", "layers = 3", "{}"):
        with pytest.raises(EditError, match="the clipboard holds no layers"):
            editing.paste(SOURCES["digits"], text)


def test_variables_come_along_or_are_written_out() -> None:
    text = editing.copy(SOURCES["odd"], ["stem"])
    assert "width = 8" in edited(SOURCES["digits"], editing.paste, text).text
    other = edited(SOURCES["odd"], editing.set_field, ("variables",), "width", 99)
    pasted = editing.fields(edited(other, editing.paste, text), ("layers", 5))
    assert pasted["out_channels"] == 8
