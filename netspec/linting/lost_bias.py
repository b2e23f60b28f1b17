"""Biases without effect: a normalization behind the layer subtracts the mean of each channel, and the bias with it.

Their gradient is 0 but for rounding, so whether they move by a bit says nothing about a training.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import networkx as nx

from netspec.layers.base import Layer, Shape


def lost_biases(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], outputs: Collection[str], fixed: Collection[str]
) -> dict[str, str]:
    """Layer whose bias has no effect → the normalization that takes it away.

    fixed: layers in inference mode, in which batch normalization subtracts a number that does not follow the bias.
    """
    found = {}
    for name, data in graph.nodes(data=True):
        readers = list(graph.successors(name))
        if getattr(data["layer"], "bias", False) is not True or name in outputs or not readers:
            continue
        if all(_takes_means_away(graph, shapes, reader, fixed) for reader in readers):
            found[name] = readers[0]
    return found


def _takes_means_away(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], name: str, fixed: Collection[str]
) -> bool:  # fmt: skip
    """Whether a normalization subtracts the mean of each single channel.

    Layer and group normalization subtract one mean of several channels, of which each has a bias of its own.
    """
    layer: Layer | None = graph.nodes[name]["layer"]
    kind = type(layer).type_name() if layer is not None else ""
    if kind == "group_norm":
        return bool(getattr(layer, "num_groups", 0) == shapes[name][0])
    return kind == "instance_norm" or (kind == "batch_norm" and name not in fixed)
