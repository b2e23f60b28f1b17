"""Long walks of edits: whatever is done, the text can be read and says what the outline says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from netspec import editing
from netspec.editing import EditError, Outline
from netspec.spec.source import Source
from tests.editing.helpers import SOURCES, edited

Edit = tuple[Callable[..., str], tuple[Any, ...]]
TYPES = ("relu", "conv2d", "linear", "dropout", "add", "concat", "max_pool2d", "batch_norm")
LONGEST = 40_000
"""Characters; a walk ends there."""


def draw(chance: random.Random, source: Source) -> Edit:
    """Any edit of this text, also one that is refused."""
    outline = editing.outline(source)
    return chance.choice(EDITS)(chance, outline, source)


def _name(chance: random.Random, outline: Outline) -> str:
    return chance.choice([node.name for node in outline.nodes] or ["nothing"])


def _names(chance: random.Random, outline: Outline) -> list[str]:
    names = [node.name for node in outline.nodes if node.kind != "input"]
    return chance.sample(names, min(len(names), chance.randint(1, 3)))


def _address(chance: random.Random, outline: Outline) -> Any:
    addresses: list[Any] = [node.address for node in outline.nodes if node.kind != "input"]
    return chance.choice([*addresses, ("train",), ("loss",), ("optimizers", 0), ()])


def _add(chance: random.Random, outline: Outline, source: Source) -> Edit:
    after, before = chance.choice([None, _name(chance, outline)]), chance.choice([None, _name(chance, outline)])
    return editing.add_layer, (chance.choice(TYPES), None, after, before)


def _insert(chance: random.Random, outline: Outline, source: Source) -> Edit:
    node = outline.by_name.get(_name(chance, outline))
    giver = node.inputs[0] if node is not None and node.inputs else None
    return editing.add_layer, (chance.choice(TYPES), None, giver, node.name if node is not None else None)


def _rename(chance: random.Random, outline: Outline, source: Source) -> Edit:
    return editing.rename, (_name(chance, outline), chance.choice(["a", "b.c", "stem", "relu", f"x{chance.randint(0, 99)}"]))


def _set(chance: random.Random, outline: Outline, source: Source) -> Edit:
    value = chance.choice([1, 0.5, "same", [1, 2], {"type": "normal", "std": 0.1}, True, 1e-5, 'a"b\\c\n', "é"])
    return editing.set_field, (_address(chance, outline), chance.choice(["epochs", "lr", "padding", "description"]), value)


def _paste(chance: random.Random, outline: Outline, source: Source) -> Edit:
    try:
        return editing.paste, (editing.copy(source, _names(chance, outline)), chance.choice([None, _name(chance, outline)]))
    except EditError:
        return editing.paste, ("", None)


EDITS: tuple[Callable[[random.Random, Outline, Source], Edit], ...] = (
    _add, _insert, _rename, _set, _paste,
    lambda chance, outline, source: (editing.remove_layers, (_names(chance, outline), chance.random() < 0.8)),
    lambda chance, outline, source: (
        editing.connect, (_name(chance, outline), _name(chance, outline), chance.choice([None, 0, 1]))
    ),
    lambda chance, outline, source: (editing.disconnect, (_name(chance, outline), _name(chance, outline))),
    lambda chance, outline, source: (editing.reset_field, (_address(chance, outline), chance.choice(["padding", "frozen"]))),
    lambda chance, outline, source: (editing.set_frozen, (_names(chance, outline), chance.random() < 0.6)),
    lambda chance, outline, source: (editing.freeze_to, (chance.choice([None, _name(chance, outline)]),)),
    lambda chance, outline, source: (editing.duplicate, (_names(chance, outline),)),
    lambda chance, outline, source: (
        editing.add_section, (chance.choice(["optimizers", "schedule", "transfer"]), {"type": "sgd", "lr": 0.1})
    ),
    lambda chance, outline, source: (editing.remove_section, (chance.choice(["optimizers", "schedule", "transfer", "loss"]),)),
    lambda chance, outline, source: (editing.set_type, (_address(chance, outline), chance.choice(TYPES))),
)  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_a_walk_of_edits_never_breaks_a_text(name: str) -> None:
    source, chance, made, refusals = SOURCES[name], random.Random(name), 0, []
    for _ in range(60):
        function, arguments = draw(chance, source)
        try:
            after = edited(source, function, *arguments)  # which also reads the result
        except EditError as problem:
            refusals.append(problem.message)
            continue
        made += 1
        assert source.format == "json" or comments(after) == comments(source)
        names = [node.name for node in editing.outline(after).nodes]
        assert len(names) == len(set(names))
        if len(after.text) > LONGEST:
            break
        source = after
    assert made > 20
    assert not [message for message in refusals if "cannot be changed from here" in message]


def comments(source: Source) -> list[str]:
    """Lines that are comments."""
    return [line for line in source.text.splitlines() if line.lstrip().startswith("#")]
