"""What every augmentation is: fields, and a rule from random numbers to what is done with each sample.

An augmentation never touches a picture. For a batch it gives, sample by sample, an affine map of places (`Geometric`), a
matrix of colours (`Colour`), a rectangle (`Erasing`) or a partner (`Mixing`); `augmenter.py` composes them and lets one
compiled kernel make the pictures. The numbers it draws are a pure function of (seed, its place in the list, epoch, sample).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.registry import Plugin

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Size = tuple[int, int]
"""Height and width of a picture."""

Fill = Literal["zeros", "mean", "edge", "reflect"]
"""What lies outside of a picture: 0 as stored (black), the number that normalization turns into 0, the nearest pixel, or
the picture's mirror image."""


class AugmentError(Exception):
    """An augmentation does not go with the data; `message` says why, `hint` what to do, `key` which key of it."""

    def __init__(self, message: str, hint: str, key: str | None = None) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint, self.key = message, hint, key


class Scene(NamedTuple):
    """What an augmentation is told before anything is drawn.

    size: of the pictures it is given; made: of the network's input; channels; samples: of the training part.
    """

    size: Size
    made: Size
    channels: int
    samples: int


class Augmentation(Plugin):
    """Base of all augmentations."""

    draws: ClassVar[int] = 0
    """Random numbers for each sample, beside the one that decides whether it is changed."""
    cuts: ClassVar[bool] = False
    """Whether it makes pictures of the network's input size out of those it is given, which may be larger."""

    def chance(self) -> float:
        """Share of the samples that it changes."""
        return float(getattr(self, "probability", 1.0))

    def check(self, scene: Scene) -> None:
        """Raise AugmentError when it does not go with such pictures, or would change none of them."""


class Geometric(Augmentation):
    """Moves, turns or stretches pictures, with their masks and boxes."""

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        """(n, 2, 3) [[a, b, s], [c, d, t]]: place (x, y) of the new picture is (ax + by + s, cx + dy + t) of the given one.

        Places are in pixels from the upper left corner, so that pixel (i, j) covers [j, j + 1) × [i, i + 1).
        draws: (n, self.draws) in [0, 1).
        """
        raise NotImplementedError

    def reaches_out(self) -> bool:
        """Whether the new picture may show what lies outside of the given one; `fill` says what that is."""
        return "fill" in type(self).model_fields


class Colour(Augmentation):
    """Changes the colour of each pixel."""

    def matrices(self, draws: Floats, scene: Scene) -> Floats:
        """(n, C, 2C) [A, B]: colour x becomes A·x + B·μ, where μ is the picture's mean colour. draws: (n, self.draws)."""
        raise NotImplementedError


class Erasing(Augmentation):
    """Erases a rectangle of each picture."""

    fill: Literal["zeros", "mean"] = "mean"
    """What stands there then: 0 as stored (black), or the number that normalization turns into 0."""

    def rectangles(self, draws: Floats, scene: Scene) -> Integers:
        """(n, 4) [top, left, bottom, right], the last two not included. draws: (n, self.draws) in [0, 1)."""
        raise NotImplementedError


class Mixing(Augmentation):
    """Mixes each sample with another one of the training part, and their classes with it.

    The partner may be any training sample and looks as it does itself in this epoch, so that a mixed sample depends
    neither on the batch nor on the order. Targets become probabilities: λ of the own class, 1 − λ of the partner's.
    """

    alpha: float = Field(default=1.0, gt=0, le=100)
    """λ is drawn from Beta(alpha, alpha): near 0 or 1 for a small alpha, near a half for a large one."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples that are mixed."""

    def shares(self, draws: Floats, scene: Scene) -> tuple[Floats, Integers | None]:
        """λ (n,), and the rectangles (n, 4) that are the partner's; None where whole pictures are averaged."""
        raise NotImplementedError


def between(draws: Floats, least: float, most: float) -> Floats:
    """Numbers in [0, 1) → evenly in [least, most)."""
    return least + draws * (most - least)


def whole_between(draws: Floats, least: Any, most: Any) -> Floats:
    """Numbers in [0, 1) → whole numbers from `least` to `most`, each as likely, as floats."""
    return np.asarray(np.floor(draws * (np.asarray(most) - least + 1)) + least, np.float64)


def identity_maps(n: int) -> Floats:
    """(n, 2, 3) maps that leave every place where it is."""
    return np.tile(np.eye(2, 3), (n, 1, 1))
