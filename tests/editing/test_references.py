"""What [transfer] freezes stays what it was, without patterns that match nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from netspec import editing
from netspec.graph import match_layers
from netspec.spec.source import Source
from tests.editing.helpers import SOURCES, edited, frozen

CHAIN = """\
input.shape = [4]
layers = [
  { name = "a", type = "linear", out_features = 4 },
  { name = "b1", type = "linear", out_features = 4 },
  { name = "c", type = "relu" },
]
"""


def with_transfer(source: Source, **values: Any) -> Source:
    for key, value in values.items():
        source = edited(source, editing.set_field, ("transfer",), key, value)
    return source


def chain(**values: Any) -> Source:
    return with_transfer(Source("chain.toml", CHAIN, "toml", Path()), **values)


def transfer(source: Source) -> dict[str, Any]:
    return editing.outline(source).transfer


def stale(source: Source) -> list[str]:
    """Patterns that match no layer."""
    names = [node.name for node in editing.outline(source).nodes if node.kind == "layer"]
    patterns = [*transfer(source).get("freeze", ()), *filter(None, [transfer(source).get("freeze_to")])]
    return [pattern for pattern in patterns if not match_layers(pattern, names)]


def test_removing_the_layer_up_to_which_is_frozen_leaves_those_below_frozen() -> None:
    source = edited(SOURCES["digits"], editing.freeze_to, "relu2")
    after = edited(source, editing.remove_layers, ["relu2"])
    assert frozen(after) == {"conv1", "relu1", "conv2"}
    assert transfer(after) == {"freeze_to": "conv2"}
    assert frozen(edited(source, editing.remove_layers, ["relu2"], False)) == {"conv1", "relu1", "conv2"}
    assert "transfer" not in edited(source, editing.remove_layers, ["conv1", "relu1", "conv2", "relu2"]).text


def test_removing_a_merging_layer_leaves_all_its_branches_frozen() -> None:
    source = edited(SOURCES["resnet18"], editing.freeze_to, "layer2")
    before = frozen(source)
    after = edited(source, editing.remove_layers, ["layer2"])
    assert frozen(after) == {name for name in before if not name.startswith("layer2.")}
    assert stale(after) == []


@pytest.mark.parametrize("name", ["digits", "lenet5", "resnet18", "resnet18-json2", "odd", "odd-crlf"])
def test_removing_and_renaming_change_nothing_about_the_layers_that_are_left(name: str) -> None:
    chance = random.Random(name)
    for _ in range(6):
        names = [node.name for node in editing.outline(SOURCES[name]).nodes if node.kind == "layer"]
        source = with_transfer(SOURCES[name], freeze=[chance.choice(names)[:3] + "*"], freeze_to=chance.choice(names))
        before, nodes = editing.outline(source), editing.outline(source).children(None)
        node = chance.choice([node for node in nodes if node.kind != "input"])
        removed = edited(source, editing.remove_layers, [node.name])
        left = {item.name for item in editing.outline(removed).nodes}
        assert frozen(removed) == frozen(source) & left
        assert stale(removed) == []
        renamed = edited(source, editing.rename, node.name, "other")
        mapping = editing.renames(before, editing.outline(renamed))
        assert frozen(renamed) == {mapping.get(item, item) for item in frozen(source)}
        assert stale(renamed) == []


def test_a_glob_that_matches_nothing_any_more_goes() -> None:
    assert transfer(edited(chain(freeze=["a", "b*"]), editing.rename, "b1", "stem")) == {"freeze": ["a", "stem"]}
    assert transfer(edited(chain(freeze=["a", "b*"]), editing.remove_layers, ["b1"])) == {"freeze": ["a"]}
    assert transfer(edited(chain(replace=["b*"]), editing.remove_layers, ["b1"])) == {}
    after = edited(SOURCES["odd"], editing.remove_layers, ["stage"])
    assert transfer(after) == {"freeze": ["stem"]}


def test_a_pattern_that_never_matched_anything_stays_with_its_error() -> None:
    assert transfer(edited(chain(freeze=["x*"]), editing.rename, "b1", "stem")) == {"freeze": ["x*"]}
    assert transfer(edited(chain(freeze=["x*"]), editing.remove_layers, ["b1"])) == {"freeze": ["x*"]}


def test_a_glob_up_to_which_is_frozen_follows_a_new_name() -> None:
    after = edited(chain(freeze_to="b*"), editing.rename, "b1", "stem")
    assert transfer(after) == {"freeze_to": "stem"}


def test_patterns_of_a_base_are_followed_too(tmp_path: Path) -> None:
    base = chain(freeze=["a", "b*"], freeze_to="new")
    (tmp_path / "base.toml").write_text(base.text, encoding="utf-8")
    text = 'extends = "base.toml"\nlayers = [{ name = "new", type = "relu", inputs = ["c"] }]\n'
    child = Source("child.toml", text, "toml", tmp_path)
    assert frozen(child) == {"a", "b1", "c", "new"}
    assert frozen(edited(child, editing.rename, "new", "old")) == {"a", "b1", "c", "old"}
    after = edited(child, editing.remove_layers, ["b1", "new"])
    assert frozen(after) == {"a", "c"}
    assert stale(after) == []


def test_a_full_name_among_the_outputs_goes_with_its_block() -> None:
    source = edited(SOURCES["odd"], editing.set_field, (), "outputs", ["head", "stage.1.act"])
    after = edited(source, editing.remove_layers, ["stage"])
    assert 'outputs = ["head"]' in after.text


def test_the_scores_of_a_loss_of_boxes_follow_their_layer() -> None:
    losses = 'losses = [{ type = "box_regression", input = "c", scores = "b1" }]\noutputs = ["b1", "c"]\n'
    source = Source("chain.toml", losses + CHAIN, "toml", Path())
    assert '{ type = "box_regression", input = "c", scores = "stem" }' in edited(source, editing.rename, "b1", "stem").text
    assert "scores" not in edited(source, editing.remove_layers, ["b1"]).text
