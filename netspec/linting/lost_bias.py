"""Biases without effect: a normalization behind the layer subtracts the mean of each channel, and the bias with it.

Their gradient is 0 but for rounding, so whether they move by a bit says nothing about a training.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import networkx as nx

from netspec.layers.base import Layer, Shape

SHIFTING = frozenset({"identity", "add", "concat", "max_pool2d", "global_avg_pool", "global_max_pool", "upsample"})
"""Layers whose output moves by the same number in a whole channel when a channel that they read does."""


def lost_biases(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], outputs: Collection[str], fixed: Collection[str],
    through: Collection[str] = (),
) -> dict[str, str]:  # fmt: skip
    """Layer whose bias has no effect → the first layer behind it.

    fixed: layers in inference mode, in which batch normalization subtracts a number that does not follow the bias;
    through: types of layers that may stand before the normalization.
    """

    def is_lost(name: str) -> bool:
        readers = list(graph.successors(name))
        return name not in outputs and bool(readers) and all(
            _takes_means_away(graph, shapes, reader, fixed) or (_type(graph, reader) in through and is_lost(reader))
            for reader in readers
        )  # fmt: skip

    biased = [name for name, data in graph.nodes(data=True) if getattr(data["layer"], "bias", False) is True]
    return {name: next(graph.successors(name)) for name in biased if is_lost(name)}


def _type(graph: nx.DiGraph[str], name: str) -> str:
    layer: Layer | None = graph.nodes[name]["layer"]
    return type(layer).type_name() if layer is not None else ""


def _takes_means_away(
    graph: nx.DiGraph[str], shapes: Mapping[str, Shape], name: str, fixed: Collection[str]
) -> bool:  # fmt: skip
    """Whether a normalization subtracts the mean of each single channel.

    Layer and group normalization subtract one mean of several channels, of which each has a bias of its own.
    """
    kind = _type(graph, name)
    if kind == "group_norm":
        return bool(graph.nodes[name]["layer"].num_groups == shapes[name][0])
    return kind == "instance_norm" or (kind == "batch_norm" and name not in fixed)
