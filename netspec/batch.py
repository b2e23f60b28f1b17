"""What a network takes: the users' arrays → the kernels', with every check before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.batch import MAIN
from netspec.graph import inputs_of
from netspec.layers.base import Shape, volume
from netspec.losses.base import Loss
from netspec.memory import to_stored
from netspec.plan.plan import Plan

Array = NDArray[Any]
Batch = Array | Mapping[str, Array]
"""One input, or several by name."""
Targets = Array | Sequence[Array]
"""What the losses read, as the kernels read it: one array for each, in order; an array alone for a single loss."""


class CutValues(dict[str, Array]):
    """What the frozen prefix made of a batch, by name, as the kernels read it: feeds the rest of the network alone."""


NO_LOSS = 'the spec has no loss; add [loss] with a type, for example type = "cross_entropy"'


class BatchForm:
    """Shapes and types of a program's inputs and targets; all errors are ValueErrors that name both sides."""

    def __init__(self, start: Plan, batch_size: int, dtype: str) -> None:
        self._start, self._batch_size, self._dtype = start, batch_size, dtype

    def named(self, x: Batch) -> Mapping[str, Array]:
        """Inputs by name."""
        given = x if isinstance(x, Mapping) else {self._start.inputs[0]: x}
        if MAIN in given:
            main = [name for name in self._start.inputs if name not in given] or [MAIN]
            given = {main[0] if name == MAIN else name: array for name, array in given.items()}
        if set(given) != set(self._start.inputs):
            raise ValueError(f"the network reads {list(self._start.inputs)}, got {list(given)}")
        return given

    def stored_inputs(self, x: Batch) -> dict[str, Array]:
        """The users' N, C, H, W (or N, F, …) as the kernels read it."""
        arrays = {name: _real(name, array) for name, array in self.named(x).items()}
        for name, array in arrays.items():
            got, expected = list(array.shape[1:]), list(self._start.shapes[name])
            if array.ndim < 1 or got != expected:
                raise ValueError(f"{name}: samples of shape {got}, expected {expected} (layout [C, H, W])")
        self._check_count({len(array) for array in arrays.values()})
        return {name: to_stored(array, self._dtype) for name, array in arrays.items()}

    def stored_targets(self, target: Batch, x: Mapping[str, Array]) -> tuple[Array, ...]:
        """The users' targets as each loss reads them: int64 labels, or numbers.

        target: what all losses read that name no target, or a dict by target name. x: the batch's stored inputs, which
        losses may read as targets, too.
        """
        if not self._start.losses:
            raise ValueError(NO_LOSS)
        given = target if isinstance(target, Mapping) else {MAIN: target}
        n = len(next(iter(x.values())))
        return tuple(
            self._stored_input(loss, x[loss.target], shape) if loss.target and loss.target in x
            else self._stored_target(loss, self._named_target(loss, given), shape, n)
            for loss, shape in self._losses()
        )  # fmt: skip

    def random_inputs(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Inputs of n samples in the users' layout: normal numbers, or what the layer that reads them asks for."""
        return {
            name: rng.standard_normal((n, *self._start.shapes[name])) if (given := self._example(name, n, rng)) is None
            else given
            for name in self._start.inputs
        }  # fmt: skip

    def is_free(self, name: str) -> bool:
        """Whether an input may be any numbers, so that small changes of it say something."""
        return self._example(name, 1, np.random.default_rng(0)) is None

    def _example(self, name: str, n: int, rng: np.random.Generator) -> Array | None:
        graph, shapes = self._start.graph, self._start.shapes
        for reader in graph.successors(name):
            sources = inputs_of(graph, reader)
            of = [shapes[source] for source in sources]
            found = self._start.layer(reader).example(sources.index(name), of, n, rng)
            if found is not None:
                return found
        return None

    def random_targets(self, n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        """For each loss targets of n samples that it takes, as the kernels read them."""
        return tuple(
            self._stored_target(loss, loss.random_target(n, shape, rng), shape, n) for loss, shape in self._losses()
        )

    def _stored_input(self, loss: Loss, array: Array, shape: Shape) -> Array:
        """An input as a target, when its samples have the shape that the loss reads."""
        given, wanted = list(self._start.shapes[str(loss.target)]), list(loss.target_shape(shape))
        if given != wanted or loss.target_kind != "dense":
            raise ValueError(f"{loss.label()} compares the output {list(shape)} with the input {loss.target} {given}")
        return array

    def _named_target(self, loss: Loss, given: Mapping[str, Array]) -> Array:
        name = loss.target or MAIN
        if name not in given:
            raise ValueError(f"{loss.label()} reads the target {name or 'without a name'}, got {list(given)}")
        return given[name]

    def _stored_target(self, loss: Loss, target: Array, shape: Shape, n: int) -> Array:
        array = _real("target", loss.as_target(np.asarray(target), shape))
        expected = (n, *loss.target_shape(shape))
        if array.shape != expected:
            what = "labels" if loss.target_kind == "class" else "targets"
            raise ValueError(
                f"{what} of shape {list(array.shape)}, but the loss reads {list(expected)} for outputs of shape {list(shape)}"
            )
        if loss.target_kind != "class":
            return to_stored(array, self._dtype)
        return _labels(array, classes=max(2, shape[0]), ignored=getattr(loss, "ignore_index", None))

    def stored_gradients(self, dy: Batch, n: int) -> dict[str, Array]:
        """The users' gradients to the outputs of n samples as the kernels read them."""
        outputs = self._start.outputs
        given = dy if isinstance(dy, Mapping) else {outputs[0]: dy}
        if set(given) != set(outputs):
            raise ValueError(f"backward takes a gradient for each of {list(outputs)}, got {list(given)}")
        for name, array in given.items():
            expected = (n, *self._start.shapes[name])
            if np.shape(array) != expected:
                raise ValueError(f"the gradient to {name} has shape {list(np.shape(array))}, the output {list(expected)}")
        return {name: to_stored(_real(name, array), self._dtype) for name, array in given.items()}

    def check_stored(self, x: Mapping[str, Array], y: Sequence[Array]) -> int:
        """Check arrays that are already stored as the kernels read them; returns the number of samples."""
        counts = {len(array) for array in x.values()}
        self._check_count(counts)
        n = min(counts)
        for name, array in x.items():
            if array.size != n * volume(self._start.shapes[name]):
                raise ValueError(f"{name}: {array.size // n} values a sample, expected {volume(self._start.shapes[name])}")
        if y and len(y) != len(self._start.losses):
            raise ValueError(f"{len(y)} arrays of targets for {len(self._start.losses)} losses")
        for array, (loss, shape) in zip(y, self._losses() if y else (), strict=True):
            size = volume(loss.target_shape(shape))
            if array.size != n * size:
                what = "labels" if loss.target_kind == "class" else "target values"
                wanted = f"{size} a sample for outputs of shape {list(shape)}"
                raise ValueError(f"{array.size} {what} for {n} samples, but the loss reads {wanted}")
        return n

    def target_sizes(self) -> tuple[int, ...]:
        """For each loss the target values of one sample."""
        return tuple(volume(loss.target_shape(shape)) for loss, shape in self._losses())

    def _check_count(self, counts: set[int]) -> None:
        if len(counts) != 1 or not 1 <= min(counts) <= self._batch_size:
            raise ValueError(f"batches of {sorted(counts)} samples; this program takes 1 … {self._batch_size} at once")

    def _losses(self) -> list[tuple[Loss, Shape]]:
        """Each loss with the shape of the output that it reads."""
        shapes = [self._start.shapes[name] for name in self._start.loss_inputs]
        return list(zip(self._start.losses, shapes, strict=True))


def _real(name: str, array: Any) -> Array:
    found = np.asarray(array)
    if found.dtype.kind not in "fiub":
        raise ValueError(f"{name}: {found.dtype} values; give real numbers")
    return found


def _labels(array: Array, classes: int, ignored: int | None) -> Array:
    """Labels as int64; a fraction, a NaN or a number that is no class is no label."""
    if array.dtype.kind == "f":
        wrong = array[~(np.isfinite(array) & (array == np.floor(array)))]
        if wrong.size:
            raise ValueError(f"{wrong.flat[0]} is not a class label; labels are whole numbers")
    labels = array.astype(np.int64)
    is_known = (labels >= 0) & (labels < classes)
    if ignored is not None:
        is_known |= labels == ignored
    foreign = labels[~is_known]
    if foreign.size:
        raise ValueError(f"label {foreign.flat[0]} is none of the classes 0 … {classes - 1}")
    return labels
