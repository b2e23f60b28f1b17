"""Normalizations of other frameworks: another eps is told, γ = 1 and β = 0 are made where the file's layer has none."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from netspec.transfer.given import layer_of
from netspec.transfer.wanted import Wanted
from netspec.weights import LayerFacts, Tensors

_TYPES = ("batch_norm", "layer_norm", "group_norm", "instance_norm")
_FILL = {"weight": 1.0, "bias": 0.0}
_WORDS = {*_FILL, "running_mean", "running_var"}


def fill_affine(tensors: Tensors, wanted: Wanted) -> tuple[Tensors, list[str]]:
    """With the γ and β that normalizations here have and those in the file lack; without both the outputs are the same."""
    unread = {layer_of(name) for name in tensors if name.rpartition(".")[2] not in _WORDS}
    layers = {layer_of(name) for name in tensors} - unread
    found, filled = dict(tensors), []
    for name, shape in wanted.tensors.items():
        layer, _, word = name.rpartition(".")
        if name in tensors or word not in _FILL or layer not in layers or wanted.type_of(layer) not in _TYPES:
            continue
        found[name] = np.full(shape, _FILL[word], np.float32)
        filled.append(name)
    if not filled:
        return found, []
    return found, [f"not in the file, because fixed there at 1 (weight) or 0 (bias), and set so here: {_some(filled)}"]


def other_eps(facts: Mapping[str, LayerFacts], wanted: Wanted) -> list[str]:
    """A warning for each eps in the file that is not the one here."""
    names: dict[tuple[float, float, bool], list[str]] = {}
    for layer, said in facts.items():
        if said.eps is None or wanted.type_of(layer) not in _TYPES:
            continue
        here = float(wanted.graph.nodes[layer]["layer"].eps)
        if not math.isclose(said.eps, here, rel_tol=1e-5):
            names.setdefault((said.eps, here, said.is_default), []).append(layer)
    return [_told(layers, *key) for key, layers in names.items()]


def _told(layers: list[str], there: float, here: float, is_default: bool) -> str:
    if is_default:
        told = f"the file does not name the eps that they were trained with; mostly it is {there:.4g}, here it is {here:.4g}"
        return f"{_some(layers)}: {told}; write eps = {there:.4g} if they were trained so"
    told = f"trained with eps {there:.4g}, here it is {here:.4g}, which gives other outputs"
    return f"{_some(layers)}: {told}; write eps = {there:.4g}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f", … {len(names) - 3} more" if len(names) > 3 else "")
