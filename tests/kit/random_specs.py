"""Random valid networks of every layer of the registry: branches, odd sizes, strides, dilation, groups, padding.

A layer is drawn with random settings and random inputs among the layers before it, until its shape rule takes them; one
that takes none of them gets a case of its own tests, on an input of the network of its own. So a new layer takes part as
soon as it has its battery. The same number gives the same network as long as the registry is the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from pydantic import ValidationError

from netspec.layers.base import Layer, Shape, ShapeError, volume
from netspec.registry import plugins
from netspec.spec.model import Spec
from tests.kit.battery import Case
from tests.kit.every_plugin import every_case
from tests.kit.random_values import random_settings

LARGEST = 4096
"""Numbers of one sample of one layer."""
HEAVIEST = 65_536
"""Parameters of one layer."""
TRIES = 40
"""Draws of settings and inputs before a layer takes a case of its tests."""
MOST_LAYERS = 9


@cache
def cases_by_type() -> dict[str, list[Case]]:
    """The cases of the layers' own tests."""
    found: dict[str, list[Case]] = {name: [] for name in plugins("netspec.layers")}
    for case in every_case():
        if (kind := type(case.layer).type_name()) in found:
            found[kind].append(case)
    return found


@cache
def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = plugins("netspec.layers")[kind].model_json_schema()
    return schema


@cache
def ranks_of(kind: str) -> frozenset[int]:
    """Ranks of the inputs that the tests of a layer give it."""
    return frozenset(len(shape) for case in cases_by_type()[kind] for shape in case.shapes)


class Builder:
    """One network in the making."""

    def __init__(self, number: int) -> None:
        self.rng = np.random.default_rng(number)
        self.inputs: dict[str, Shape] = {}
        self.layers: list[dict[str, Any]] = []
        self.shapes: dict[str, Shape] = {}
        self.number = number

    def build(self) -> Spec:
        """A network of 1 to 9 layers; the number says which type the first random one has, so that all get their turn."""
        self.add_input(self.random_shape())
        kinds = [kind for kind in plugins("netspec.layers") if cases_by_type()[kind]]
        self.add_layer(kinds[self.number % len(kinds)])
        for _ in range(int(self.rng.integers(MOST_LAYERS))):
            self.add_layer(kinds[self.rng.integers(len(kinds))])
        self._use_all_inputs()
        inputs = [{"name": name, "shape": list(shape)} for name, shape in self.inputs.items()]
        return Spec.model_validate({"name": f"random{self.number}", "inputs": inputs, "layers": self.layers})

    def random_shape(self) -> Shape:
        """Mostly a small picture, sometimes a vector."""
        if self.rng.random() < 0.2:
            return (int(self.rng.integers(1, 13)),)
        channels, height, width = self.rng.integers((1, 3, 3), (7, 14, 14)).tolist()
        return channels, height, height if self.rng.random() < 0.5 else width

    def add_input(self, shape: Shape) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs[name] = self.shapes[name] = shape
        return name

    def add_layer(self, kind: str) -> None:
        """A layer of this type at a random place, or else on inputs of its own."""
        is_choosy = plugins("netspec.layers")[kind].example is not Layer.example  # indices, boxes: not any numbers will do
        for _ in range(0 if is_choosy else TRIES):
            if self._try(kind, random_settings(_schema(kind), self.rng), self._random_sources(kind)):
                return
        cases = [case for case in cases_by_type()[kind] if max(map(volume, case.shapes)) <= LARGEST]
        for _ in range(TRIES if cases else 0):
            case = cases[self.rng.integers(len(cases))]
            settings = case.layer.model_dump(mode="json", exclude={"name", "inputs", "type"}, exclude_none=True)
            if self._try(kind, settings, [self._source_of(shape, is_choosy) for shape in case.shapes]):
                return
        raise AssertionError(f"no settings of {kind} were found")

    def _random_sources(self, kind: str) -> list[str]:
        """As many as the layer takes; mostly the newest, and for several inputs mostly of one shape."""
        least, most = plugins("netspec.layers")[kind].arity
        known = [name for name, shape in self.shapes.items() if len(shape) in ranks_of(kind)]
        if not known:
            return []
        first = known[-1] if self.rng.random() < 0.6 else known[self.rng.integers(len(known))]
        count = int(self.rng.integers(least, (least + 2 if most is None else most) + 1))
        alike = [name for name in known if self.shapes[name][1:] == self.shapes[first][1:]]
        same = [name for name in known if self.shapes[name] == self.shapes[first]]
        group = (known, alike, same)[self.rng.integers(3)]
        return [first, *(group[self.rng.integers(len(group))] for _ in range(count - 1))][:count]

    def _source_of(self, shape: Shape, is_own: bool) -> str:
        fitting = [name for name, known in self.inputs.items() if known == shape and not is_own]
        return fitting[0] if fitting else self.add_input(shape)

    def _try(self, kind: str, settings: dict[str, Any], sources: list[str]) -> bool:
        """Add the layer if it is valid and small."""
        least, _ = plugins("netspec.layers")[kind].arity
        if len(sources) < least:
            return False
        name = f"{kind}{len(self.layers)}"
        table = {"name": name, "type": kind, "inputs": sources, **settings}
        try:
            layer: Layer = plugins("netspec.layers")[kind].model_validate(table)
            shape = layer.infer_shape([self.shapes[source] for source in sources])
        except (ValidationError, ShapeError):
            return False
        weights = sum(parameter.size for parameter in layer.parameters([self.shapes[source] for source in sources]))
        if not 0 < volume(shape) <= LARGEST or weights > HEAVIEST:
            return False
        self.layers.append(table)
        self.shapes[name] = shape
        return True

    def _use_all_inputs(self) -> None:
        """An input that no layer reads is an error of the spec."""
        read = {source for table in self.layers for source in table["inputs"]}
        self.inputs = {name: shape for name, shape in self.inputs.items() if name in read}


def random_spec(number: int) -> Spec:
    """The random network of this number."""
    return Builder(number).build()
