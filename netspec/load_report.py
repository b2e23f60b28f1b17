"""What became of every tensor when weights were loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class LoadError(ValueError):
    """Weights do not fit the network; `report` says what was wrong with which tensor."""

    def __init__(self, report: LoadReport, hint: str) -> None:
        super().__init__(f"{report.describe()}; {hint}")
        self.report, self.hint = report, hint


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

    @property
    def is_complete(self) -> bool:
        """Every tensor of the network was loaded and the file had no others."""
        return not (self.missing or self.unexpected or self.mismatched)

    def describe(self) -> str:
        """Counts and the first names: "6 loaded, 2 missing (fc.weight, fc.bias), …"."""
        parts = [f"{len(self.loaded)} loaded"]
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
