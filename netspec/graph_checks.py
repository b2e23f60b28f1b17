"""The checks of a graph that need no shapes: names, inputs, cycles, outputs and reach; [transfer]: transfer_checks.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from netspec.graph import Locate, Network, input_path, loss_path, outputs_of, read_names
from netspec.layers.base import Layer
from netspec.problems import Path, Problem, Related, also, error, warning
from netspec.spec.suggest import question
from netspec.spec.unknown import is_unknown
from netspec.transfer_checks import check_transfer


def check_graph(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> list[Problem]:
    """Everything that is wrong with the graph itself."""
    problems = [
        *_check_names(spec, locate),
        *_check_inputs(spec, graph, locate),
        *_check_cycles(graph, locate),
        *_check_outputs(spec, graph, locate),
        *_check_losses(spec, graph, locate),
        *check_transfer(spec, graph, locate),
    ]
    if all(problem.severity == "warning" for problem in problems):  # else most of it would follow from those
        problems += _check_reach(spec, graph, locate)
    return problems


def _check_names(spec: Network, locate: Locate) -> Iterable[Problem]:
    seen: dict[str, Path] = {}
    entries: list[tuple[str, Path]] = [(item.name, input_path(spec, place)) for place, item in enumerate(spec.inputs)]
    entries += [(layer.name, ("layers", place)) for place, layer in enumerate(spec.layers)]
    for name, path in entries:
        first = seen.setdefault(name, path)
        if first is path:
            continue
        before = locate((*first, "name")) or locate(first)
        what = "the network's input" if first[0] in ("input", "inputs") else "an earlier layer"
        at = f" (line {before.line})" if before is not None and before.line else ""
        message = f"the name {name} is already taken by {what}{at}"
        where: Path = ("layers", name, "name") if path[0] == "layers" else (*path, "name")
        related = also(before, "it is taken here")
        yield error("NS302", where, locate((*path, "name")), message, "give each its own name", related)


def _check_inputs(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    for place, layer in enumerate(spec.layers):
        names, path = read_names(spec, place), ("layers", layer.name, "inputs")
        for port, name in enumerate(names):
            if name not in graph:
                span = locate(("layers", place, "inputs", port))
                hint = question(name, graph, what="layers")
                yield error("NS301", path, span, f"there is no layer {name} to read", hint)
        if is_unknown(layer):
            continue
        least, most = layer.arity
        if not names and layer.inputs is None:
            message = f"it is not said which of the {len(spec.inputs)} inputs this first layer reads"
            hint = f'write inputs = ["{spec.inputs[0].name}"]' if spec.inputs else "add [input]"
            yield error("NS306", path, locate(("layers", place, "name")), message, hint)
        elif len(names) < least or (most is not None and len(names) > most):
            yield _wrong_number(layer, names, locate, place)


def _wrong_number(layer: Layer, names: Sequence[str], locate: Locate, place: int) -> Problem:
    least, most = layer.arity
    wanted = str(least) if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    given = f"{len(names)} ({', '.join(names)})" if names else "none"
    unit = "input" if wanted == "1" else "inputs"
    message = f"{type(layer).type_name()} takes {wanted} {unit}, but is given {given}"
    if layer.inputs is None:
        hint = 'say which: inputs = ["a", "b"]'
    elif len(names) < least:
        hint = "add to inputs what is missing"
    elif most == 1:
        hint = "keep one of them, or join them first with an add or concat layer"
    else:
        hint = "remove some"
    span = locate(("layers", place, "inputs")) if layer.inputs is not None else locate(("layers", place, "name"))
    return error("NS306", ("layers", layer.name, "inputs"), span, message, hint)


def _check_cycles(graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    for component in nx.strongly_connected_components(graph):
        first = min(component, key=lambda name: graph.nodes[name]["index"])
        if len(component) == 1 and not graph.has_edge(first, first):
            continue
        cycle = [first, first] if graph.has_edge(first, first) else _shortest_cycle(graph.subgraph(component), first)
        message = f"the layers read each other in a circle: {' → '.join(cycle)}"
        hint = f"let {first} read something that does not depend on {first}"
        yield error("NS303", ("layers", first, "inputs"), locate(("layers", first, "inputs")), message, hint)


def _shortest_cycle(graph: nx.DiGraph[str], first: str) -> list[str]:
    paths = [nx.shortest_path(graph, follower, first) for follower in graph.successors(first)]
    return [first, *min(paths, key=len)]


def _check_outputs(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    for place, name in enumerate(spec.outputs or ()):
        span = locate(("outputs", place))
        if name not in graph or graph.nodes[name]["layer"] is None:
            layers = [node for node in graph if graph.nodes[node]["layer"] is not None]
            hint = question(name, layers, what="layers")
            yield error("NS307", ("outputs", place), span, f"there is no layer {name} to be an output", hint)
        elif name in (spec.outputs or ())[:place]:
            yield error("NS307", ("outputs", place), span, f"{name} is named twice", "name it once")
    if spec.outputs is not None and not spec.outputs:
        message, hint = "outputs is empty", "name at least one layer, or leave the key out"
        yield error("NS307", ("outputs",), locate(("outputs",)), message, hint)


def _check_losses(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    outputs = outputs_of(spec, graph)
    for place, loss in enumerate(spec.losses):
        path = loss_path(spec, place)
        for key, name in loss.outputs_read().items():
            if name in outputs:
                continue
            if name in graph and graph.nodes[name]["layer"] is not None:
                hint = f'name it in outputs = ["{name}"]'
            else:
                hint = question(name, outputs, what="outputs")
            span = locate(("losses", place, key))
            yield error("NS308", (*path, key), span, f"the network has no output {name}", hint, _outputs_here(spec, locate))
        if loss.input is None and len(outputs) > 1:
            reads = f"{loss.label()} reads" if len(spec.losses) > 1 else "the loss reads only"
            message = f"the network has {len(outputs)} outputs ({', '.join(outputs)}), {reads} {outputs[-1]}"
            where = "[[losses]]" if len(spec.losses) > 1 else "[loss]"
            hint = f'say so with input = "{outputs[-1]}" under {where}, or name the outputs with outputs = […]'
            yield warning("NS906", (*path, "type"), locate(("losses", place, "type")), message, hint)


def _outputs_here(spec: Network, locate: Locate) -> Iterable[Related]:
    """Where `outputs` is written, if it is."""
    return also(locate(("outputs",)), "these are its outputs") if spec.outputs is not None else ()


def _check_reach(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    sources = [name for name in graph if graph.nodes[name]["layer"] is None]
    reached = {name for source in sources for name in nx.descendants(graph, source)}
    wanted = {name for output in outputs_of(spec, graph) for name in (output, *nx.ancestors(graph, output))}
    for name in graph:
        layer = graph.nodes[name]["layer"]
        if layer is None:
            if not graph.out_degree(name):
                path = input_path(spec, [item.name for item in spec.inputs].index(name))
                message = f"no layer reads the input {name}"
                hint = f'use it: inputs = ["{name}"] in a layer, or remove it'
                yield error("NS305", path, locate(path), message, hint)
        elif name not in reached and not is_unknown(layer):
            message = "nothing leads from the network's input to this layer"
            yield error(
                "NS304",
                ("layers", name),
                locate(("layers", name, "name")),
                message,
                "give it an input that does, or remove it",
            )
        elif spec.outputs is not None and name not in wanted:
            message = "no output depends on this layer"
            hint = f'add "{name}" to outputs, let another layer read it, or remove it'
            yield error("NS305", ("layers", name), locate(("layers", name, "name")), message, hint)
