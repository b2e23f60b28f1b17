"""What became of every tensor when weights were loaded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.look import plural


class LoadError(ValueError):
    """Weights do not fit the network; `report` says what was wrong with which tensor."""

    def __init__(self, report: LoadReport, hint: str) -> None:
        super().__init__(f"{report.describe()}; {hint}")
        self.report, self.hint = report, hint


STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Last parts of the names of tensors that are no parameters."""


@dataclass(frozen=True)
class Part:
    """Tensors of the same fate. parameters: numbers in them that are learned; layers: how many they belong to."""

    name: str
    tensors: tuple[str, ...]
    parameters: int
    layers: int


@dataclass(frozen=True)
class LoadReport:
    """Names of tensors by what became of them; `mismatched` gives (shape of the network, shape of the file)."""

    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
    shapes: Mapping[str, tuple[int, ...]]
    """The network's shapes of `loaded`, `missing` and `fresh` tensors, the file's of `unexpected` ones."""
    fresh: tuple[str, ...] = ()
    """Tensors of layers that were to be initialized anew: [transfer] replace."""
    replaced: tuple[str, ...] = ()
    """The patterns that say so."""
    source: str = ""
    """The file."""
    notes: tuple[str, ...] = ()
    """What was done to the file's names and layouts."""
    warnings: tuple[str, ...] = ()
    """What may make the outputs others than where the file comes from."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the file says of itself: "normalization", "classes", "spec_hash"."""

    @property
    def is_complete(self) -> bool:
        """Every tensor of the network was loaded and the file had no others."""
        return not (self.missing or self.unexpected or self.mismatched)

    def parts(self) -> tuple[Part, ...]:
        """Loaded, missing, unexpected, of another shape, newly initialized; also those without a tensor."""
        names = (self.loaded, self.missing, self.unexpected, tuple(self.mismatched), self.fresh)
        words = ("loaded", "missing", "unexpected", "of another shape", "newly initialized")
        return tuple(self._part(word, tensors) for word, tensors in zip(words, names, strict=True))

    def to_json(self) -> dict[str, Any]:
        """For programs: of each part the counts, and its tensors with their shapes; of another shape: here, in the file."""
        document: dict[str, Any] = {"source": self.source}
        for part in self.parts():
            shapes = {name: [list(one) for one in self.mismatched.get(name, (self.shapes[name],))] for name in part.tensors}
            document[part.name.replace(" ", "_")] = {
                "tensors": len(part.tensors), "parameters": part.parameters, "layers": part.layers,
                "shapes": {name: pair if len(pair) > 1 else pair[0] for name, pair in shapes.items()},
            }  # fmt: skip
        return {**document, "notes": list(self.notes), "warnings": list(self.warnings)}

    def _part(self, name: str, tensors: tuple[str, ...]) -> Part:
        learned = [tensor for tensor in tensors if not tensor.endswith(STATISTICS)]
        layers = {tensor.rpartition(".")[0] for tensor in tensors}
        return Part(name, tensors, sum(math.prod(self.shapes[tensor]) for tensor in learned), len(layers))

    def counts(self) -> str:
        """Without names: "6 loaded (900 parameters), 2 missing"; then what was done to the file's names."""
        loaded, *others = self.parts()
        parts = [f"{len(part.tensors)} {part.name}" for part in others if part.tensors]
        return "; ".join((", ".join([_loaded(loaded), *parts]), *self.notes))

    def describe(self) -> str:
        """With the first names: "6 loaded (900 parameters), 2 missing (fc.weight, fc.bias), …"."""
        loaded, *_ = self.parts()
        parts = [_loaded(loaded)]
        for word, names in (("missing", self.missing), ("unexpected", self.unexpected)):
            if names:
                parts.append(f"{len(names)} {word} ({_some(names)})")
        if self.mismatched:
            shapes = (f"{name}: {list(want)} here, {list(got)} in the file" for name, (want, got) in self.mismatched.items())
            parts.append(f"{len(self.mismatched)} of another shape ({_some(list(shapes))})")
        if self.fresh:
            parts.append(f"{len(self.fresh)} newly initialized ({', '.join(self.replaced)})")
        return "; ".join((", ".join(parts), *self.notes))

    def sentence(self) -> str:
        """For the user: where the weights are from and what became of them."""
        return f"weights from {self.source}: {self.describe()}"


def _loaded(part: Part) -> str:
    return f"{len(part.tensors)} loaded ({plural(part.parameters, 'parameter')})"


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:4]) + (f", … {len(names) - 4} more" if len(names) > 4 else "")


def match_tensors(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]]) -> LoadReport:
    """Compare a network's tensors with a file's, by name and shape."""
    found = {name: np.shape(tensors[name]) for name in shapes if name in tensors}
    return LoadReport(
        loaded=tuple(name for name, shape in found.items() if shape == shapes[name]),
        missing=tuple(name for name in shapes if name not in tensors),
        unexpected=tuple(name for name in tensors if name not in shapes),
        mismatched={name: (shapes[name], shape) for name, shape in found.items() if shape != shapes[name]},
        shapes={**{name: np.shape(array) for name, array in tensors.items()}, **shapes},
    )
