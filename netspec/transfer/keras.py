"""Keras' tensors in netspec's layouts; layers that bear other names are matched by order when that leaves no doubt."""

from __future__ import annotations

from netspec.transfer.by_order import match_by_order
from netspec.transfer.flat_order import Order, OrderError, input_order, turned_pictures, vector_orders
from netspec.transfer.given import Arranged, Given, layer_of
from netspec.transfer.keras_layouts import COUNTERPARTS, NUMBERED, Place, turn
from netspec.transfer.normalizations import fill_affine, other_eps
from netspec.transfer.wanted import Wanted
from netspec.weights import LayerFacts, Tensors, WeightsError


def arrange_keras(given: Given, wanted: Wanted) -> Arranged:
    """Transposed kernels, rows of Dense behind Flatten in C, H, W order, γ and β of normalizations without."""
    orders = {} if given.weights.is_channels_first else _orders(given, wanted)
    given, notes = match_by_order(given, wanted, lambda layer, there: _layer(given, wanted, orders, layer, there))
    tensors: Tensors = {}
    for layer in dict.fromkeys(layer_of(name) for name in given.tensors):
        tensors |= _layer(given, wanted, orders, layer, layer)
    tensors, filled = fill_affine(tensors, wanted)
    notes += [*filled, *_unnamed(tensors, wanted)]
    if orders and given.weights.is_channels_first is None:
        notes.append("the file does not say how its pictures lie; taken as Keras' default, channels_last")
    warnings = other_eps(given.facts, wanted)
    if not given.weights.is_channels_first:
        warnings += [f"{name}: reshape puts other values side by side than Keras' Reshape" for name in turned_pictures(wanted)]
    return Arranged(tensors, tuple(notes), tuple(warnings))


def _orders(given: Given, wanted: Wanted) -> dict[str, Order]:
    try:
        return vector_orders(wanted)
    except OrderError as error:
        raise WeightsError(given.path, f"Keras' weights do not fit this network: {error}", "change the network") from error


def _layer(given: Given, wanted: Wanted, orders: dict[str, Order], layer: str, there: str) -> Tensors:
    """The tensors of the file's layer `there`, as `layer` here takes them."""
    arrays = {name.rpartition(".")[2]: array for name, array in given.tensors.items() if layer_of(name) == there}
    here = wanted.type_of(layer)
    kind = given.facts.get(there, LayerFacts()).kind
    if not here:
        return {f"{layer}.{word}": array for word, array in arrays.items()}
    if COUNTERPARTS.get(kind, here) != here:  # shapes alone could fit by chance
        return {f"{layer}.{word} ({kind})": array for word, array in arrays.items()}
    words = NUMBERED.get(here, ())
    if list(arrays) == [str(place) for place in range(len(arrays))] and _has_one_reading(here, len(arrays)):
        arrays = dict(zip(words, arrays.values(), strict=False))
    first = bool(given.weights.is_channels_first)
    before = input_order(wanted, layer, orders) if len(wanted.shapes[layer]) == 1 and not first else None
    place = Place(here, before, orders.get(layer), first)
    found = {}
    for word, array in arrays.items():
        name = f"{layer}.{word}"
        shape = wanted.tensors.get(name, array.shape)
        found[name] = turn(kind, word, array, shape, place)
    return found


def _unnamed(tensors: Tensors, wanted: Wanted) -> list[str]:
    layers = {layer_of(name) for name in tensors if name.rpartition(".")[2].isdecimal()}
    return [
        f"{layer}: the file numbers its variables and does not say what they are; save the whole model as .keras"
        for layer in sorted(layers)
        if wanted.type_of(layer) in NUMBERED
    ]


def _has_one_reading(here: str, count: int) -> bool:
    """γ or β alone could be either; a bias may be missing where a kernel comes first."""
    words = NUMBERED.get(here, ())
    return count == len(words) or (0 < count < len(words) and here in ("conv2d", "conv_transpose2d", "linear"))
