"""Running one layer, loss or list of kernel calls alone, on NumPy arrays, in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import config
from numpy.typing import NDArray

from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.binding import BoundCalls, element_type
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.grain import chunk_count
from netspec.layers.base import Layer, Shape, volume
from netspec.losses.base import Loss
from netspec.memory import aligned_zeros

Array = NDArray[Any]


def to_stored(x: Array) -> Array:
    """N, C, H, W → N, H, W, C; vectors stay."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)


def from_stored(flat: Array, n: int, shape: Shape) -> Array:
    """Flat N, H, W, C → N, C, H, W; vectors and other ranks stay."""
    if len(shape) == 3:
        c, h, w = shape
        return np.ascontiguousarray(flat.reshape(n, h, w, c).transpose(0, 3, 1, 2))
    return flat.reshape(n, *shape).copy()


@dataclass
class Recorder:
    """An Io that collects calls and allocates each buffer as its own array, filled with NaN to expose unwritten reads."""

    dtype: str
    n: int
    training: bool = True
    memory: dict[str, Array] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    x: Sequence[Any] = ()
    x_shapes: Sequence[Shape] = ()
    y: Any = None
    y_shape: Shape = ()
    dy: Any = None
    dx: Any = ()
    parameters: Mapping[str, Ref] = field(default_factory=dict)
    gradients: Mapping[str, Ref | None] = field(default_factory=dict)
    state: Mapping[str, Ref] = field(default_factory=dict)
    random_key: int = 0x1234_5678_9ABC_DEF
    counters: Any = None
    target: Any = None
    value: Any = None
    emitted: int = 0
    """Calls so far: numbers the workspaces."""

    def add(self, name: str, array: Array, element: ElementType = "float") -> Ref:
        self.memory[name] = aligned_zeros(array.size, element_type(element, self.dtype))
        self.memory[name][:] = np.reshape(array, -1)
        return Ref(name, array.size, 0, element)

    def empty(self, name: str, size: int, element: ElementType = "float") -> Ref:
        if name not in self.memory:
            fill = -(2**62) if element == "int" else np.nan
            self.memory[name] = aligned_zeros(size, element_type(element, self.dtype))
            self.memory[name][:] = fill
        return Ref(name, size, 0, element)

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None:
        self.calls.append(Call(kernel, arguments, chunks, "layer", "forward", algorithm=algorithm))
        self.emitted += 1

    shards: int = 0

    @property
    def chosen_for(self) -> int:
        return self.n

    @property
    def itemsize(self) -> int:
        return element_type("float", self.dtype).itemsize

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int:
        return max(chunk_count(items, cost), min(items, 3))  # small tests, too, run in several chunks

    def saved(self, name: str, size: int, element: ElementType = "float") -> Ref:
        return self.empty("saved." + name, size, element)

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref:
        return self.empty(f"workspace.{self.emitted}.{name}", size, element)

    def scratch(self, size: int) -> Ref:
        name = f"scratch.{self.emitted}"
        self.empty(name, size * config.NUMBA_NUM_THREADS)
        return Ref(name, size)

    def run(self) -> None:
        BoundCalls(self.calls, self.memory, self.dtype).run()
        self.calls.clear()


@dataclass
class LayerRun:
    """Forward of one layer on the given inputs (N, C, H, W), then backward of `dy`; results in the users' layout."""

    layer: Layer
    inputs: Sequence[Array]
    parameters: Mapping[str, Array]
    states: Mapping[str, Array] = field(default_factory=dict)
    dtype: str = "float64"
    training: bool = True
    step: int = 0
    input_gradients: bool = True
    parameter_gradients: bool = True

    def __post_init__(self) -> None:
        self.n = self.inputs[0].shape[0]
        self.shapes = [tuple(x.shape[1:]) for x in self.inputs]
        self.specs = {p.name: p for p in self.layer.parameters(self.shapes)}
        assert set(self.specs) == set(self.parameters), f"parameters {list(self.specs)}, given {list(self.parameters)}"
        self.shape = self.layer.infer_shape(self.shapes)
        io = self.io = Recorder(self.dtype, self.n, self.training)
        io.x = [io.add(f"x{i}", to_stored(x)) for i, x in enumerate(self.inputs)]
        io.x_shapes, io.y_shape = self.shapes, self.shape
        io.y = io.empty("y", self.n * volume(self.shape))
        io.parameters = {k: io.add(f"p.{k}", self.specs[k].to_stored(v)) for k, v in self.parameters.items()}
        io.state = {s.name: io.add(f"s.{s.name}", np.asarray(self.states.get(s.name, np.full(s.shape, s.value))))
                    for s in self.layer.states(self.shapes)}
        io.counters = io.add("counters", np.array([self.step]), "int")

    def forward(self) -> Array:
        self.layer.forward(self.io)
        self.io.run()
        return from_stored(self.io.memory["y"], self.n, self.shape)

    def backward(self, dy: Array) -> tuple[list[Array], dict[str, Array]]:
        """Gradients to the inputs and to the parameters; call after forward."""
        io = self.io
        io.dy = io.add("dy", to_stored(dy))
        io.dx = [io.empty(f"dx{i}", x.size) if self.input_gradients else None for i, x in enumerate(self.inputs)]
        io.gradients = {k: io.empty(f"g.{k}", v.size) if self.parameter_gradients else None
                        for k, v in self.parameters.items()}
        self.layer.backward(io)
        io.run()
        dx = [from_stored(io.memory[f"dx{i}"], self.n, s) for i, s in enumerate(self.shapes)] if self.input_gradients else []
        dp = {k: p.from_stored(io.memory[f"g.{k}"]) for k, p in self.specs.items()} if self.parameter_gradients else {}
        return dx, dp

    def new_states(self) -> dict[str, Array]:
        """Running statistics after forward."""
        return {name: self.io.memory[ref.buffer].copy() for name, ref in self.io.state.items()}


def run_loss(loss: Loss, x: Array, target: Array, dtype: str = "float64", gradient: bool = True) -> tuple[float, Array | None]:
    """Value of the loss and its gradient to x, both in the users' layout."""
    io = Recorder(dtype, x.shape[0])
    io.x, io.x_shape = io.add("x", to_stored(x)), tuple(x.shape[1:])
    io.target = io.add("target", target if loss.target_kind == "class" else to_stored(target),
                       "int" if loss.target_kind == "class" else "float")
    io.value = io.empty("value", 2, "double")
    io.dx = io.empty("dx", x.size) if gradient else None
    loss.emit(io)  # type: ignore[arg-type]
    io.run()
    total, weight = io.memory["value"]
    return loss.weight * total / weight, from_stored(io.memory["dx"], x.shape[0], io.x_shape) if gradient else None
