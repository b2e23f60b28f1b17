"""Networks that hold every layer, loss and optimizer of the registry, built from the cases of their own tests."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import numpy as np

import tests.layers
from netspec.layers.base import Shape
from netspec.registry import plugins
from netspec.spec.model import Spec
from tests.kit.battery import Battery, Case
from tests.losses.cases import CASES

CLASSES = 4


def every_case() -> list[Case]:
    """The cases of all layers, in the order of their files: a new layer is in the battery, so it is here."""
    found: dict[str, Case] = {}
    for info in pkgutil.iter_modules(tests.layers.__path__):
        module = importlib.import_module(f"tests.layers.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Battery):
                found |= {case.label: case for case in item.cases}
    return list(found.values())


def network_of_every_layer() -> Spec:
    """All cases side by side: input → prelu (so that every input needs a gradient) → layer → linear, and their sum."""
    cases = every_case()
    shapes = {_input_name(case, shape): list(shape) for case in cases for shape in case.shapes}
    layers = [layer for number, case in enumerate(cases) for layer in _branch(number, case)]
    layers.append({"name": "sum", "type": "add", "inputs": [f"end{number}" for number in range(len(cases))]})
    return Spec.model_validate(
        {"inputs": [{"name": name, "shape": shape} for name, shape in shapes.items()], "layers": layers,
         "loss": {"type": "cross_entropy"}, "optimizers": [{"type": "momentum", "lr": 0.001}]}
    )  # fmt: skip


def _branch(number: int, case: Case) -> Iterator[dict[str, Any]]:
    sources = []
    for k, shape in enumerate(case.shapes):
        sources.append(f"start{number}.{k}")
        yield {"name": sources[-1], "type": "prelu", "inputs": [_input_name(case, shape)]}
    settings = case.layer.model_dump(exclude={"name", "inputs"})
    # A frozen layer is in inference mode.
    yield {**settings, "name": f"layer{number}", "inputs": sources, "frozen": not case.training}
    yield {"name": f"end{number}", "type": "linear", "out_features": CLASSES, "inputs": [f"layer{number}"]}


def _input_name(case: Case, shape: Shape) -> str:
    return ("indices" if case.indices else "x") + "x".join(map(str, shape))


def networks_of_every_loss() -> dict[str, Spec]:
    """For each case of a loss a network that ends in it; the first has a lane for every optimizer, plain and clipped."""
    optimizers = [
        {"type": name, "name": f"{name}{i}", "lr": 0.01, **clipping}
        for name in plugins("netspec.optimizers")
        for i, clipping in enumerate(({}, {"clip_norm": 0.5}, {"clip_global_norm": 0.5}, {"clip_value": 0.01}))
    ]
    return {name: _network_of_loss(name, optimizers[: None if i == 0 else 1]) for i, name in enumerate(CASES)}


def _network_of_loss(name: str, optimizers: list[dict[str, Any]]) -> Spec:
    loss, make = CASES[name]
    shape = list(make(np.random.default_rng(0), 1)[0].shape[1:])
    layer = {"type": "conv2d", "out_channels": shape[0], "kernel_size": 3, "padding": 1} if len(shape) == 3 else {
        "type": "linear", "out_features": shape[0]}  # fmt: skip
    return Spec.model_validate(
        {"inputs": [{"name": "x", "shape": shape}], "layers": [{"name": "last", **layer}],
         "loss": loss.model_dump(), "optimizers": optimizers}
    )  # fmt: skip
