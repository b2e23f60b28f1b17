"""The diagram says what the outline and the report say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gui.canvas.board import facts_of
from gui.canvas.diagram import LOSS, Box, Diagram, Edge, Frame
from gui.canvas.finding import find
from gui.canvas.make_diagram import fold_all, make_diagram
from gui.state import State, analysed
from netspec.shipped import shipped_specs
from tests.gui.canvas.conftest import BLOCKS, NETWORK

EIGHTS = ["conv1", "relu1", "conv2", "sum"]


def state_of(text: str) -> State:
    return analysed(State(None, text, "toml", "test.toml", Path()))


def diagram_of(text: str, *, folded: bool = False) -> Diagram:
    state = state_of(text)
    return make_diagram(state.outline, facts_of(state), fold_all(state.outline) if folded else ())


def test_boxes_are_inputs_layers_and_the_loss_with_shapes_and_parameters() -> None:
    diagram = diagram_of(NETWORK)
    assert [box.name for box in diagram.boxes] == ["input", "conv1", "relu1", "conv2", "sum", "fc", LOSS]
    assert diagram.box["conv1"] == Box(
        "conv1", "layer", "conv2d", ("convolution",), None, "conv1", (4, 8, 8), 4 * 3 * 9 + 4
    )
    assert diagram.box["input"].shape == (3, 8, 8)
    assert diagram.edges == (
        Edge("input", "conv1"), Edge("conv1", "relu1"), Edge("relu1", "conv2"), Edge("conv2", "sum"),
        Edge("relu1", "sum", 1), Edge("sum", "fc"), Edge("fc", LOSS),
    )  # fmt: skip


def test_unfolded_blocks_are_frames_that_say_how_many_share_them() -> None:
    diagram = diagram_of(BLOCKS)
    assert diagram.frame["stage"] == Frame("stage", "basic", None, "stage", 2, 2, 2 * (4 * 4 * 9 + 4))
    assert diagram.frame["stage.1"].is_copy
    assert diagram.frame["stage.1"].title == "shared by 2"
    assert diagram.box["stage.1.conv"].label == "conv"
    assert diagram.givers("stage.1.conv") == ["stage.0.add"]


def test_a_folded_block_is_one_box_with_the_sum_of_its_parameters() -> None:
    diagram = diagram_of(BLOCKS, folded=True)
    stage = diagram.box["stage"]
    assert (stage.kind, stage.type, stage.times, stage.layers) == ("block", "basic", 2, 6)
    assert (stage.params, stage.shape) == (2 * (4 * 4 * 9 + 4), (4, 8, 8))
    assert [(edge.giver, edge.reader) for edge in diagram.edges] == [("input", "stem"), ("stem", "stage"), ("stage", "fc")]


@pytest.mark.parametrize("name", list(shipped_specs()))
@pytest.mark.parametrize("folded", [False, True])
def test_every_shipped_spec_has_a_diagram_whose_lines_are_those_of_the_graph(name: str, folded: bool) -> None:
    path = shipped_specs()[name]
    state = analysed(State(path, path.read_text(encoding="utf-8"), "toml", str(path), path.parent))
    assert state.report is not None
    diagram = make_diagram(state.outline, facts_of(state), fold_all(state.outline) if folded else ())
    assert sum(box.params for box in diagram.boxes) == state.report.totals.params
    if not folded:
        drawn = {pair for pair in diagram.pairs if not any(name.startswith(LOSS) for name in pair)}
        assert drawn == set(state.report.graph.edges)


def test_a_frozen_block_is_one_in_which_nothing_is_learned() -> None:
    frozen = BLOCKS.replace('block = "basic", repeat', 'block = "basic", frozen = true, repeat')
    assert diagram_of(frozen, folded=True).frozen == {"stage"}
    part = BLOCKS + '\n[transfer]\nfreeze = ["stage.0"]\n'
    assert diagram_of(part, folded=True).frozen == frozenset()
    assert "stage.0" in diagram_of(part).frozen


def test_problems_stand_at_the_box_they_belong_to() -> None:
    wrong = NETWORK.replace('["conv2", "relu1"]', '["conv2", "input"]').replace("out_features = 10", "out_features = 0")
    diagram = diagram_of(wrong)
    assert "out_features" in diagram.box["fc"].errors[0]
    assert "[3, 8, 8]" in diagram.box["sum"].errors[0]
    assert not diagram.box["conv1"].errors


def test_a_folded_block_shows_the_problems_of_its_layers() -> None:
    wrong = BLOCKS.replace('inputs = ["relu", "input"]', 'inputs = ["relu", "nothing"]')
    assert "nothing" in " ".join(diagram_of(wrong, folded=True).box["stage"].errors)


def test_a_problem_of_the_loss_stands_at_the_loss() -> None:
    wrong = NETWORK.replace("cross_entropy", "cross_entropi")
    assert diagram_of(wrong).box[LOSS].errors


def test_a_text_with_errors_still_has_boxes() -> None:
    broken = NETWORK.replace('type = "relu"', 'type = ')
    assert "conv1" in diagram_of(broken).box


def test_the_loss_reads_what_it_names() -> None:
    named = NETWORK.replace('type = "cross_entropy"', 'type = "cross_entropy"\ninput = "sum"')
    assert diagram_of(named).givers(LOSS) == ["sum"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("conv", ["conv1", "conv2"]), ("CONV2", ["conv2", "conv1"]), ("linear", ["fc"]), ("4×8×8", EIGHTS),
        ("4 x 8 x 8", EIGHTS), ("[10]", ["fc"]), ("3,*,*", ["input"]), ("conv trainable", ["conv1", "conv2"]),
        ("frozen", []), ("loss", [LOSS]), ("nowhere", []), ("", []),
    ],
)  # fmt: skip
def test_a_search_means_names_types_shapes_and_states(query: str, found: list[str]) -> None:
    assert find(diagram_of(NETWORK), query) == found


def test_frozen_and_broken_layers_are_found_by_their_state() -> None:
    text = NETWORK.replace("padding = 1  #", "padding = 1\nfrozen = true  #").replace("out_features = 10", "out_features = 0")
    assert find(diagram_of(text), "error") == ["fc"]
    assert find(diagram_of(NETWORK.replace("padding = 1  #", "padding = 1\nfrozen = true  #")), "frozen") == ["conv1"]
