"""Augmented training samples: what the spec's augmentations ask for each sample, composed and made by compiled kernels.

Geometry first (all maps composed, so that a picture is sampled once), then colours, then erasing, then mixing; among their
kind in the order of the spec. Everything drawn is a pure function of (seed, place in the list, epoch, sample), so that
the same samples come at any batch size, in any order, with any number of threads, and after a resume.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from netspec.augment.base import Augmentation, Colour, Erasing, Fill, Floats, Geometric, Integers, Mixing, identity_maps
from netspec.augment.checks import fill_of
from netspec.augment.geometry import compose, move_boxes
from netspec.datasets.augment_checks import check_targets, is_boxes, is_masks, scenes_of
from netspec.datasets.base import Array, Part
from netspec.datasets.batch import Batch
from netspec.random import key, uniforms

if TYPE_CHECKING:
    from netspec.datasets.normalization import Normalization

RULES: dict[Fill, int] = {"zeros": 0, "mean": 0, "edge": 1, "reflect": 2}
"""As `netspec.kernels.pictures` numbers them."""
Kind = TypeVar("Kind", bound=Augmentation)


class Augmenter:
    """The augmentations of a training part. Raises DataError when they do not go with it.

    seed: the run's. classes: how many there are, None for other targets. outside: label of mask pixels that lie outside of
    the picture, the loss's ignore_index.
    """

    def __init__(
        self,
        augment: tuple[Augmentation, ...],
        part: Part,
        normalization: Normalization,
        seed: int,
        classes: int | None = None,
        outside: int | None = None,
    ) -> None:
        self.augment, self.part, self.seed, self.classes, self.outside = augment, part, seed, classes, outside
        self.scenes = scenes_of(augment, part)
        check_targets(augment, part, classes, outside)
        self.stored = np.ascontiguousarray(part.x if part.stored is None else part.stored)
        self.made, self.channels = (part.x.shape[1], part.x.shape[2]), part.x.shape[3]
        self.fill: Fill = fill_of(augment)
        is_whole = self.stored.dtype.kind in "iu"
        self._mean = np.rint(normalization.mean) if is_whole else normalization.mean
        white = normalization.full_scale or (255.0 if is_whole else None)
        self._limits = np.array([0.5 * is_whole, *((-np.inf, np.inf) if white is None else (0.0, white))])
        self._load_kernels()

    def batch(self, index: NDArray[np.int64], epoch: int) -> Batch:
        """The samples of these rows as they look in an epoch (counted from 0): pictures as stored, not normalized."""
        batch = self._look(index, epoch)
        for place, item in self._of(Mixing):
            batch = self._mixed(batch, epoch, place, item)
        return batch

    def _look(self, index: NDArray[np.int64], epoch: int) -> Batch:
        maps = identity_maps(len(index))
        for place, item in self._of(Geometric):
            chosen, draws = self._draw(place, item, index, epoch)
            own = item.maps(draws, self.scenes[place])
            maps = compose(
                maps, own if chosen.all() else np.where(chosen[:, None, None], own, identity_maps(len(index)))
            )
        maps = np.ascontiguousarray(maps)
        x = self._recoloured(self._warped(self.stored, index, maps), index, epoch)
        self._erase(x, index, epoch)
        inputs = {name: np.take(array, index, axis=0) for name, array in self.part.inputs.items()}
        targets = {name: self._targets(array, index, maps) for name, array in self.part.targets.items()}
        return Batch(x, self._targets(self.part.y, index, maps), index, inputs, targets)

    def _warped(self, stored: Array, index: NDArray[np.int64], maps: Floats, outside: float | None = None) -> Array:
        """Pictures, or masks (`outside` given) by their nearest pixels."""
        from netspec.kernels.pictures import warp_pictures
        from netspec.kernels.serial import run_serial

        height, width, channels = stored.shape[1:]
        made_h, made_w = self.made
        out = np.empty((len(index), made_h, made_w, channels), stored.dtype)
        fill = (
            self._outside_colour(is_mean=self.fill == "mean")
            if outside is None
            else np.full(channels, outside, np.float64)
        )
        run_serial(
            warp_pictures, stored.dtype.name, stored=stored, index=np.ascontiguousarray(index), maps=maps, out=out,
            samples=len(index), height=height, width=width, made_h=made_h, made_w=made_w, channels=channels,
            rule=RULES[self.fill], fill=fill, limits=self._limits, nearest=outside is not None,
        )  # fmt: skip
        return out

    def _recoloured(self, x: Array, index: NDArray[np.int64], epoch: int) -> Array:
        own, mean = None, None
        for place, item in self._of(Colour):
            chosen, draws = self._draw(place, item, index, epoch)
            matrices = item.matrices(draws, self.scenes[place])
            a, b = matrices[:, :, : self.channels], matrices[:, :, self.channels :]
            a, b = np.where(chosen[:, None, None], a, np.eye(self.channels)), np.where(chosen[:, None, None], b, 0.0)
            own, mean = (a, b) if own is None or mean is None else (a @ own, a @ mean + b @ (own + mean))
        if own is None or mean is None:
            return x
        return self._apply_colours(x, np.concatenate([own, mean], axis=2))

    def _apply_colours(self, x: Array, matrices: Floats) -> Array:
        from netspec.kernels.pictures import recolour_pictures
        from netspec.kernels.serial import run_serial

        y = np.empty_like(x)
        run_serial(
            recolour_pictures, x.dtype.name, x=x, matrices=np.ascontiguousarray(matrices), y=y, samples=len(x),
            offsets=np.empty((len(x), 2, self.channels)), pixels=self.made[0] * self.made[1], channels=self.channels,
            limits=self._limits,
        )  # fmt: skip
        return y

    def _erase(self, x: Array, index: NDArray[np.int64], epoch: int) -> None:
        from netspec.kernels.pictures import erase_pictures
        from netspec.kernels.serial import run_serial

        for place, item in self._of(Erasing):
            chosen, draws = self._draw(place, item, index, epoch)
            rectangles = np.where(chosen[:, None], item.rectangles(draws, self.scenes[place]), 0)
            run_serial(
                erase_pictures, x.dtype.name, x=x, rectangles=rectangles, samples=len(x), height=self.made[0],
                width=self.made[1], channels=self.channels, fill=self._outside_colour(is_mean=item.fill == "mean"),
            )  # fmt: skip

    def _targets(self, y: Array, index: NDArray[np.int64], maps: Floats) -> Array:
        """Labels and numbers as they are; masks and boxes follow their pictures."""
        if is_masks(y):
            outside = -1 if self.outside is None else self.outside
            return self._warped(np.ascontiguousarray(y)[..., None], index, maps, outside)[..., 0]
        rows: Array = np.take(y, index, axis=0)
        return move_boxes(rows, maps, self.made) if is_boxes(y) else rows

    def _mixed(self, batch: Batch, epoch: int, place: int, item: Mixing) -> Batch:
        assert self.classes is not None
        chosen, draws = self._draw(place, item, batch.index, epoch, more=1)
        partner = np.minimum((draws[:, -1] * len(self.part)).astype(np.int64), len(self.part) - 1)
        share, rectangles = item.shares(draws[:, :-1], self.scenes[place])
        share = np.where(chosen, share, 1.0)
        other = self._look(partner, epoch)
        if rectangles is None:
            x = _averaged(batch.x, other.x, share)
        else:
            x = _pasted(batch.x, other.x, np.where(chosen[:, None], rectangles, 0))
        soft = np.zeros((len(x), self.classes), np.float32)
        rows = np.arange(len(x))
        soft[rows, batch.y] = share
        soft[rows, other.y] += (1 - share).astype(np.float32)
        return replace(batch, x=x, y=np.where(share >= 0.5, batch.y, other.y), soft=soft)

    def _draw(
        self, place: int, item: Augmentation, index: NDArray[np.int64], epoch: int, more: int = 0
    ) -> tuple[NDArray[np.bool_], Floats]:
        """Whether each sample is changed, and the numbers that say how."""
        numbers = uniforms(key(self.seed, "augmentation", place, epoch), index, 1 + item.draws + more)
        return numbers[:, 0] < item.chance(), numbers[:, 1:]

    def _of(self, kind: type[Kind]) -> list[tuple[int, Kind]]:
        return [(place, item) for place, item in enumerate(self.augment) if isinstance(item, kind)]

    def _outside_colour(self, *, is_mean: bool) -> Floats:
        return np.ascontiguousarray(self._mean) if is_mean else np.zeros(self.channels)

    def _load_kernels(self) -> None:
        """Compile what is not compiled yet, so that the first batch does not wait."""
        from netspec.kernels import pictures

        dtype = self.stored.dtype.name
        pictures.warp_pictures.address(dtype)
        for kind, kernel in ((Colour, pictures.recolour_pictures), (Erasing, pictures.erase_pictures)):
            if self._of(kind):
                kernel.address(dtype)
        if is_masks(self.part.y):
            pictures.warp_pictures.address(self.part.y.dtype.name)


def _averaged(x: Array, other: Array, share: Floats) -> Array:
    """share·x + (1 − share)·other, rounded where pictures are bytes."""
    weight = share[:, None, None, None].astype(np.float32)
    mixed = x * weight + other * (1 - weight)
    return (np.rint(mixed) if x.dtype.kind in "iu" else mixed).astype(x.dtype)


def _pasted(x: Array, other: Array, rectangles: Integers) -> Array:
    """x with the rectangles [top, left, bottom, right] of `other`."""
    for n, (top, left, bottom, right) in enumerate(rectangles):
        x[n, top:bottom, left:right] = other[n, top:bottom, left:right]
    return x
