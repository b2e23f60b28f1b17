"""The guarantee: the shape that is inferred is the shape that is computed.

For a random network three things must agree for every layer: the shape rule, the shape found by doing it
(`shape_oracle.py`), and what the compiled program writes: all memory is filled with NaN before, so that an element that
was not computed shows, and the same outputs come out when other layers are outputs, too, so that none wrote over another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.graph import build_graph, inputs_of, outputs_of
from netspec.layers.base import Shape
from netspec.plan.plan import Goal
from netspec.program import Program, compile
from netspec.rendering import render
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec
from tests.kit.random_specs import random_spec
from tests.kit.shape_oracle import shape_by_doing

BATCH = 2
TRAINED_EVERY = 4
"""Of so many networks one also goes backward."""
Values = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Outcome:
    """What has been compared for one network."""

    types: tuple[str, ...]
    known: int
    """Layers whose shape was also found by doing it."""
    was_trained: bool


def check_network(number: int) -> Outcome:
    """Raises AssertionError, with the network, when one of the shapes differs."""
    spec = random_spec(number)
    try:
        return _check(spec, number)
    except Exception as failure:
        raise AssertionError(f"random network {number}: {failure}\n{render(spec)}") from failure


def _check(spec: Spec, number: int) -> Outcome:
    graph = build_graph(spec)
    shapes = infer_shapes(graph)
    assert set(shapes) == set(graph), "every layer has a shape"
    known = 0
    for layer in spec.layers:
        by_doing = shape_by_doing(layer, [shapes[source] for source in inputs_of(graph, layer.name)])
        known += by_doing is not None
        assert by_doing in (None, shapes[layer.name]), f"{layer.name}: inferred {shapes[layer.name]}, done {by_doing}"
    was_trained = number % TRAINED_EVERY == 0
    _run_both(spec, outputs_of(spec, graph), shapes, number, was_trained)
    return Outcome(tuple(type(layer).type_name() for layer in spec.layers), known, was_trained)


def _run_both(spec: Spec, ends: tuple[str, ...], shapes: dict[str, Shape], number: int, was_trained: bool) -> None:
    inputs = random_inputs(spec, number)
    everything = spec.model_copy(update={"outputs": tuple(layer.name for layer in spec.layers)})
    whole, alone = _run(everything, inputs), _run(spec, inputs)
    for name, value in whole.items():
        assert value.shape == (BATCH, *shapes[name]), f"{name}: inferred {shapes[name]}, executed {value.shape[1:]}"
        assert not np.isnan(value).any(), f"{name}: not every element was computed"
    assert set(alone) == set(ends)
    for name, value in alone.items():
        np.testing.assert_allclose(value, whole[name], rtol=1e-3, atol=1e-3, err_msg=f"{name}: wrote over another")
    if was_trained:
        _run_backward(spec, inputs, shapes)


def random_inputs(spec: Spec, number: int) -> Values:
    """Normal numbers, and indices or boxes where layers read such."""
    form = compile(spec, batch_size=BATCH, threads=1).form
    drawn = form.random_inputs(BATCH, np.random.default_rng(number))
    return {name: np.asarray(value, dtype=np.float32) for name, value in drawn.items()}


def _run(spec: Spec, inputs: Values) -> Values:
    program = compile(spec, batch_size=BATCH, threads=1)
    program.plan(program.inference_goal(BATCH))
    _poison(program)
    y = program.forward(inputs if len(inputs) > 1 else next(iter(inputs.values())))
    return y if isinstance(y, dict) else {outputs_of(spec, program.graph)[0]: y}


def _run_backward(spec: Spec, inputs: Values, shapes: dict[str, Shape]) -> None:
    program = compile(spec, batch_size=BATCH, threads=1)
    program.plan(Goal(batch=BATCH, training=True, gradients=True, input_gradients=True))
    _poison(program)
    y = program.forward(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=True)
    ones = {name: np.ones_like(value) for name, value in y.items()} if isinstance(y, dict) else np.ones_like(y)
    dx = program.backward(ones)
    gradients = dx if isinstance(dx, dict) else {next(iter(inputs)): dx}
    for name, value in gradients.items():
        assert value.shape == (BATCH, *shapes[name]), f"gradient to {name}: {value.shape[1:]} instead of {shapes[name]}"
        assert not np.isnan(value).any(), f"gradient to {name}: not every element was computed"
    for name, value in program.gradients.items():
        assert value.shape == program.parameters[name].shape
        assert not np.isnan(value).any(), f"gradient of {name}: not every element was computed"


def _poison(program: Program) -> None:
    """Bytes of ones are NaN in both compute types, and −1 as integers."""
    program.arena.bytes.fill(0xFF)
