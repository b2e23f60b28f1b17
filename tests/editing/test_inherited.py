"""Specs that extend others: what a base writes is patched, or the edit is refused with the reason."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netspec import editing
from netspec.editing import EditError
from netspec.spec.source import Source
from tests.editing.helpers import edges, edited, frozen
from tests.editing.test_random_edits import draw

BASE = """\
spec_version = 1
input.shape = [1, 8, 8]

[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3

[[layers]]
name = "s"
type = "block"
block = "unit"
repeat = 2

[blocks.unit]
layers = [
  { name = "q", type = "conv2d", out_channels = 4, kernel_size = 3, padding = 1, frozen = true },
  { name = "r", type = "relu" },
]
"""


@pytest.fixture
def child(tmp_path: Path) -> Source:
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    layers = '{ name = "conv1", kernel_size = 5 }, { name = "fc", type = "linear", out_features = 2 }'
    text = f'extends = "base.toml"\nlayers = [{layers}]\n'
    return Source("child.toml", text, "toml", tmp_path)


def address(source: Source, name: str) -> editing.Address:
    return editing.outline(source).by_name[name].address


@pytest.mark.parametrize(
    "edit",
    [
        lambda source, at: editing.set_field(source, at, "padding", 0),
        lambda source, at: editing.set_fields(source, at, {"padding": 0}),
        lambda source, at: editing.reset_field(source, at, "padding"),
        lambda source, at: editing.set_type(source, at, "relu"),
        lambda source, at: editing.rename(source, "s.0.q", "z"),
        lambda source, at: editing.remove_layers(source, ["s.0.q"]),
        lambda source, at: editing.add_layer(source, "relu", after="s.0.q"),
        lambda source, at: editing.add_layer(source, "relu", before="s.0.q"),
        lambda source, at: editing.connect(source, "s.0.r", "s.0.q"),
        lambda source, at: editing.disconnect(source, "s.0.q", "s.0.r"),
        lambda source, at: editing.duplicate(source, ["s.0.q"]),
        lambda source, at: editing.paste(source, '[[layers]]\ntype = "relu"', "s.0.q"),
    ],
)
def test_layers_of_a_block_that_a_base_defines_cannot_be_edited(child: Source, edit: Callable[..., Any]) -> None:
    with pytest.raises(EditError, match=r"s\.0\.[qr] is written in base\.toml; open that file"):
        edit(child, address(child, "s.0.q"))


def test_all_uses_of_an_inherited_block_share_the_address_of_a_layer(child: Source) -> None:
    assert address(child, "s.0.q") == address(child, "s.1.q") != address(child, "s.0.r")
    assert editing.file_of(address(child, "s.0.q")) == "base.toml"
    assert editing.file_of(address(child, "conv1")) is None
    assert editing.fields(child, address(child, "s.0.q")) == {}


def test_what_a_base_freezes_within_its_block_is_not_unfrozen_in_silence(child: Source) -> None:
    assert frozen(child) == {"s.0.q", "s.1.q"}
    with pytest.raises(EditError, match=r"s\.0\.q is frozen in base\.toml"):
        editing.set_frozen(child, ["s.0.q"], False)
    after = edited(child, editing.set_frozen, ["s.0.r"], True)
    assert frozen(after) == {"s.0.q", "s.1.q", "s.0.r"}
    assert frozen(edited(after, editing.set_frozen, ["s.0.r"], False)) == frozen(child)


@pytest.mark.parametrize("patch", ["kernel_size = 5", 'type = "identity"'])
def test_a_layer_of_the_base_that_is_patched_here_is_not_renamed(child: Source, patch: str) -> None:
    source = Source(child.file, child.text.replace("kernel_size = 5", patch), "toml", child.folder)
    with pytest.raises(EditError, match="conv1 is written in a file that this one extends; open that file"):
        editing.rename(source, "conv1", "zz")
    assert edges(editing.outline(edited(source, editing.rename, "fc", "head")))["head"] == ["s.1.r"]


def test_a_walk_of_edits_in_a_file_that_extends_another_is_made_or_refused(child: Source) -> None:
    chance, source, made = random.Random(1), child, 0
    for _ in range(150):
        function, arguments = draw(chance, source)
        try:
            source = edited(source, function, *arguments)
        except EditError:
            continue
        made += 1
        assert source.text.startswith("extends") or 'extends = "base.toml"' in source.text
    assert made > 40


def test_a_layer_put_before_one_that_follows_a_patch_keeps_what_that_one_reads(child: Source) -> None:
    after = edges(editing.outline(edited(child, editing.add_layer, "identity", "new", before="fc")))
    assert (after["fc"], after["new"]) == (["new"], ["s.1.r"])
    after = edges(editing.outline(edited(child, editing.duplicate, ["fc"])))
    assert (after["fc"], after["fc1"]) == (["s.1.r"], ["s.1.r"])


@pytest.mark.parametrize("reads", ['inputs = ["conv1"], ', ""])
def test_what_read_a_removed_layer_reads_what_that_one_read_be_there_patches_or_not(child: Source, reads: str) -> None:
    text = child.text.replace('"fc",', f'"fc", {reads}').replace(" }]", ' }, { name = "end", type = "relu" }]')
    source = Source(child.file, text, "toml", child.folder)
    before = edges(editing.outline(source))
    after = edges(editing.outline(edited(source, editing.remove_layers, ["fc"])))
    assert after["end"] == before["fc"] == (["conv1"] if reads else ["s.1.r"])
