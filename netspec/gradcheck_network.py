"""A compiled network as scalar functions of one tensor each, for the gradient check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.random import stream

if TYPE_CHECKING:
    from netspec.program import Program

Array = NDArray[np.float64]
Batch = dict[str, Array]


class Quantity(ABC):
    """A scalar L of the network's tensors, with its analytic gradients."""

    name: str

    def __init__(self, program: Program, batch: Batch) -> None:
        self.program, self.lane = program, program.lanes[0]
        self.batch = batch

    @abstractmethod
    def value(self, batch: Batch) -> float:
        """L with the parameters as they are."""

    @abstractmethod
    def gradients(self) -> Batch:
        """∂L by tensor: parameters by their names, inputs by theirs."""

    def tensor(self, name: str) -> Array:
        """The tensor as it is, a copy."""
        return self.batch[name].copy() if name in self.batch else self.program.parameters[name]

    def value_with(self, name: str, values: Array) -> float:
        """L with this tensor set to `values`. A changed parameter stays so until `restore`."""
        if name in self.batch:
            return self.value({**self.batch, name: values})
        self.lane.load_tensors({name: values})
        return self.value(self.batch)

    def restore(self, name: str, values: Array) -> None:
        """Put a parameter back."""
        if name not in self.batch:
            self.lane.load_tensors({name: values})


class Projection(Quantity):
    """L = Σ r·y over all outputs y, with a fixed random r."""

    name = "Σ r·y"

    def __init__(self, program: Program, batch: Batch, seed: int, *, with_parameters: bool) -> None:
        super().__init__(program, batch)
        self.with_parameters = with_parameters
        outputs = self._outputs(batch)
        self.r = {name: stream(seed, "gradcheck", "r", name).standard_normal(y.shape) for name, y in outputs.items()}

    def value(self, batch: Batch) -> float:
        outputs = self._outputs(batch)
        return float(sum(np.vdot(self.r[name], y) for name, y in outputs.items()))

    def gradients(self) -> Batch:
        self._outputs(self.batch)
        dx = self.program.backward(self.r)
        by_name = dict(dx) if isinstance(dx, Mapping) else {next(iter(self.batch)): dx}
        return ({**self.program.gradients, **by_name}) if self.with_parameters else by_name

    def _outputs(self, batch: Batch) -> dict[str, Array]:
        self.lane.step = 0  # the same dropout masks every time
        self.program.forward(batch, training=True)
        return self.lane.all_outputs()


class LossOfBatch(Quantity):
    """L = the spec's loss of one batch, in training mode."""

    name = "loss"

    def __init__(self, program: Program, batch: Batch, target: tuple[NDArray[Any], ...]) -> None:
        super().__init__(program, batch)
        self.target = target

    def value(self, batch: Batch) -> float:
        from netspec.memory import to_stored

        self.lane.step = 0
        stored = {name: to_stored(x, "float64") for name, x in batch.items()}
        return self.lane.differentiate(stored, self.target).mean

    def gradients(self) -> Batch:
        self.value(self.batch)
        return self.program.gradients


def quantities(program: Program, batch_size: int, seed: int) -> list[Quantity]:
    """What is checked: parameters through the loss when there is one, and inputs (else all) through Σ r·y."""
    batch = program.form.random_inputs(batch_size, stream(seed, "gradcheck", "x"))
    has_loss = bool(program.spec.losses)
    projection = Projection(program, batch, seed, with_parameters=not has_loss)
    if not has_loss:
        return [projection]
    target = program.form.random_targets(batch_size, stream(seed, "gradcheck", "target"))
    return [LossOfBatch(program, batch, target), projection]
