"""Layouts keep what they promise, whatever the graph."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gui.canvas.layout.detour import detour
from gui.canvas.layout.geometry import Rect, crosses
from gui.canvas.layout.nested import HEIGHT, WIDTH, Layout, lay_out
from gui.canvas.layout.ordering import count_crossings, order_rows
from gui.canvas.layout.ranks import assign_ranks, back_links
from gui.canvas.layout.rows import make_rows

Graph = tuple[list[str], list[str], dict[str, str | None], list[tuple[str, str]]]


@st.composite
def graphs(draw: st.DrawFn, *, has_circles: bool = False) -> Graph:
    """Boxes in nested frames, with links that point forward, or anywhere."""
    size = draw(st.integers(1, 14))
    boxes = [f"b{place}" for place in range(size)]
    frames = [f"f{place}" for place in range(draw(st.integers(0, 3)))]
    outer: list[str | None] = [None, *frames]
    parents: dict[str, str | None] = {f: draw(st.sampled_from(outer[: place + 1])) for place, f in enumerate(frames)}
    parents |= {box: draw(st.sampled_from(outer)) for box in boxes}
    places = st.integers(0, size - 1)
    drawn = draw(st.lists(st.tuples(places, places), max_size=24))
    links = [(a, b) if has_circles else (min(a, b), max(a, b)) for a, b in drawn if a != b]
    return boxes, frames, parents, [(boxes[a], boxes[b]) for a, b in dict.fromkeys(links)]


def is_around(layout: Layout, frame: str, name: str, parents: dict[str, str | None]) -> bool:
    parent = parents[name]
    return parent is not None and (parent == frame or is_around(layout, frame, parent, parents))


CROSSES_A_FRAME: Graph = (
    [f"b{place}" for place in range(12)], ["f0", "f1"],
    {**{f"b{place}": None for place in range(12)}, "f0": None, "f1": "f0", "b1": "f0", "b10": "f0", "b11": "f1"},
    [("b0", "b10"), ("b1", "b3"), ("b1", "b10"), ("b2", "b10")],
)  # fmt: skip
"""A line must pass from one side of a frame to the other, in rows that the frame takes."""


@settings(max_examples=120, deadline=None)
@given(graphs())
@example(CROSSES_A_FRAME)
def test_no_line_goes_through_a_box_and_no_boxes_meet(graph: Graph) -> None:
    boxes, frames, parents, pairs = graph
    assume(not has_circle_of_frames(parents, pairs))  # where two frames read each other, one line has to go up
    layout = lay_out(boxes, frames, parents, pairs)
    for a, b in combinations(layout.boxes.values(), 2):
        assert not a.meets(b)
    for pair, line in layout.lines.items():
        for name, rect in layout.boxes.items():
            assert name in pair or not crosses(line, rect), (pair, name)


def has_circle_of_frames(parents: dict[str, str | None], pairs: list[tuple[str, str]]) -> bool:
    def chain(name: str | None) -> list[str]:
        return [] if name is None else [*chain(parents[name]), name]

    links: dict[str, list[tuple[str, str]]] = {}
    for giver, reader in pairs:
        a, b = chain(giver), chain(reader)
        place = next(place for place in range(99) if a[place] != b[place])
        links.setdefault("/".join(a[:place]), []).append((a[place], b[place]))
    for level in links.values():
        names = sorted({name for link in level for name in link})
        if back_links(len(names), [(names.index(a), names.index(b)) for a, b in level]):
            return True
    return False


@settings(max_examples=100, deadline=None)
@given(graphs(has_circles=True))
def test_every_line_leads_from_below_its_giver_to_above_its_reader(graph: Graph) -> None:
    boxes, frames, parents, pairs = graph
    layout = lay_out(boxes, frames, parents, pairs)
    assert layout.boxes.keys() == set(boxes)
    for giver, reader in pairs:
        line = layout.lines[giver, reader]
        assert line[0] == (pytest.approx(layout.boxes[giver].centre[0]), layout.boxes[giver].bottom)
        assert line[-1][1] == layout.boxes[reader].top
        assert abs(line[-1][0] - layout.boxes[reader].centre[0]) <= WIDTH / 2


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_frames_hold_their_boxes_and_no_others(graph: Graph) -> None:
    boxes, frames, parents, pairs = graph
    layout = lay_out(boxes, frames, parents, pairs)
    for frame, around in layout.frames.items():
        for name, rect in layout.boxes.items():
            if is_around(layout, frame, name, parents):
                assert around.holds((rect.left, rect.top))
                assert around.holds((rect.right, rect.bottom))
            else:
                assert not around.meets(rect)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(-4, 4), st.integers(-2, 9))
def test_a_pinned_box_stays_where_it_was_put_and_nothing_covers_it(graph: Graph, across: int, down: int) -> None:
    boxes, _, _, pairs = graph
    point = (across * 61.0, down * 37.0)
    layout = lay_out(boxes, [], {}, pairs, {boxes[-1]: point})
    pinned = layout.boxes[boxes[-1]]
    assert pinned == Rect(point[0] - WIDTH / 2, point[1], point[0] + WIDTH / 2, point[1] + HEIGHT)
    for a, b in combinations(layout.boxes.values(), 2):
        assert not a.meets(b)


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(-4, 4), st.integers(-2, 9))
def test_lines_go_around_a_pinned_box(graph: Graph, across: int, down: int) -> None:
    boxes, _, _, pairs = graph
    layout = lay_out(boxes, [], {}, pairs, {boxes[-1]: (across * 61.0, down * 37.0)})
    for pair, line in layout.lines.items():
        for name, rect in layout.boxes.items():
            if name not in pair and crosses(line, rect):
                # only where an end is shut in: another box lies right below the giver or above the reader
                ends = (layout.boxes[pair[0]].grown(0, 26), layout.boxes[pair[1]].grown(0, 26))
                others = [other for key, other in layout.boxes.items() if key not in pair]
                assert any(end.meets(other) for end in ends for other in others), (pair, name)


@settings(max_examples=50, deadline=None)
@given(graphs(has_circles=True))
def test_the_same_graph_always_lies_the_same(graph: Graph) -> None:
    assert lay_out(*graph) == lay_out(*graph)


def test_a_chain_stands_in_one_column_and_its_skip_runs_beside_it() -> None:
    boxes = ["input", "conv1", "bn1", "relu", "conv2", "add"]
    layout = lay_out(boxes, [], {}, [*pairwise(boxes), ("input", "add")])
    assert {rect.left for rect in layout.boxes.values()} == {-WIDTH / 2}
    assert [layout.boxes[name].top for name in boxes] == [0, 72, 144, 216, 288, 360]  # 44 high, 28 apart
    assert len(layout.lines["conv1", "bn1"]) == 2
    assert layout.lines["input", "add"] == [(0, 44), (106, 72), (106, 332), (20, 360)]


def test_branches_of_equal_length_lie_evenly_on_both_sides() -> None:
    boxes = ["input", "a", "b", "c", "concat"]
    pairs = [("input", name) for name in "abc"] + [(name, "concat") for name in "abc"]
    layout = lay_out(boxes, [], {}, pairs)
    middles = [layout.boxes[name].centre[0] for name in boxes]
    assert middles == [0, -(WIDTH + 24), 0, WIDTH + 24, 0]


def test_a_shorter_way_leaves_the_longer_one_straight() -> None:
    boxes = ["input", "conv1", "bn1", "conv2", "shortcut", "add"]
    layout = lay_out(boxes, [], {}, [*pairwise(boxes[:4]), ("conv2", "add"), ("input", "shortcut"), ("shortcut", "add")])
    assert {layout.boxes[name].centre[0] for name in boxes if name != "shortcut"} == {0}
    assert layout.boxes["shortcut"].left > layout.boxes["conv1"].right


def test_moving_one_box_leaves_the_others_where_they_are() -> None:
    boxes = ["input", "conv1", "relu1", "fc"]
    before = lay_out(boxes, [], {}, list(pairwise(boxes)))
    after = lay_out(boxes, [], {}, list(pairwise(boxes)), {"relu1": (300, 150)})
    assert [after.boxes[name] for name in ("input", "conv1", "fc")] == [before.boxes[name] for name in ("input", "conv1", "fc")]


def test_a_box_in_a_frame_is_pinned_relative_to_the_frame() -> None:
    boxes = ["input", "b.conv", "b.relu", "fc"]
    parents: dict[str, str | None] = {"b.conv": "b", "b.relu": "b"}
    pairs = list(pairwise(boxes))
    near = lay_out(boxes, ["b"], parents, pairs, {"b.relu": (250, 120)})
    far = lay_out(boxes, ["b"], parents, pairs, {"b.relu": (250, 120), "b": (1000, 500)})
    rect, frame = near.boxes["b.relu"], near.frames["b"]
    moved, frame_there = far.boxes["b.relu"], far.frames["b"]
    assert (rect.left - frame.left, rect.top - frame.top) == (moved.left - frame_there.left, moved.top - frame_there.top)
    assert frame.holds((rect.right, rect.bottom))


def test_boxes_beside_a_tall_frame_stand_as_close_as_elsewhere() -> None:
    boxes = ["input", "conv1", "bn1", "relu", "conv2", "b.conv", "b.bn", "add"]
    pairs = [*pairwise(boxes[:5]), ("conv2", "add"), ("input", "b.conv"), ("b.conv", "b.bn"), ("b.bn", "add")]
    layout = lay_out(boxes, ["b"], {"b.conv": "b", "b.bn": "b"}, pairs)
    assert [layout.boxes[name].top for name in boxes[:5]] == [0, 72, 144, 216, 288]
    assert layout.frames["b"].top == 72


def test_a_frame_alone_in_its_rows_takes_no_more_than_its_height() -> None:
    boxes = ["input", "b.conv", "b.bn", "fc"]
    layout = lay_out(boxes, ["b"], {"b.conv": "b", "b.bn": "b"}, list(pairwise(boxes)))
    assert layout.boxes["fc"].top == layout.frames["b"].bottom + 28


def test_ranks_are_longest_paths_and_late_inputs_stand_above_their_reader() -> None:
    links = [(0, 1), (1, 2), (0, 2), (3, 2)]
    assert assign_ranks([1] * 4, links) == [0, 1, 2, 1]


def test_a_circle_is_opened_at_the_link_that_closes_it() -> None:
    assert back_links(3, [(0, 1), (1, 2), (2, 0)]) == {2}


def test_sweeps_undo_a_twist() -> None:
    graph = make_rows([0, 0, 1, 1], [(0, 3, ""), (1, 2, "")])
    graph.rows = [[0, 1], [2, 3]]
    assert count_crossings(graph) == 1
    order_rows(graph)
    assert count_crossings(graph) == 0


def test_links_of_one_giver_share_their_waypoints() -> None:
    graph = make_rows([0, 1, 2, 3, 4], [(0, 1, "a"), (0, 3, "a"), (0, 4, "a")])
    assert len(graph.rank) == 5 + 3
    assert graph.routes[1][:3] == graph.routes[2][:3]


def test_a_detour_keeps_clear_of_the_box_in_between() -> None:
    wall = Rect(-50, 100, 50, 150)
    way = detour((0, 0), (0, 300), [wall])
    assert not crosses(way, wall.grown(10))
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(way))


def test_a_line_that_finds_no_way_is_drawn_directly() -> None:
    assert detour((0, 0), (0, 300), [Rect(-50, -20, 50, 150)]) == [(0, 0), (0, 300)]
