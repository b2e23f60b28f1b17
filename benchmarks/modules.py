"""One netspec layer → the PyTorch module that computes the same. What has no equal is refused, never approximated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from benchmarks.shape_modules import SHAPE_MAKERS
from netspec.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from netspec.layers.avg_pool2d import AvgPool2d
from netspec.layers.base import Layer, Shape, volume
from netspec.layers.batch_norm import BatchNorm
from netspec.layers.conv2d import Conv2d
from netspec.layers.dropout import Dropout
from netspec.layers.elu import ELU
from netspec.layers.gelu import GELU
from netspec.layers.group_norm import GroupNorm
from netspec.layers.hard_tanh import HardTanh
from netspec.layers.instance_norm import InstanceNorm
from netspec.layers.layer_norm import LayerNorm
from netspec.layers.leaky_relu import LeakyReLU
from netspec.layers.linear import Linear
from netspec.layers.pad import Pad
from netspec.layers.pooling import Pool2d
from netspec.layers.prelu import PReLU
from netspec.layers.softplus import Softplus
from netspec.window_fields import Sides
from netspec.windows import Axis, pair

Shapes = Sequence[Shape]


class NoPeerError(ValueError):
    """PyTorch has no module that computes the same."""

    def __init__(self, layer: Layer, what: str) -> None:
        super().__init__(f"{layer.name}: no PyTorch module for {what}; race a spec without it")


class GlobalPool(nn.Module):
    """(N, C, H, W) → (N, C)."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool(x)
        return y.flatten(1)


class EverySecond(nn.Module):
    """A pool over single pixels, as PyTorch's users write it: a view of every s-th row and t-th column."""

    def __init__(self, stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride[0], :: self.stride[1]]


class ZeroPad(nn.Module):
    """Zeros around pictures, and before and after channels; sides: from the last axis to the first, as F.pad takes them."""

    def __init__(self, sides: tuple[int, ...]) -> None:
        super().__init__()
        self.sides = sides

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, self.sides)


class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of each pixel, as torchvision's LayerNorm2d has it."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class FlatLinear(nn.Linear):
    """A linear layer that flattens pictures itself, as netspec's does."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))


def module_of(layer: Layer, inputs: Shapes, in_place: bool) -> nn.Module:
    """The module for a layer with one input. in_place: nobody else reads that input, nor does its own gradient."""
    if (module := _overwriting(layer, in_place)) is not None:
        return module
    if layer.type_name() in SHAPE_MAKERS and len(inputs) == 1:
        if (found := SHAPE_MAKERS[layer.type_name()](layer, inputs)) is None:
            raise NoPeerError(layer, "padding that differs between the sides")
        return found
    if layer.type_name() not in _MAKERS:
        raise NoPeerError(layer, f"type {layer.type_name()}")
    return _MAKERS[layer.type_name()](layer, inputs)


def _overwriting(layer: Layer, in_place: bool) -> nn.Module | None:
    """The activations whose gradient can be told from their output, so that they may overwrite their input."""
    if isinstance(layer, LeakyReLU):
        return nn.LeakyReLU(layer.negative_slope, in_place and layer.negative_slope > 0)
    if isinstance(layer, ELU):
        return nn.ELU(layer.alpha, in_place and layer.alpha > 0)
    if isinstance(layer, HardTanh):
        return nn.Hardtanh(layer.min_val, layer.max_val, in_place)
    kinds: dict[str, Callable[[bool], nn.Module]] = {"relu": nn.ReLU, "relu6": nn.ReLU6, "selu": nn.SELU}
    make = kinds.get(layer.type_name())
    return make(in_place) if make else None


def _conv2d(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Conv2d)
    if layer.rounding == "ceil":
        raise NoPeerError(layer, 'a convolution with rounding = "ceil"')
    padding = _even_padding(layer, layer.axes(inputs[0]))
    return nn.Conv2d(
        inputs[0][0], layer.out_channels, pair(layer.kernel_size), pair(layer.stride), padding,
        pair(layer.dilation), layer.groups, layer.bias,
    )  # fmt: skip


def _pool(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Pool2d)
    padding = _even_padding(layer, layer.axes(inputs[0]))
    kernel, stride = pair(layer.kernel_size), pair(layer.stride or layer.kernel_size)
    if (kernel, padding) == ((1, 1), (0, 0)):
        return EverySecond(stride)
    ceil = layer.rounding == "ceil"
    if not isinstance(layer, AvgPool2d):
        return nn.MaxPool2d(kernel, stride, padding, pair(layer.dilation), ceil_mode=ceil)
    if pair(layer.dilation) != (1, 1):
        raise NoPeerError(layer, "a mean over windows with dilation")
    return nn.AvgPool2d(kernel, stride, padding, ceil, layer.count_include_pad)


def _even_padding(layer: Layer, axes: tuple[Axis, Axis]) -> tuple[int, int]:
    if any(axis.before != axis.after for axis in axes):
        raise NoPeerError(layer, "padding that differs between the sides")
    return axes[0].before, axes[1].before


def _batch_norm(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, BatchNorm)
    if not layer.unbiased_running_var:
        raise NoPeerError(layer, "unbiased_running_var = false")
    kind = nn.BatchNorm2d if len(inputs[0]) == 3 else nn.BatchNorm1d
    return kind(inputs[0][0], layer.eps, layer.momentum, layer.affine)


def _layer_norm(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, LayerNorm)
    if layer.over == "channels" and len(inputs[0]) == 3:
        return ChannelNorm(inputs[0][0], layer.eps, layer.affine, layer.bias)
    return nn.LayerNorm(inputs[0], layer.eps, layer.affine, layer.bias)


def _group_norm(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, GroupNorm)
    return nn.GroupNorm(layer.num_groups, inputs[0][0], layer.eps, layer.affine)


def _instance_norm(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, InstanceNorm)
    return nn.InstanceNorm2d(inputs[0][0], layer.eps, layer.momentum, layer.affine, layer.track_running_stats)


def _linear(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Linear)
    kind = FlatLinear if len(inputs[0]) > 1 else nn.Linear
    return kind(volume(inputs[0]), layer.out_features, layer.bias)


def _dropout(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Dropout)
    return nn.Dropout(layer.p)


def _prelu(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, PReLU)
    return nn.PReLU(layer.num_parameters)


def _pad(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Pad)
    if len(inputs[0]) == 1:
        return ZeroPad(layer.channels)
    if isinstance(layer.padding, Sides):
        sides = layer.padding
        return ZeroPad((sides.left, sides.right, sides.top, sides.bottom, *layer.channels))
    height, width = pair(layer.padding)
    return ZeroPad((width, width, height, height, *layer.channels))


def _gelu(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, GELU)
    return nn.GELU(layer.approximate)


def _softplus(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, Softplus)
    return nn.Softplus(layer.beta)


def _adaptive_pool(layer: Layer, inputs: Shapes) -> nn.Module:
    assert isinstance(layer, AdaptiveAvgPool2d)
    return nn.AdaptiveAvgPool2d(pair(layer.output_size))


_MAKERS: Mapping[str, Callable[[Layer, Shapes], nn.Module]] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "pad": _pad,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    "adaptive_avg_pool2d": _adaptive_pool,
    "global_avg_pool": lambda layer, inputs: GlobalPool(nn.AdaptiveAvgPool2d(1)),
    "global_max_pool": lambda layer, inputs: GlobalPool(nn.AdaptiveMaxPool2d(1)),
    "dropout": _dropout,
    "flatten": lambda layer, inputs: nn.Flatten(),
    "identity": lambda layer, inputs: nn.Identity(),
    "softmax": lambda layer, inputs: nn.Softmax(1),
    "silu": lambda layer, inputs: nn.SiLU(),
    "hard_swish": lambda layer, inputs: nn.Hardswish(),
    "hard_sigmoid": lambda layer, inputs: nn.Hardsigmoid(),
    "sigmoid": lambda layer, inputs: nn.Sigmoid(),
    "tanh": lambda layer, inputs: nn.Tanh(),
    "softsign": lambda layer, inputs: nn.Softsign(),
    "gelu": _gelu,
    "softplus": _softplus,
    "prelu": _prelu,
}
