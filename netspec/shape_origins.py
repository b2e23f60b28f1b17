"""Where the shape that a layer cannot take comes from: the second place of an error of shapes."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from netspec.graph import Locate, inputs_of
from netspec.layers.base import Layer, Shape, ShapeError
from netspec.problems import Path, Related, also

OF_THE_INPUT = ("NS201", "NS202", "NS203", "NS204", "NS205", "NS206", "NS208")
"""Codes of errors that another input would not have."""
SIZES = ("out_channels", "out_features", "shape")
"""Keys that say how many channels or elements a layer gives."""


def shape_origins(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], layer: Layer, problem: ShapeError, locate: Locate
) -> list[Related]:
    """For each input at fault the layer that gives it its shape, as a place of the text."""
    if problem.code not in OF_THE_INPUT:
        return []
    sources = inputs_of(graph, layer.name)
    ports = range(len(sources)) if problem.ports is None else problem.ports
    names = [sources[port] for port in ports if port < len(sources)]
    are_channels = problem.code in ("NS206", "NS208") or (
        problem.code == "NS202" and len({shapes[name][1:] for name in names}) == 1
    )
    return [item for name in names for item in _origin(graph, shapes, name, locate, are_channels)]


def output_origin(graph: nx.DiGraph[str], shapes: Mapping[str, Shape], name: str, locate: Locate) -> tuple[Related, ...]:
    """The layer that gives an output of the network its shape."""
    return _origin(graph, shapes, name, locate, are_channels=True)


def _origin(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], name: str, locate: Locate, are_channels: bool
) -> tuple[Related, ...]:
    maker = maker_of(graph, shapes, name)
    verb = "gives" if graph.nodes[maker]["layer"] is not None else "is"
    passed = f", which {name} passes on," if maker != name else ""
    return also(locate(_place(graph, maker, are_channels)), f"{maker} {verb} {list(shapes[name])}{passed} here")


def maker_of(graph: nx.DiGraph[str], shapes: Mapping[str, Shape], name: str) -> str:
    """The nearest layer above that changes the shape: activations, normalizations and their like pass it on."""
    while (layer := graph.nodes[name]["layer"]) is not None:
        sources = inputs_of(graph, name)
        if len(sources) != 1 or shapes.get(sources[0]) != shapes[name] or "kernel_size" in type(layer).model_fields:
            break
        if layer.family in ("convolution", "linear"):
            break
        name = sources[0]
    return name


def _place(graph: nx.DiGraph[str], name: str, are_channels: bool) -> Path:
    layer = graph.nodes[name]["layer"]
    if layer is None:
        inputs = [node for node, data in graph.nodes(data=True) if data["layer"] is None]
        return ("input", "shape") if len(inputs) == 1 else ("inputs", inputs.index(name), "shape")
    keys = [key for key in SIZES if are_channels and key in layer.model_fields_set]
    return ("layers", name, keys[0]) if keys else ("layers", name, "name")
