"""A lane's tensors by name, in the users' order, over the flat arrays that the kernels see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.layers.base import Parameter
from netspec.memory import aligned_zeros
from netspec.plan.layout import Entry, Layout

Array = NDArray[Any]


class TensorStore:
    """Parameters, running statistics and optimizer slots of one lane.

    `arrays` maps the buffers "parameters", "state", "gradients" and "slot:NAME" to their flat arrays.
    """

    def __init__(self, layout: Layout, dtype: str, gradients: Array, slots: Mapping[str, float]) -> None:
        self.layout = layout
        self.slot_names = tuple(slots)
        self.arrays: dict[str, Array] = {
            "parameters": aligned_zeros(layout.parameter_size, dtype),
            "state": aligned_zeros(layout.state_size, dtype),
            "gradients": gradients,
        }
        for name, value in slots.items():
            self.arrays[f"slot:{name}"] = slot = aligned_zeros(layout.trainable_size, dtype)
            slot[:] = value

    def parameters(self) -> dict[str, Array]:
        """Copies of the parameters, in PyTorch's order."""
        return {name: self._read(entry, "parameters") for name, entry in self.layout.parameters.items()}

    def states(self) -> dict[str, Array]:
        """Copies of the running statistics."""
        return {name: self._read(entry, "state") for name, entry in self.layout.states.items()}

    def gradients(self) -> dict[str, Array]:
        """Copies of the gradients of the last backward pass; frozen parameters have none."""
        return {name: self._read(entry, "gradients") for name, entry in self._trainable()}

    def slots(self) -> dict[str, Array]:
        """Copies of the optimizer's slots, "momentum/conv1.weight"."""
        return {
            f"{slot}/{name}": self._read(entry, f"slot:{slot}")
            for slot in self.slot_names for name, entry in self._trainable()
        }  # fmt: skip

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

    def digest(self, layers: Iterable[str]) -> str:
        """SHA-256 over all tensors of these layers, statistics included; "" when they have none."""
        wanted, digest, count = frozenset(layers), hashlib.sha256(), 0
        for buffer, entries in (("parameters", self.layout.parameters), ("state", self.layout.states)):
            for name, entry in entries.items():
                if entry.layer in wanted:
                    digest.update(name.encode() + b"\0" + self.flat(entry, buffer).tobytes())
                    count += 1
        return digest.hexdigest() if count else ""

    def flat(self, entry: Entry, buffer: str) -> Array:
        """The tensor's elements as the kernels see them; not a copy."""
        return self.arrays[buffer][entry.offset : entry.offset + entry.tensor.size]

    def _trainable(self) -> list[tuple[str, Entry]]:
        parameters = self.layout.parameters.items()
        return [(name, entry) for name, entry in parameters if entry.offset < self.layout.trainable_size]

    def _read(self, entry: Entry, buffer: str) -> Array:
        flat, tensor = self.flat(entry, buffer), entry.tensor
        return tensor.from_stored(flat) if isinstance(tensor, Parameter) else flat.reshape(tensor.shape).copy()

    def _write(self, entry: Entry, buffer: str, array: Array) -> None:
        tensor, values = entry.tensor, np.asarray(array)
        self.flat(entry, buffer)[:] = tensor.to_stored(values) if isinstance(tensor, Parameter) else values.reshape(-1)
