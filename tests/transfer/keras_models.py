"""Keras' models beside the same networks here, with random weights."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import netspec
from netspec.spec.model import Spec

HEIGHT, WIDTH = 7, 6


def sequential(keras: Any) -> tuple[Any, Spec]:
    """Every layer type that has a counterpart, a Dense behind a flattened picture, and a picture made of a vector again."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((HEIGHT, WIDTH, 3)),
        layers.Conv2D(4, 3, padding="same", strides=2, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.PReLU(shared_axes=[1, 2], name="slopes"),
        layers.DepthwiseConv2D(2, depth_multiplier=2, name="deep"),
        layers.SeparableConv2D(6, 2, padding="same", name="two"),
        layers.Conv2DTranspose(4, (3, 2), strides=2, name="up"),
        layers.Conv2D(6, 2, groups=2, name="grouped"),
        layers.LayerNormalization(name="over_channels"),
        layers.GroupNormalization(3, name="groups"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Flatten(),
        layers.BatchNormalization(name="flat_norm"),
        layers.Dense(12, name="hidden", use_bias=False),
        layers.Reshape((2, 2, 3)),
        layers.Conv2D(2, 1, name="last_conv"),
        layers.Flatten(),
        layers.Dense(4, name="head"),
    ])  # fmt: skip
    spec = _spec([HEIGHT, WIDTH, 3], [
        {"name": "conv", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "same", "stride": 2},
        {"name": "norm", "type": "batch_norm"},
        {"name": "slopes", "type": "prelu", "num_parameters": 4},
        {"name": "deep", "type": "conv2d", "out_channels": 8, "kernel_size": 2, "groups": 4},
        {
            "name": "two.depthwise", "type": "conv2d", "out_channels": 8, "groups": 8, "kernel_size": 2, "padding": "same",
            "bias": False,
        },
        {"name": "two.pointwise", "type": "conv2d", "out_channels": 6, "kernel_size": 1},
        {"name": "up", "type": "conv_transpose2d", "out_channels": 4, "kernel_size": [3, 2], "stride": 2},
        {"name": "grouped", "type": "conv2d", "out_channels": 6, "kernel_size": 2, "groups": 2},
        {"name": "over_channels", "type": "layer_norm"},
        {"name": "groups", "type": "group_norm", "num_groups": 3},
        {"name": "pool", "type": "max_pool2d", "kernel_size": 2, "padding": "same"},
        {"name": "flat", "type": "flatten"},
        {"name": "flat_norm", "type": "batch_norm"},
        {"name": "hidden", "type": "linear", "out_features": 12, "bias": False},
        {"name": "picture", "type": "reshape", "shape": [3, 2, 2]},
        {"name": "last_conv", "type": "conv2d", "out_channels": 2, "kernel_size": 1},
        {"name": "head", "type": "linear", "out_features": 4},
    ])  # fmt: skip
    return _filled(model), spec


def functional(keras: Any) -> tuple[Any, Spec]:
    """A branch, a model in the model, a join of two flattened pictures, a normalization without γ."""
    layers = keras.layers
    x = keras.Input((HEIGHT, WIDTH, 2))
    one = layers.Conv2D(2, 3, padding="same", name="one")(x)
    body = keras.Sequential(
        [keras.Input((HEIGHT, WIDTH, 2)), layers.Conv2D(3, 2, name="a"), layers.BatchNormalization(scale=False, name="b")],
        name="body",
    )
    two = body(layers.Add()([one, x]))
    joined = layers.Concatenate()([layers.Flatten()(two), layers.Flatten()(one)])
    model = keras.Model(x, layers.Dense(3, name="head")(layers.ReLU()(joined)))
    spec = _spec([HEIGHT, WIDTH, 2], [
        {"name": "one", "type": "conv2d", "out_channels": 2, "kernel_size": 3, "padding": "same"},
        {"name": "sum", "type": "add", "inputs": ["one", "input"]},
        {"name": "body.a", "type": "conv2d", "out_channels": 3, "kernel_size": 2},
        {"name": "body.b", "type": "batch_norm"},
        {"name": "flat_two", "type": "flatten"},
        {"name": "flat_one", "type": "flatten", "inputs": ["one"]},
        {"name": "joined", "type": "concat", "inputs": ["flat_two", "flat_one"]},
        {"name": "relu", "type": "relu"},
        {"name": "head", "type": "linear", "out_features": 3},
    ])  # fmt: skip
    return _filled(model), spec


def chain(keras: Any, head: int = 3) -> Any:
    """With the names that Keras gives."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((HEIGHT, WIDTH, 2)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Conv2D(2, 3),
        layers.Flatten(), layers.Dense(head),
    ])  # fmt: skip
    return _filled(model)


def our_chain(eps: float = 1e-3) -> Spec:
    """Its counterpart with names of its own."""
    return _spec([HEIGHT, WIDTH, 2], [
        {"name": "first", "type": "conv2d", "out_channels": 2, "kernel_size": 3},
        {"name": "norm", "type": "batch_norm", "eps": eps},
        {"name": "second", "type": "conv2d", "out_channels": 2, "kernel_size": 3},
        {"name": "fc", "type": "linear", "out_features": 3},
    ])  # fmt: skip


def _spec(shape: list[int], layers: list[dict[str, Any]]) -> Spec:
    height, width, channels = shape
    document = {"spec_version": 1, "dialect": "keras", "input": {"shape": [channels, height, width]}, "layers": layers}
    return netspec.loads(json.dumps(document), "json")


def _filled(model: Any) -> Any:
    rng = np.random.default_rng(3)
    for weight in model.weights:
        low, high = (0.5, 2.0) if "variance" in weight.path else (-0.6, 0.6)
        weight.assign(rng.uniform(low, high, weight.shape).astype(np.float32))
    return model
