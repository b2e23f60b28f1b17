"""What a convention is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.transfer.wanted import Wanted
from netspec.weights import LayerFacts, Tensors, Weights


@dataclass(frozen=True, eq=False)
class Given:
    """Tensors that bear the names of the layers here, and the file that they come from."""

    tensors: Tensors
    facts: Mapping[str, LayerFacts]
    """Layer here → what the file says of it, in the file's order."""
    weights: Weights
    path: Path


@dataclass(frozen=True, eq=False)
class Arranged:
    """The tensors in netspec's names and layouts, and sentences on what was done to them and what may be wrong."""

    tensors: Tensors
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Converter:
    """How one convention becomes netspec's; both functions may leave tensors out that netspec has no use for."""

    names: Callable[[Tensors, Wanted], Tensors]
    arrange: Callable[[Given, Wanted], Arranged]


def layer_of(tensor: str) -> str:
    """ "fc.weight" belongs to "fc"."""
    return tensor.rpartition(".")[0]
