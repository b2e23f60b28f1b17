"""A long random walk of edits, undos and redos."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.document import Document
from netspec import editing
from netspec.shipped import shipped_specs
from tests.editing.helpers import compiled_edges, edges
from tests.editing.test_random_edits import draw

LONGEST = 5_000
"""Characters; a text that has grown beyond is undone."""


def walk(document: Document, steps: int, seed: int) -> int:
    """Edits, undos, redos and typing; how many steps the stack had at most."""
    chance, most, stack = random.Random(seed), 0, document.undo_stack
    mirror: list[str] = [document.text]  # the texts that the stack should hold
    for step in range(steps):
        deed, index = chance.random(), stack.index()
        if deed < 0.2 and stack.canUndo():
            stack.undo()
        elif deed < 0.35 and stack.canRedo():
            stack.redo()
        else:
            change(document, chance, step)
            if stack.index() > index:
                mirror[index + 1 :] = [document.text]
        assert document.text == mirror[stack.index()]
        assert len(mirror) == stack.count() + 1
        if len(document.text) > LONGEST:
            stack.setIndex(0)
            assert document.text == mirror[0]
        if step % 50 == 0:
            check(document)
        most = max(most, stack.count())
    return most


def change(document: Document, chance: random.Random, step: int) -> None:
    """Any edit, or something typed anywhere."""
    assert document.state is not None
    text = document.text
    if chance.random() < 0.1:
        place = chance.randrange(len(text) + 1)
        document.put("Type", text[:place] + chance.choice(["[", "x = ", '"', "\n", "# é"]) + text[place:])
    else:
        function, arguments = draw(chance, document.state.source)
        document.edit(f"Step {step}", function, *arguments)


def check(document: Document) -> None:
    """The outline is that of the text, and a text that cannot be read is marked."""
    document.settle()
    state = document.state
    assert state is not None
    assert state.outline == editing.outline(state.source)
    try:
        tomllib.loads(state.text)
    except tomllib.TOMLDecodeError:
        assert any(problem.severity == "error" for problem in state.problems)
        return
    if state.found is not None and state.found.spec is not None:
        assert edges(state.outline) == compiled_edges(state.source)


def start(name: str) -> Document:
    path = shipped_specs()[name]
    document = Document()
    document.new(path.read_text(encoding="utf-8"), name=path.name, folder=path.parent)
    return document


@pytest.mark.parametrize("name", ["digits", "lenet5", "resnet18"])
def test_a_walk_of_edits_undos_and_redos_keeps_text_outline_and_stack_together(qtbot: QtBot, name: str) -> None:
    document = start(name)
    first = document.text
    walk(document, 200, seed=1)
    document.undo_stack.setIndex(0)
    assert document.text == first


@pytest.mark.slow
def test_a_walk_of_five_thousand_steps(qtbot: QtBot) -> None:
    document = start("lenet5")
    first = document.text
    assert walk(document, 5_000, seed=2) > 100
    document.undo_stack.setIndex(0)
    assert document.text == first


def test_twenty_thousand_signals_do_not_end_the_program(qtbot: QtBot, tmp_path: Path) -> None:
    document = start("digits")
    desk = Desk(document)
    heard: list[object] = []
    desk.chosen_changed.connect(lambda: heard.append(1))
    for number in range(20_000):
        desk.choose({f"layer{number}"})
    assert len(heard) == 20_000
