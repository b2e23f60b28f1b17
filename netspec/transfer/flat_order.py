"""Keras flattens a picture in the order H, W, C, netspec as PyTorch in C, H, W: what stands where in a vector.

An order is an array of places: value i here is value order[i] there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.graph import inputs_of, order
from netspec.layers.base import Shape
from netspec.transfer.wanted import Wanted

Order = NDArray[np.int64]
_MIXING = frozenset({"maxout", "channel_shuffle", "slice", "group_norm", "local_response_norm", "permute", "pad", "crop"})
"""Layers for which it matters which values of a vector are neighbours."""


class OrderError(ValueError):
    """The order cannot be followed through `layer`."""

    def __init__(self, layer: str, what: str) -> None:
        super().__init__(f"{layer}: {what}")


def vector_orders(wanted: Wanted) -> dict[str, Order]:
    """Layer → order of its output, for vectors in which it differs. Raises OrderError."""
    orders: dict[str, Order] = _before_pictures(wanted)
    asked = dict(orders)
    for name in order(wanted.graph):
        layer = wanted.graph.nodes[name]["layer"]
        if layer is None or name in asked:
            continue
        found = _order_behind(wanted, name, layer.type, orders)
        if found is not None:
            orders[name] = found
    return orders


def picture_order(shape: Shape) -> Order | None:
    """Of a flattened picture; None when it is the same in both."""
    if len(shape) != 3 or shape[0] == 1 or shape[1] * shape[2] == 1:
        return None
    channels, height, width = shape
    return np.arange(math.prod(shape)).reshape(height, width, channels).transpose(2, 0, 1).reshape(-1)


def input_order(wanted: Wanted, name: str, orders: dict[str, Order]) -> Order | None:
    """Of the vector that a layer reads, also when it reads a picture as a vector (`linear`)."""
    source = inputs_of(wanted.graph, name)[0]
    shape = wanted.shapes[source]
    return picture_order(shape) if len(shape) == 3 else orders.get(source)


def turned_pictures(wanted: Wanted) -> list[str]:
    """Pictures made of other pictures by `reshape`, which would be others in Keras."""
    return [
        name
        for name in wanted.graph
        if wanted.type_of(name) == "reshape"
        and len(before := wanted.shapes[inputs_of(wanted.graph, name)[0]]) == len(wanted.shapes[name]) == 3
        and before != wanted.shapes[name]
    ]


def _order_behind(wanted: Wanted, name: str, kind: str, orders: dict[str, Order]) -> Order | None:
    sources = inputs_of(wanted.graph, name)
    before, after = wanted.shapes[sources[0]], wanted.shapes[name]
    if kind in ("flatten", "reshape") and len(after) == 1:
        return input_order(wanted, name, orders)
    if kind == "reshape" and len(after) == 3:
        _check_picture(name, before, after, orders.get(sources[0]))
        return None
    given = [orders.get(source) for source in sources]
    if kind == "linear" or len(after) != 1 or not any(found is not None for found in given):
        return None
    if kind in _MIXING:
        raise OrderError(name, f"{kind} mixes neighbours of a flattened picture, which are others in Keras")
    whole = [_whole(found, wanted.shapes[source]) for found, source in zip(given, sources, strict=True)]
    if kind == "concat":
        starts = np.cumsum([0, *(part.size for part in whole[:-1])])
        return np.concatenate([part + start for part, start in zip(whole, starts, strict=True)])
    if any(not np.array_equal(part, whole[0]) for part in whole):
        raise OrderError(name, f"{kind} joins vectors whose values stand in different orders in Keras")
    return whole[0]


def _check_picture(name: str, before: Shape, after: Shape, found: Order | None) -> None:
    """A picture made of a vector: its values must stand there as Keras reads them."""
    if len(before) == 1 and not _agree(found, picture_order(after)):
        raise OrderError(name, f"Keras' Reshape to {list(after[1:])} × {after[0]} would put the values elsewhere")


def _agree(one: Order | None, two: Order | None) -> bool:
    if one is None or two is None:
        return one is two
    return np.array_equal(one, two)


def _whole(found: Order | None, shape: Shape) -> Order:
    return np.arange(shape[0]) if found is None else found


def _before_pictures(wanted: Wanted) -> dict[str, Order]:
    """Vectors that `reshape` makes pictures of: they need that picture's order, back to the `linear` that makes them."""
    needed: dict[str, Order] = {}
    for name in wanted.graph:
        found = picture_order(wanted.shapes[name])
        if found is not None and wanted.type_of(name) == "reshape":
            chain = list(_way_back(wanted, name))
            if chain and wanted.type_of(chain[-1]) == "linear":
                needed.update(dict.fromkeys(chain, found))
    return needed


def _way_back(wanted: Wanted, name: str) -> Iterator[str]:
    """The layers before `name` that keep values in their places, and the one before those."""
    while True:
        sources: list[Any] = inputs_of(wanted.graph, name)
        if len(sources) != 1 or len(wanted.shapes[sources[0]]) != 1:
            return
        name = sources[0]
        yield name
        layer = wanted.graph.nodes[name]["layer"]
        if layer is None or layer.family not in ("activation", "normalization") or layer.type in _MIXING:
            return
