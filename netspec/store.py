"""A lane's tensors by name, in the users' order, over the flat arrays that the kernels see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.layers.base import Parameter
from netspec.memory import aligned_zeros
from netspec.plan.layout import Entry, Layout
from netspec.plan.plan import Plan
from netspec.random import stream

Array = NDArray[Any]


class TensorStore:
    """Parameters, running statistics and optimizer slots of one lane.

    `arrays` maps the buffers "parameters", "state", "gradients" and "slot:NAME" to their flat arrays.
    """

    def __init__(self, layout: Layout, dtype: str, gradients: Array, slots: Mapping[str, float | None]) -> None:
        """slots: their initial values; None: the parameter as it is when it begins to be updated (`begin_slots`)."""
        self.layout = layout
        self._dtype, self._slots = dtype, dict(slots)
        self.arrays: dict[str, Array] = {
            "parameters": aligned_zeros(layout.parameter_size, dtype),
            "state": aligned_zeros(layout.state_size, dtype),
            "gradients": gradients,
        }
        for name, value in slots.items():
            self.arrays[f"slot:{name}"] = slot = aligned_zeros(layout.updated_size, dtype)
            if value:  # zeros take no memory before they change
                slot[:] = value

    def laid_out(self, layout: Layout, gradients: Array, slots: Mapping[str, float | None]) -> TensorStore:
        """The same tensors and slots in the places of another layout of the same network.

        Parameters that had no slots have fresh ones, and slots of parameters that are no longer updated are gone.
        """
        other = TensorStore(layout, self._dtype, gradients, slots)
        for name, entry in layout.parameters.items():
            before = self.layout.parameters[name]
            other.flat(entry, "parameters")[:] = self.flat(before, "parameters")
            had_slots = before.offset < self.layout.updated_size
            for slot in slots if entry.offset < layout.updated_size else ():
                if had_slots and slot in self._slots:
                    other.flat(entry, f"slot:{slot}")[:] = self.flat(before, f"slot:{slot}")
                elif slots[slot] is None:
                    other.flat(entry, f"slot:{slot}")[:] = self.flat(before, "parameters")
        for name, entry in layout.states.items():
            other.flat(entry, "state")[:] = self.flat(self.layout.states[name], "state")
        return other

    def reset_slots(self) -> None:
        """The slots as before the first update."""
        for name, value in self._slots.items():
            if value is not None:
                self.arrays[f"slot:{name}"][:] = value

    def begin_slots(self, names: Collection[str] | None = None) -> None:
        """The slots that begin as the parameter itself take its value: of these parameters, or of all."""
        starting = [slot for slot, value in self._slots.items() if value is None]
        for name, entry in self._below(self.layout.updated_size):
            for slot in starting if names is None or name in names else ():
                self.flat(entry, f"slot:{slot}")[:] = self.flat(entry, "parameters")

    def parameters(self) -> dict[str, Array]:
        """Copies of the parameters, in PyTorch's order."""
        return {name: self._read(entry, "parameters") for name, entry in self.layout.parameters.items()}

    def states(self) -> dict[str, Array]:
        """Copies of the running statistics."""
        return {name: self._read(entry, "state") for name, entry in self.layout.states.items()}

    def gradients(self, layers: frozenset[str]) -> dict[str, Array]:
        """Copies of the gradients of these layers' parameters."""
        below = self._below(self.layout.trainable_size)
        return {name: self._read(entry, "gradients") for name, entry in below if entry.layer in layers}

    def slots(self) -> dict[str, Array]:
        """Copies of the optimizer's slots, "momentum/conv1.weight"."""
        return {
            f"{slot}/{name}": self._read(entry, f"slot:{slot}")
            for slot in self._slots for name, entry in self._below(self.layout.updated_size)
        }  # fmt: skip

    def initialize(self, seed: int) -> None:
        """Initial parameters and statistics, keyed by (seed, layer, parameter): adding a layer leaves the others as they are.

        Large weights are drawn panel by panel: their float64 values need not all be there at once.
        """
        for entry in self.layout.parameters.values():
            tensor, flat = entry.tensor, self.flat(entry, "parameters")
            assert isinstance(tensor, Parameter)
            rng = stream(seed, "init", entry.layer, tensor.name)
            for first, rows in tensor.initializer.pieces(tensor.shape, *tensor.fans, rng, tensor.rows_at_once):
                tensor.store_rows(flat, first, rows)
        for entry in self.layout.states.values():
            assert not isinstance(entry.tensor, Parameter)
            self.flat(entry, "state")[:] = entry.tensor.value

    def copy_tensors(self, other: TensorStore) -> None:
        """Take over the parameters and statistics of another store of the same layout."""
        for name in ("parameters", "state"):
            self.arrays[name][:] = other.arrays[name]

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite the named parameters and statistics; names and shapes have been checked."""
        for name, array in tensors.items():
            if name in self.layout.parameters:
                self._write(self.layout.parameters[name], "parameters", array)
            else:
                self._write(self.layout.states[name], "state", array)

    def load_slots(self, slots: Mapping[str, Array]) -> None:
        """Overwrite the optimizer's slots."""
        for name, array in slots.items():
            slot, _, parameter = name.partition("/")
            self._write(self.layout.parameters[parameter], f"slot:{slot}", array)

    def digest(self, of_parameters: frozenset[str], of_states: frozenset[str]) -> str:
        """SHA-256 over the parameters and the statistics of these layers; "" when they have none."""
        digest, count = hashlib.sha256(), 0
        parts = (
            ("parameters", self.layout.parameters, of_parameters), ("state", self.layout.states, of_states)
        )  # fmt: skip
        for buffer, entries, wanted in parts:
            for name, entry in entries.items():
                if entry.layer in wanted:
                    digest.update(name.encode() + b"\0" + self.flat(entry, buffer).tobytes())
                    count += 1
        return digest.hexdigest() if count else ""

    def flat(self, entry: Entry, buffer: str) -> Array:
        """The tensor's elements as the kernels see them; not a copy."""
        return self.arrays[buffer][entry.offset : entry.offset + entry.tensor.size]

    def _below(self, size: int) -> list[tuple[str, Entry]]:
        """The parameters that lie below this offset, in graph order."""
        return [(name, entry) for name, entry in self.layout.parameters.items() if entry.offset < size]

    def _read(self, entry: Entry, buffer: str) -> Array:
        flat, tensor = self.flat(entry, buffer), entry.tensor
        return tensor.from_stored(flat) if isinstance(tensor, Parameter) else flat.reshape(tensor.shape).copy()

    def _write(self, entry: Entry, buffer: str, array: Array) -> None:
        tensor, values = entry.tensor, np.asarray(array)
        self.flat(entry, buffer)[:] = tensor.to_stored(values) if isinstance(tensor, Parameter) else values.reshape(-1)


def initial_tensors(start: Plan) -> dict[str, Array]:
    """Initial parameters and statistics, keyed by (seed, layer, parameter): adding a layer leaves the others as they are."""
    tensors: dict[str, Array] = {}
    for name, entry in start.layout.parameters.items():
        tensor = entry.tensor
        assert isinstance(tensor, Parameter)
        rng = stream(start.seed, "init", entry.layer, tensor.name)
        tensors[name] = tensor.initializer.sample(tensor.shape, *tensor.fans, rng)
    for name, entry in start.layout.states.items():
        assert not isinstance(entry.tensor, Parameter)
        tensors[name] = np.full(entry.tensor.shape, entry.tensor.value)
    return tensors
