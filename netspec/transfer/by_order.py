"""Layers that bear other names in the file: matched one to one by their order, when types and shapes leave no doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from netspec.transfer.given import Given, layer_of
from netspec.transfer.keras_layouts import COUNTERPARTS
from netspec.transfer.wanted import Wanted
from netspec.weights import LayerFacts, Tensors

Arrange = Callable[[str, str], Tensors]
"""(layer here, layer in the file) → the tensors of the second as those of the first."""
_Pairs = list[tuple[str, str]]
_NAMELESS = "no layer is called like one here"


def match_by_order(given: Given, wanted: Wanted, arrange: Arrange) -> tuple[Given, list[str]]:
    """With the names of the layers here, when none of the file's is one of them and everything fits; and a note on that.

    The last layer's shape may differ: it may be the head that is to be replaced, and if not, that is reported by its name.
    """
    there = list(dict.fromkeys(layer_of(name) for name in given.tensors))
    here = list(dict.fromkeys(layer_of(name) for name in wanted.tensors))
    if not there or set(there) & set(here):
        return given, []
    pairs = _pairs(given, wanted, here, there)
    if isinstance(pairs, str):
        return given, [f"{_NAMELESS}, and by order they do not fit: {pairs}"]
    for ours, theirs in pairs:
        if not _fits(wanted, ours, arrange(ours, theirs), pairs):
            return given, [f"{_NAMELESS}, and by order they do not fit: {theirs} would be {ours}"]
    names = {theirs: ours for ours, theirs in pairs}
    tensors = {f"{names[layer_of(name)]}.{name.rpartition('.')[2]}": array for name, array in given.tensors.items()}
    facts = {names[layer]: facts for layer, facts in given.facts.items() if layer in names}
    return replace(given, tensors=tensors, facts=facts), [_told(wanted, pairs)]


def _pairs(given: Given, wanted: Wanted, here: Sequence[str], there: Sequence[str]) -> _Pairs | str:
    """In the model's order; where the file only has that within each type, type by type. A text says why there are none."""
    if len(here) != len(there):
        return f"{len(there)} layers with weights there, {len(here)} here"
    kinds = {layer: COUNTERPARTS.get(given.facts.get(layer, LayerFacts()).kind, "") for layer in there}
    if given.weights.is_ordered:
        return list(zip(here, there, strict=True))
    pairs: _Pairs = []
    for kind in dict.fromkeys(kinds.values()):
        ours = [layer for layer in here if wanted.type_of(layer) == kind]
        theirs = [layer for layer in there if kinds[layer] == kind]
        if len(ours) != len(theirs):
            return f"{len(theirs)} of type {kind or 'unknown'} there, {len(ours)} here"
        pairs += zip(ours, theirs, strict=True)
    return sorted(pairs, key=lambda pair: here.index(pair[0]))


def _fits(wanted: Wanted, layer: str, tensors: Tensors, pairs: _Pairs) -> bool:
    """Each tensor is wanted with its shape, or is at least wanted in the last layer; γ or β alone may be missing."""
    is_last = layer == pairs[-1][0]
    for name, array in tensors.items():
        if name not in wanted.tensors or (array.shape != wanted.tensors[name] and not is_last):
            return False
    missing = {name for name in wanted.tensors if layer_of(name) == layer} - tensors.keys()
    return bool(tensors) and (not missing or wanted.graph.nodes[layer]["layer"].family == "normalization")


def _told(wanted: Wanted, pairs: _Pairs) -> str:
    shown = ", ".join(f"{theirs} → {ours}" for ours, theirs in pairs[:3])
    more = f", … {len(pairs) - 3} more" if len(pairs) > 3 else ""
    told = f"{_NAMELESS}, so all {len(pairs)} were matched by order, type and shape ({shown}{more})"
    branches = any(degree > 1 for _, degree in wanted.graph.out_degree())
    return f"{told}; the network branches, so compare its outputs" if branches else told
