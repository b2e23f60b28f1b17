"""The variables of Keras' layers: which is which, and PyTorch's name for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from netspec.weights.base import LayerFacts, Tensors

ARRAYS: dict[str, tuple[str, ...]] = {
    "Conv2D": ("kernel", "bias"),
    "Conv2DTranspose": ("kernel", "bias"),
    "DepthwiseConv2D": ("kernel", "bias"),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "Dense": ("kernel", "bias"),
    "Embedding": ("embeddings",),
    "PReLU": ("alpha",),
}
"""The variables of each type in the file's order; a bias may be missing."""
_NORMS = {"BatchNormalization": ("moving_mean", "moving_variance"), "LayerNormalization": (), "GroupNormalization": ()}
_EPS = 1e-3
"""Of all normalizations in Keras, unless their configuration says something else."""
_NAMES = {
    "kernel": "weight", "depthwise_kernel": "weight", "embeddings": "weight", "alpha": "weight", "gamma": "weight",
    "beta": "bias", "bias": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
}  # fmt: skip


@dataclass
class KerasLayer:
    """A layer with its variables, by Keras' names or, where the file has none, by number."""

    name: str
    kind: str = ""
    """ "Conv2D"; "" when the file does not say it."""
    arrays: Tensors = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def name_arrays(self) -> None:
        """Give numbered variables their names, where type, count and options leave one reading only."""
        names = self._names(len(self.arrays))
        if list(self.arrays) == [str(i) for i in range(len(self.arrays))] and len(names) == len(self.arrays):
            self.arrays = dict(zip(names, self.arrays.values(), strict=True))

    def _names(self, count: int) -> Sequence[str]:
        if self.kind not in _NORMS:
            return ARRAYS.get(self.kind, ())[:count]
        last = _NORMS[self.kind]
        learned = [name for key, name in (("scale", "gamma"), ("center", "beta")) if self.options.get(key, True)]
        if not self.options and count == len(last) + 1:
            return ()  # gamma or beta: the file does not say which
        return (*(learned if self.options or count > len(last) else ()), *last)

    def tensors(self) -> Tensors:
        """By PyTorch's names. SeparableConv2D is two convolutions elsewhere: "x.depthwise" and "x.pointwise"."""
        if "pointwise_kernel" in self.arrays:
            parts = {"depthwise_kernel": "depthwise.weight", "pointwise_kernel": "pointwise.weight", "bias": "pointwise.bias"}
            return {f"{self.name}.{parts.get(key, key)}": array for key, array in self.arrays.items()}
        return {f"{self.name}.{_NAMES.get(key, key)}": array for key, array in self.arrays.items()}

    def facts(self) -> dict[str, LayerFacts]:
        """By the names of the layers that `tensors` has."""
        if "pointwise_kernel" in self.arrays:
            kinds = {"depthwise": "DepthwiseConv2D", "pointwise": "Conv2D"}
            return {f"{self.name}.{part}": LayerFacts(kind) for part, kind in kinds.items()}
        is_norm = self.kind in _NORMS or "gamma" in self.arrays or "moving_mean" in self.arrays
        eps = float(self.options.get("epsilon", _EPS)) if is_norm else None
        return {self.name: LayerFacts(self.kind, eps, is_default="epsilon" not in self.options)}


def layers_tensors(layers: Sequence[KerasLayer]) -> tuple[Tensors, dict[str, LayerFacts]]:
    """All layers' tensors and facts, in order."""
    tensors: dict[str, NDArray[Any]] = {}
    facts: dict[str, LayerFacts] = {}
    for layer in layers:
        layer.name_arrays()
        tensors |= layer.tensors()
        facts |= layer.facts()
    return tensors, facts
