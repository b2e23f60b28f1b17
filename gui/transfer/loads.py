"""What became of pretrained weights, by layers: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from netspec.look import plural, shape

LOADED, NEW, MISSING, MISMATCHED, LEFT_OVER = "loaded", "new", "missing", "mismatched", "left over"
WORST = (MISMATCHED, MISSING, LEFT_OVER, NEW, LOADED)
"""A layer is called by the worst of its tensors."""
WORDS = {
    LOADED: "pretrained", NEW: "starts anew", MISSING: "not in the file", MISMATCHED: "another shape",
    LEFT_OVER: "only in the file",
}  # fmt: skip
PROBLEMS = (MISMATCHED, MISSING, LEFT_OVER)


@dataclass(frozen=True)
class Tensor:
    """A parameter or statistic. here, there: its shape in the network and in the file; None where there is none."""

    name: str
    state: str
    here: tuple[int, ...] | None
    there: tuple[int, ...] | None

    @property
    def count(self) -> int:
        """How many numbers it holds, here or else in the file."""
        return prod(self.here if self.here is not None else self.there or ())


@dataclass(frozen=True)
class LayerLoad:
    """A layer of the network, or of the file alone."""

    name: str
    tensors: tuple[Tensor, ...]

    @property
    def state(self) -> str:
        """The worst of its tensors' states."""
        states = {tensor.state for tensor in self.tensors}
        return next(state for state in WORST if state in states)

    @property
    def count(self) -> int:
        """How many numbers its tensors hold."""
        return sum(tensor.count for tensor in self.tensors)

    def words(self) -> str:
        """For tool tips: "weight: 10 × 512 here, 1000 × 512 in the file"."""
        return "\n".join(tensor_words(tensor) for tensor in self.tensors)


@dataclass(frozen=True)
class Report:
    """source: the file; notes: what was done to names and layouts."""

    source: str
    layers: tuple[LayerLoad, ...]
    notes: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[LayerLoad, ...]:
        """Layers that would not be loaded as they are."""
        return tuple(layer for layer in self.layers if layer.state in PROBLEMS)

    def by_name(self) -> Mapping[str, LayerLoad]:
        """Layers by their names."""
        return {layer.name: layer for layer in self.layers}

    def summary(self) -> str:
        """Counts by state: "60 layers pretrained, 1 starts anew"."""
        counts = {state: sum(layer.state == state for layer in self.layers) for state in (LOADED, *WORST[:-1])}
        found = [(state, number) for state, number in counts.items() if number]
        return ", ".join(_counted(state, number, at) for at, (state, number) in enumerate(found)) or "the file has no tensors"


def read_report(values: Mapping[str, Any]) -> Report:
    """The answer of the process that looks inside."""
    layers = tuple(
        LayerLoad(layer["layer"], tuple(
            Tensor(name, state, None if here is None else tuple(here), None if there is None else tuple(there))
            for name, state, here, there in layer["tensors"]
        ))
        for layer in values["layers"]
    )  # fmt: skip
    return Report(values["source"], layers, tuple(values["notes"]))


def tensor_words(tensor: Tensor) -> str:
    """One tensor in words."""
    here, there = (shape(sizes) if sizes else "1" for sizes in (tensor.here, tensor.there))
    match tensor.state:
        case "mismatched":
            return f"{tensor.name}: {here} here, {there} in the file"
        case "missing":
            return f"{tensor.name}: {here} here, not in the file"
        case "left over":
            return f"{tensor.name}: {there} in the file, not here"
        case "new":
            return f"{tensor.name}: {here}, initialized anew"
    return f"{tensor.name}: {here}, loaded"


def worst(states: Iterable[str]) -> str:
    """Of several layers, as a folded block has them: a problem if there is one; else pretrained unless all start anew."""
    found = set(states)
    return next((state for state in (*PROBLEMS, LOADED, NEW) if state in found), "")


def _counted(state: str, number: int, at: int) -> str:
    words = WORDS[state].replace("starts", "start") if number != 1 else WORDS[state]
    return f"{plural(number, 'layer') if at == 0 else number} {words}"
