"""Small networks for tests, as spec tables."""

from __future__ import annotations

from typing import Any

from netspec.spec.model import Spec


def spec_of(layers: list[dict[str, Any]], shape: list[int] | None = None, **sections: Any) -> Spec:
    """A spec with one input and these layers; a layer without a name is called by its type."""
    named = [{"name": layer["type"], **layer} for layer in layers]
    return Spec.model_validate({"input": {"shape": shape or [2, 6, 6]}, "layers": named, **sections})


CROSS_ENTROPY = {"type": "cross_entropy"}
SGD = {"type": "sgd", "lr": 0.1}


def small_convnet(**sections: Any) -> Spec:
    """Convolution, activation, a residual branch, linear head: 2 × 6 × 6 → 3 classes."""
    layers: list[dict[str, Any]] = [
        {"name": "conv1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"name": "relu1", "type": "relu"},
        {"name": "conv2", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"name": "tanh2", "type": "tanh"},
        {"name": "sum", "type": "add", "inputs": ["relu1", "tanh2"]},
        {"name": "fc", "type": "linear", "out_features": 3},
    ]
    trained = {} if "optimizers" in sections else {"optimizer": SGD}
    return spec_of(layers, **{"loss": CROSS_ENTROPY, **trained, **sections})
