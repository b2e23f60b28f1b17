"""What every layer is: fields, a shape rule, parameters, costs, and the kernel calls of forward and backward.

Shapes leave the batch axis out: `(C, H, W)` for pictures, `(F,)` for vectors. Inside, pictures lie as N, H, W, C and
parameters in the order their kernels read; users see N, C, H, W and PyTorch's order (`Parameter.view` and `.axes`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.initializers.base import Initializer
from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.kernels.panels import PANEL, from_panels, to_panels
from netspec.registry import Plugin

Shape = tuple[int, ...]
Family = Literal["convolution", "linear", "normalization", "activation", "pooling", "merge", "shape"]


class ShapeError(ValueError):
    """A layer cannot take the shapes it is given.

    message: what is wrong, with the values; hint: one remedy; field: the key at fault, when it is one ("kernel_size");
    ports: places of the inputs at fault, where not all are.
    """

    def __init__(
        self, message: str, hint: str, *, field: str | None = None, code: str = "NS201",
        ports: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(f"{message}; {hint}")
        self.message, self.hint, self.field, self.code, self.ports = message, hint, field, code, ports


@dataclass(frozen=True)
class Note:
    """A warning about a legal but probably unwanted layer, e.g. pixels that no window reads."""

    code: str
    message: str
    hint: str
    field: str | None = None


@dataclass(frozen=True)
class Move:
    """How pixels of a layer's output look at its input, along one axis.

    Pixel 0 reads `extent` pixels of the input, the first of them at `offset` (negative: padding); the next pixel's window
    begins down/up further on.
    """

    offset: int = 0
    extent: int = 1
    down: int = 1
    up: int = 1


@dataclass(frozen=True)
class Parameter:
    """A tensor that is learned.

    `shape` is PyTorch's. The stored order is `array.reshape(view).transpose(axes)`; without them the two agree. With
    `matrix` it is a row of matrices of that size, each in panels (`netspec/kernels/panels.py`).
    `decays`: whether weight decay applies by default (not to biases and normalization).
    """

    name: str
    shape: Shape
    initializer: Initializer
    view: Shape | None = None
    axes: tuple[int, ...] | None = None
    decays: bool = True
    fans: tuple[int, int] = (1, 1)
    """Inputs and outputs that one output or input element is connected to, for initializers; a bias has its weight's."""
    matrix: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def to_stored(self, array: NDArray[Any]) -> NDArray[Any]:
        """PyTorch's order → a flat array in the order of the kernels."""
        viewed = array.reshape(self.view or self.shape)
        flat = np.ascontiguousarray(viewed.transpose(self.axes) if self.axes else viewed).reshape(-1)
        if self.matrix is None or self.matrix[1] <= PANEL:
            return flat
        return np.concatenate([to_panels(matrix) for matrix in flat.reshape(-1, *self.matrix)])

    def store_rows(self, flat: NDArray[Any], first: int, values: NDArray[Any]) -> None:
        """Write rows of PyTorch's first axis, all or `rows_at_once`, into a flat array in the order of the kernels."""
        if len(values) == self.shape[0]:
            flat[:] = self.to_stored(values)
            return
        assert self.view is not None
        assert self.axes is not None
        depth, rows = self.size // self.shape[0], self.axes[-1]
        shape = (*self.view[:rows], len(values), *self.view[rows + 1 :])
        flat[depth * first : depth * (first + len(values))] = values.reshape(shape).transpose(self.axes).reshape(-1)

    @property
    def rows_at_once(self) -> int:
        """Rows that lie together in the order of the kernels: a panel of a matrix, or all."""
        depth, outputs = self.size // self.shape[0], self.shape[0]
        if self.view is None or self.axes is None or self.matrix != (depth, outputs):
            return outputs
        return PANEL if math.prod(self.view[: self.axes[-1]]) == 1 else outputs

    def from_stored(self, flat: NDArray[Any]) -> NDArray[Any]:
        """A flat array in the order of the kernels → PyTorch's order, as a copy."""
        view = self.view or self.shape
        if self.matrix is not None and self.matrix[1] > PANEL:
            matrices = flat.reshape(-1, self.matrix[0] * self.matrix[1])
            flat = np.concatenate([from_panels(matrix, *self.matrix).reshape(-1) for matrix in matrices])
        if self.axes is None:
            return flat.reshape(self.shape).copy()
        stored = flat.reshape([view[axis] for axis in self.axes])
        return stored.transpose(np.argsort(self.axes)).copy().reshape(self.shape)


@dataclass(frozen=True)
class State:
    """A tensor that is kept with the parameters but not learned: running statistics."""

    name: str
    shape: Shape
    value: float

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Io(Protocol):
    """What a layer sees while it emits its kernel calls: where its tensors lie and how to call.

    All refs are flat: `n` samples × the shape, pictures in N, H, W, C.
    """

    n: int
    """Samples in the batch."""
    itemsize: int
    """Bytes of an element of the compute dtype."""
    training: bool
    """False in inference and for frozen layers: use running statistics, drop nothing."""
    x: Sequence[Ref]
    x_shapes: Sequence[Shape]
    y: Ref
    y_shape: Shape
    dy: Ref
    """Gradient of the loss to y (backward only)."""
    dx: Sequence[Ref | None]
    """Where the gradient to each input goes, *overwritten*; None where nobody needs it (backward only)."""
    parameters: Mapping[str, Ref]
    gradients: Mapping[str, Ref | None]
    """Where the gradient of each parameter goes, *overwritten*; None when it is frozen (backward only)."""
    state: Mapping[str, Ref]
    random_key: int
    """63 random bits that belong to (seed, layer name): the key of the layer's own random numbers."""
    counters: Ref
    """int64 [step]: number of the optimizer update, for random numbers that differ from step to step."""

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None:
        """Emit one kernel call; `algorithm` names the way chosen where there are several, for plans and timings."""

    shards: int
    """Into how many shards of whole samples the batch is cut, all of the same size; 0: it is not."""
    chosen_for: int
    """For how many samples to choose where there are several algorithms: n, but another where a sample's result must not
    depend on its batch; 0 in a batch cut into shards, where a small layer stays in its shard."""

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int:
        """Number of chunks for this many indivisible items that cost so many elementary operations each.

        A pure function of the two numbers, never of the number of threads. by_sample: the items lie sample by sample, as
        many for each, and a chunk touches nothing of other samples; then a shard of the batch may go through many such
        calls while it is in the cache.
        """

    def saved(self, name: str, size: int, element: ElementType = "float") -> Ref:
        """A buffer that lives from the layer's forward to its backward; both ask for it by the same name."""

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref:
        """A buffer for the calls of this layer in this direction only; its content is undefined at first."""

    def scratch(self, size: int) -> Ref:
        """Memory of the thread that runs a chunk, for `Scratch` arguments; nothing stays in it from chunk to chunk."""


class Layer(Plugin):
    """Base of all layers: the keys that every `[[layers]]` table may have."""

    family: ClassVar[Family]
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """Least and greatest number of inputs; None: any number."""
    dead_at_zero: ClassVar[bool] = False
    """Whether a unit whose outputs are all 0 passes no gradient back: people who look inside are told of it."""

    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_\-]*(\.[A-Za-z0-9_\-]+)*$", max_length=120)
    """Unique name; PyTorch's dotted names are fine ("layer1.0.conv1")."""
    inputs: tuple[str, ...] | None = None
    """Names of the layers (or inputs) this one reads; default: the layer above."""
    frozen: bool = False
    """Keep the parameters and statistics of this layer as they are."""
    lr_mult: float = Field(default=1.0, ge=0)
    """Multiplies the learning rate for this layer."""
    decay_mult: float = Field(default=1.0, ge=0)
    """Multiplies the weight decay for this layer."""
    l1: float = Field(default=0.0, ge=0)
    """Adds l1 · Σ|w| of this layer's weights to what is minimized, beside the optimizer's weight_decay."""
    l2: float = Field(default=0.0, ge=0)
    """Adds ½ · l2 · Σw² of this layer's weights to what is minimized, beside the optimizer's weight_decay."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of the output; raises ShapeError. The number of inputs has been checked against `arity`."""
        raise NotImplementedError

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        """Learned tensors, in PyTorch's names and order."""
        return []

    def states(self, inputs: Sequence[Shape]) -> list[State]:
        """Tensors kept but not learned."""
        return []

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int:
        """Multiply-adds of convolutions and linear layers for one sample, as torchvision counts; 0 for the rest."""
        return 0

    def ends(self) -> tuple[float | None, float | None]:
        """Lower and upper end of the outputs near which the layer is saturated: it passes next to no gradient back."""
        return None, None

    def example(self, port: int, shapes: Sequence[Shape], n: int, rng: np.random.Generator) -> NDArray[Any] | None:
        """n samples for an input in which not any numbers will do: indices, boxes. None where they will.

        Such an input passes no gradient back, and proofs leave it alone.
        """
        return None

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        """Warnings that depend on the shapes."""
        return []

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move] | None:
        """How pixels of its output look at the pictures it is given, for height and width; None: not each at its own place.

        A normalization counts as what it does with known statistics.
        """
        return (Move(), Move()) if self.family in ("activation", "normalization", "merge") else None

    def forward(self, io: Io) -> None:
        """Emit the calls that write y from x."""
        raise NotImplementedError

    def backward(self, io: Io) -> None:
        """Emit the calls that write dx and the gradients of the parameters from dy (and x, y, saved buffers)."""
        raise NotImplementedError


def volume(shape: Shape) -> int:
    """Elements of one sample."""
    return math.prod(shape)
