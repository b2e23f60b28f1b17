"""The graph: edges, order, checks, frozen layers."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.freezing import frozen_layers
from netspec.graph import build_graph, inputs_of, order, outputs_of
from netspec.loading import read_text
from tests.spec.helpers import CONV, INPUT, RELU, layer, problem_codes


def test_a_layer_reads_the_one_above_unless_it_says_otherwise() -> None:
    spec = netspec.loads(
        INPUT + CONV + RELU + layer("c", "relu", 'inputs = ["conv1"]') + layer("s", "add", 'inputs = ["c", "relu1"]')
    )
    graph = build_graph(spec)
    assert {name: inputs_of(graph, name) for name in graph} == {
        "input": [], "conv1": ["input"], "relu1": ["conv1"], "c": ["conv1"], "s": ["c", "relu1"],
    }  # fmt: skip
    assert outputs_of(spec, graph) == ("s",)


def test_the_same_input_twice_keeps_both_ports() -> None:
    graph = build_graph(netspec.loads(INPUT + RELU + layer("s", "add", 'inputs = ["relu1", "input", "relu1"]')))
    assert graph.edges["relu1", "s"]["ports"] == (0, 2)
    assert inputs_of(graph, "s") == ["relu1", "input", "relu1"]


def test_nodes_hold_their_layers_and_inputs_their_shapes() -> None:
    spec = netspec.loads(INPUT + RELU)
    graph = build_graph(spec)
    assert graph.nodes["relu1"]["layer"] is spec.layers[0]
    assert graph.nodes["input"]["layer"] is None
    assert graph.nodes["input"]["shape"] == (3, 32, 32)


def test_layers_may_stand_before_what_they_read() -> None:
    spec = netspec.loads(
        INPUT + layer("last", "relu", 'inputs = ["first"]') + layer("first", "relu", 'inputs = ["input"]')
    )
    assert order(build_graph(spec)) == ["input", "first", "last"]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_order_is_topological_stable_and_the_files_where_possible(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    ranks = data.draw(st.permutations(range(count)))
    layers = []
    for name in range(count):
        below = [f"n{other}" for other in range(count) if ranks[other] < ranks[name]]
        chosen = data.draw(st.lists(st.sampled_from(["input", *below]), min_size=2, max_size=3))
        layers.append({"name": f"n{name}", "type": "add", "inputs": chosen})
    graph = build_graph(netspec.Spec.model_validate({"inputs": [{"shape": [4]}], "layers": layers}))
    result = order(graph)
    place = {name: position for position, name in enumerate(result)}
    assert sorted(result) == sorted(graph)
    assert all(place[a] < place[b] for a, b in graph.edges)
    file_order = ["input", *(f"n{name}" for name in range(count))]
    if all(file_order.index(a) < file_order.index(b) for a, b in graph.edges):
        assert result == file_order
    assert nx.is_directed_acyclic_graph(graph)


def test_a_cycle_is_printed_as_its_path_once() -> None:
    text = INPUT + layer("a", "add", 'inputs = ["input", "c"]') + layer("b", "relu") + layer("c", "relu")
    problems = read_text(text).problems
    assert [problem.code for problem in problems] == ["NS303"]
    assert "a → b → c → a" in problems[0].message


def test_two_cycles_are_both_found() -> None:
    text = INPUT + layer("a", "relu", 'inputs = ["b"]') + layer("b", "relu") + layer("c", "relu", 'inputs = ["c"]')
    assert problem_codes(text) == ["NS303", "NS303"]


def test_outputs_may_be_layers_that_others_read() -> None:
    spec = netspec.loads('outputs = ["relu1", "conv1"]\n' + INPUT + CONV + RELU)
    assert outputs_of(spec, build_graph(spec)) == ("relu1", "conv1")
    assert netspec.analyze(spec).ok


def test_a_dead_end_is_an_error_only_when_outputs_are_named() -> None:
    side = INPUT + CONV + RELU + layer("side", "relu", 'inputs = ["conv1"]')
    assert problem_codes(side) == []
    assert problem_codes('outputs = ["relu1"]\n' + side) == ["NS305"]


def test_an_input_nobody_reads_is_an_error() -> None:
    text = '[[inputs]]\nname = "a"\nshape = [4]\n[[inputs]]\nname = "b"\nshape = [4]\n' + layer(
        "r", "relu", 'inputs = ["a"]'
    )
    assert problem_codes(text) == ["NS305"]


def test_several_outputs_and_one_loss_are_warned_of_unless_the_loss_says_which() -> None:
    text = (
        INPUT
        + layer("a", "linear", "out_features = 3")
        + layer("b", "linear", 'inputs = ["input"]', "out_features = 3")
    )
    loss = '[loss]\ntype = "cross_entropy"\n'
    assert problem_codes(text + loss) == ["NS906"]
    assert problem_codes(text + loss + 'input = "a"\n') == []
    assert netspec.loads(text + loss).loss is not None


NET = INPUT + CONV + RELU + layer("head.fc", "linear", "out_features = 4") + layer("head.out", "relu")


def frozen(transfer: str, text: str = NET) -> frozenset[str]:
    spec = netspec.loads(text + f"\n[transfer]\n{transfer}\n")
    return frozen_layers(spec, build_graph(spec))


def test_layers_are_frozen_by_name_glob_prefix_and_depth() -> None:
    assert frozen('freeze = ["conv1"]') == {"conv1"}
    assert frozen('freeze = ["head.*"]') == {"head.fc", "head.out"}
    assert frozen('freeze = ["head"]') == {"head.fc", "head.out"}
    assert frozen('freeze_to = "head.fc"') == {"conv1", "relu1", "head.fc"}
    assert frozen("", NET + "frozen = true\n") == {"head.out"}


def test_freezing_up_to_a_layer_takes_only_what_it_is_computed_from() -> None:
    text = (
        INPUT + layer("a", "relu") + layer("b", "relu", 'inputs = ["input"]') + layer("c", "add", 'inputs = ["a", "b"]')
    )
    assert frozen('freeze_to = "b"', text) == {"b"}


def test_freezing_nothing_is_an_error() -> None:
    assert problem_codes(NET + '[transfer]\nfreeze = ["convv*"]\n') == ["NS310"]


def test_freezing_what_is_replaced_is_warned_of() -> None:
    """relu layers have no values to keep, and are not named."""
    transfer = '[transfer]\nreplace = ["head"]\n'
    spec = netspec.loads(NET + transfer + 'freeze = ["*"]\n')
    problems = netspec.analyze(spec).problems
    assert [(p.code, p.severity) for p in problems] == [("NS909", "warning")]
    assert "replace: head.fc begins with random values, and is frozen" in problems[0].message
    assert problem_codes(NET + transfer + 'freeze = ["conv1"]\n') == []
    assert problem_codes(NET + transfer + 'freeze_to = "head.out"\n') == ["NS909"]
