"""Pictures of a set whose files hold them all in one size → the size of the network's input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netspec.datasets.base import Array, DataError, Dataset, Part, PartName

MOST = 8 * 2**30
"""Bytes that scaled pictures may take at most."""


class StoredPictures(Dataset):
    """Base of the kinds whose pictures all have the size that their files give them."""

    scale_to_input: bool = False
    """Scale pictures to the height and width of the network's input, and repeat grey ones for its three channels, as networks
    that were trained on photographs expect; without this key another size is an error."""

    def scaled(
        self, parts: Mapping[PartName, Part], input_shape: tuple[int, ...] | None
    ) -> tuple[dict[PartName, Part], tuple[str, ...]]:
        """The parts fitted to the input [C, H, W], with a note where that changes anything. Raises DataError."""
        shape = next(iter(parts.values())).shape
        if not self.scale_to_input or input_shape is None or shape == input_shape:
            return dict(parts), ()
        if not can_scale(shape, input_shape):
            raise DataError(
                f"[data] scale_to_input: samples are {list(shape)}, the network's input is {list(input_shape)}",
                "it scales pictures [C, H, W], and repeats one channel for three; remove it, or correct shape under [input]",
            )
        bytes_ = sum(len(part) * part.x.itemsize for part in parts.values()) * int(np.prod(input_shape))
        if bytes_ > MOST:
            raise DataError(
                f"[data] scale_to_input: pictures of {list(input_shape)} would take {bytes_ / 2**30:.0f} GiB",
                "use a smaller input (--set input.size=64), or fewer samples (--set data.limit=5000)",
            )
        made = {name: replace(part, x=scale(part.x, input_shape)) for name, part in parts.items()}
        grey = ", their grey repeated for 3 channels" if shape[0] != input_shape[0] else ""
        note = f"pictures of {shape[2]}×{shape[1]} are scaled to {input_shape[2]}×{input_shape[1]}{grey}"
        return made, (f"{note} ({bytes_ / 2**20:.0f} MiB)",)

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        hint = super().shape_hint(shape, input_shape)
        is_key = can_scale(shape, input_shape) and not self.scale_to_input
        return f"{hint}, or scale_to_input = true under [data]" if is_key else hint


def can_scale(shape: tuple[int, ...], input_shape: tuple[int, ...]) -> bool:
    """Whether pictures can become ones of the input's shape: both are [C, H, W], of as many channels or of 1 and 3."""
    if len(shape) != 3 or len(input_shape) != 3:
        return False
    return shape[0] == input_shape[0] or (shape[0], input_shape[0]) == (1, 3)


def scale(x: Array, shape: tuple[int, ...]) -> Array:
    """(N, h, w, c) → (N, H, W, C) by antialiased bilinear interpolation, each stretched as a whole; bytes stay bytes."""
    from PIL import Image

    channels, height, width = shape
    y = np.empty((len(x), height, width, x.shape[3]), x.dtype)
    kind = np.uint8 if x.dtype == np.uint8 else np.float32
    for picture, out in zip(x, y, strict=True):
        for channel in range(x.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(picture[..., channel], kind))
            out[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
    return y if channels == x.shape[3] else np.repeat(y, channels, axis=3)
