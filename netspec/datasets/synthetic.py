"""Made-up sets for learning and for tests: points in the plane, and small drawings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import Array, Dataset, Part, Source, indexes
from netspec.datasets.cells import CELL_CLASSES, draw_cells
from netspec.datasets.shapes import SHAPES, draw_shapes
from netspec.random import stream

_DEFAULT_CLASSES = {"blobs": 3, "spirals": 2, "moons": 2, "circles": 2, "shapes": 4, "cells": 2}
_DEFAULT_NOISE = {"blobs": 0.2, "spirals": 0.03, "moons": 0.1, "circles": 0.05, "shapes": 0.1, "cells": 0.1}
_PICTURES = ("shapes", "cells")


class Synthetic(Dataset):
    """Made-up samples in equal numbers for each class: no file needed.

    blobs: Gaussian clouds; spirals: arms around the origin; moons: two half circles; circles: a ring around a ring;
    all in the plane, vectors [2]. shapes: pictures [1, size, size] of circles, squares, triangles, crosses, ….
    cells: pictures [1, size, size] of cells, with a class for each pixel: membrane or cell.
    """

    is_whole: ClassVar[bool] = True
    type: Literal["synthetic"] = "synthetic"

    kind: Literal["blobs", "spirals", "moons", "circles", "shapes", "cells"]
    """What to make."""

    samples: int = Field(default=1000, ge=2, le=1_000_000)
    """How many samples in all."""

    classes: int | None = Field(default=None, ge=2, le=100)
    """How many classes; moons, circles and cells have 2, shapes at most 8."""

    noise: float | None = Field(default=None, ge=0, le=10)
    """Standard deviation of the noise: in the plane where the figure is about 1 wide, in pictures from black 0 to 1."""

    size: int = Field(default=16, ge=8, le=128)
    """Side of the pictures of `shapes` and `cells`, in pixels."""

    seed: int = Field(default=0, ge=0)
    """Seed of the samples; separate from the run's seed, so that another run sees the same data."""

    @model_validator(mode="after")
    def _classes_fit_kind(self) -> Self:
        if self.kind in ("moons", "circles", "cells") and self.classes not in (None, 2):
            raise ValueError(f"{self.kind} has 2 classes, not {self.classes}; leave classes out")
        if self.kind == "shapes" and (self.classes or 0) > len(SHAPES):
            raise ValueError(f"shapes has at most {len(SHAPES)} classes, not {self.classes}")
        if self.kind not in _PICTURES and self.size != type(self).model_fields["size"].default:  # `render` writes defaults
            raise ValueError(f"size belongs to {' and '.join(_PICTURES)}, not to {self.kind}; remove it")
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        classes = self.classes or _DEFAULT_CLASSES[self.kind]
        noise = _DEFAULT_NOISE[self.kind] if self.noise is None else self.noise
        y = np.arange(self.samples, dtype=np.int64) % classes
        rng = stream(self.seed, "synthetic", self.kind)
        if self.kind == "cells":
            pictures, labels = draw_cells(self.samples, self.size, noise, rng)
            return Source({"all": Part(pictures, labels, indexes(self.samples))}, CELL_CLASSES)
        if self.kind == "shapes":
            x = draw_shapes(y, self.size, noise, rng)
            return Source({"all": Part(x, y, indexes(len(y)))}, tuple(SHAPES[:classes]))
        points = _PLANE[self.kind](y, classes, rng)
        points += rng.normal(0.0, noise, points.shape)
        part = Part(points.astype(np.float32), y, indexes(len(y)))
        return Source({"all": part}, tuple(str(i) for i in range(classes)), full_scale=None)

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        if self.kind in _PICTURES and len(input_shape) == 3 and input_shape[1] == input_shape[2]:
            return f"set shape = {list(shape)} under [input], or size = {input_shape[1]} under [data] (1 channel)"
        return super().shape_hint(shape, input_shape)


def _blobs(y: Array, classes: int, rng: np.random.Generator) -> Array:
    """Centres of the clouds, evenly on the unit circle."""
    return _polar(np.ones(len(y)), 2 * np.pi * y / classes)


def _spirals(y: Array, classes: int, rng: np.random.Generator) -> Array:
    """Radius t, angle 3πt + 2πc/K, t in (0.05, 1): one and a half turns for each arm."""
    t = rng.uniform(0.05, 1.0, len(y))
    return _polar(t, 3 * np.pi * t + 2 * np.pi * y / classes)


def _moons(y: Array, classes: int, rng: np.random.Generator) -> Array:
    """(cos a, sin a) and (1 − cos a, ½ − sin a), a in (0, π)."""
    upper = _polar(np.ones(len(y)), rng.uniform(0, np.pi, len(y)))
    return np.where((y == 0)[:, None], upper, [1.0, 0.5] - upper)


def _circles(y: Array, classes: int, rng: np.random.Generator) -> Array:
    """Radius 1 and radius ½."""
    return _polar(np.where(y == 0, 1.0, 0.5), rng.uniform(0, 2 * np.pi, len(y)))


def _polar(radius: Array, angle: Array) -> Array:
    """(N, 2) points of the plane."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_PLANE: dict[str, Callable[[Array, int, np.random.Generator], Array]] = {
    "blobs": _blobs,
    "spirals": _spirals,
    "moons": _moons,
    "circles": _circles,
}
