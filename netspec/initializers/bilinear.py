"""Bilinear interpolation as the weights of a transposed convolution."""

from __future__ import annotations

import functools
from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats, Initializer


class Bilinear(Initializer):
    """A tent in each channel's own window, 0 between channels: a conv_transpose2d that enlarges pictures smoothly.

    w[c, o, r, s] = (1 − |r − m|/f) · (1 − |s − m|/f) where o = c modulo (O/groups), with f = ceil(K/2) and m = f − 1 for an
    odd K, f − ½ for an even one. With kernel_size 2·S − S mod 2, stride S and
    padding ceil((S − 1)/2), and groups or out_channels equal to the channels, the layer interpolates by the factor S.
    The weight of a linear layer becomes the identity, a bias 0.
    Source: Long, Shelhamer & Darrell 2015, CVPR, arXiv:1411.4038, §3.3.
    """

    type: Literal["bilinear"] = "bilinear"
    aliases: ClassVar[tuple[str, ...]] = ("bilinear_upsampling",)
    draws_in_order: ClassVar[bool] = False

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        weight = np.zeros(shape)
        if len(shape) > 1:
            tents = functools.reduce(np.multiply.outer, [_tent(size) for size in shape[2:]], np.ones(()))
            channel = np.arange(shape[0])
            weight[channel, channel % shape[1]] = tents
        return weight


def _tent(size: int) -> Floats:
    factor = (size + 1) // 2
    middle = factor - 1.0 if size % 2 else factor - 0.5
    tent: Floats = 1 - np.abs(np.arange(size) - middle) / factor
    return tent
