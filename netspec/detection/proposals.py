"""Boxes in which there may be an object: segments of a picture, and what they grow into when alike ones are joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, as_boxes, clip_boxes
from netspec.detection.suppression import suppress

SIDE = 160
"""Longer side of the picture that is looked at, in pixels: enough for objects of a twentieth of it."""
BINS = 16
"""Of a colour's histogram."""
SCALES = (15.0, 50.0)
"""How unlike the pixels of one segment may be: the larger, the larger segments are."""
TWINS = 0.75
"""Of two boxes with more IoU than this one is enough."""
LEAST = 12
"""Pixels of the smallest segment."""


@dataclass
class Region:
    """A set of segments: its pixels, its box [x1, y1, x2, y2], and the shares of its colours (3 · BINS)."""

    size: int
    box: NDArray[np.float64]
    colours: NDArray[np.float64]


def propose(picture: NDArray[np.uint8], most: int) -> Boxes:
    """At most `most` boxes of a picture (H, W, C), in its pixels, those of large joined regions and of segments mixed.

    Like selective search: segments by colour at two scales and in two colour spaces are joined in pairs, always the
    two most alike neighbours, and every region on the way gives its box; those joined last come first. A pure function of
    the pixels.  Source: Uijlings et al. 2013, IJCV 104 (without its texture).
    """
    step = max(1, round(max(picture.shape[:2]) / SIDE))
    small = _shrunk(picture, step)
    boxes, places = [], []
    for space in (small, _opponent(small)):
        for scale in SCALES:
            grown = _grow(space, scale)[::-1]  # later joins first, as in selective search, here without its random factor
            boxes += grown
            places += [place / len(grown) for place in range(len(grown))]
    together = np.array(boxes)
    kept = suppress(together, -np.array(places), TWINS)[:most]
    return as_boxes(clip_boxes(together[kept] * step, picture.shape[0], picture.shape[1]))


def _shrunk(picture: NDArray[np.uint8], step: int) -> NDArray[np.float64]:
    """Means over squares of step × step pixels, three channels, smoothed by (1 2 1)/4 along both axes."""
    h, w = picture.shape[0] // step, picture.shape[1] // step
    cut = picture[: h * step, : w * step].astype(np.float64)
    small: NDArray[np.float64] = cut.reshape(h, step, w, step, -1).mean(axis=(1, 3))
    small = np.broadcast_to(small, (h, w, 3)) if small.shape[2] == 1 else small[:, :, :3]
    for axis in (0, 1):
        pad = np.pad(small, [(1, 1) if k == axis else (0, 0) for k in range(3)], mode="edge")
        a, b = (np.take(pad, np.arange(n, pad.shape[axis] - 2 + n), axis) for n in (0, 2))
        small = 0.25 * a + 0.5 * small + 0.25 * b
    return small


def _opponent(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Brightness / 3, red against green, yellow against blue: colour counts for more than light."""
    r, g, b = (rgb[..., k] for k in range(3))
    return np.stack([(r + g + b) / 9, 127.5 + (r - g) / 2, 127.5 + (r + g - 2 * b) / 4], axis=2)


def _grow(picture: NDArray[np.float64], scale: float) -> list[NDArray[np.float64]]:
    """Boxes of all segments, then of the regions that they are joined into, in the order of the joins."""
    labels = segments(picture, scale)
    regions = _regions(picture, labels)
    boxes = [region.box for region in regions]
    area = float(labels.size)
    alike = {pair: _likeness(regions[pair[0]], regions[pair[1]], area) for pair in _neighbours(labels)}
    while alike:
        a, b = max(alike, key=lambda pair: (alike[pair], pair))
        new = len(regions)
        regions.append(_joined(regions[a], regions[b]))
        boxes.append(regions[new].box)
        touched = {p for p in alike if a in p or b in p}
        for pair in touched:
            del alike[pair]
        for other in {k for pair in touched for k in pair} - {a, b}:
            alike[other, new] = _likeness(regions[other], regions[new], area)
    return boxes


def segments(picture: NDArray[np.float64], scale: float, least: int = LEAST) -> NDArray[np.int64]:
    """(H, W) number of each pixel's segment, from 0."""
    from netspec.kernels.segmentation import join_segments  # loads the compiler, which reading other data does without
    from netspec.kernels.serial import run_serial

    h, w = picture.shape[:2]
    place = np.arange(h * w).reshape(h, w)
    pairs, weights = [], []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        rows, columns = slice(0, h - dy), slice(max(0, -dx), w - max(0, dx))
        moved_rows, moved = slice(dy, h), slice(max(0, dx), w + min(0, dx))
        difference = picture[rows, columns] - picture[moved_rows, moved]
        weights.append(np.sqrt((difference**2).sum(axis=2)).reshape(-1))
        pairs.append(np.stack([place[rows, columns].reshape(-1), place[moved_rows, moved].reshape(-1)]))
    ends, weight = np.concatenate(pairs, axis=1), np.concatenate(weights)
    order = np.argsort(weight, kind="stable")
    parent, size, limit = np.zeros(h * w, np.int64), np.zeros(h * w, np.int64), np.zeros(h * w)
    first, second = (np.ascontiguousarray(end[order]) for end in ends)
    run_serial(
        join_segments, "float64", first=first, second=second, weight=weight[order], parent=parent, size=size, limit=limit,
        scale=np.array([scale]), least=least,
    )  # fmt: skip
    return np.unique(parent, return_inverse=True)[1].reshape(h, w)


def _regions(picture: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Region]:
    count = int(labels.max()) + 1
    flat = labels.reshape(-1)
    sizes = np.bincount(flat, minlength=count)
    rows, columns = (axis.reshape(-1) for axis in np.indices(labels.shape))
    box = np.empty((count, 4))
    box[:, :2] = np.inf
    box[:, 2:] = -np.inf
    np.minimum.at(box[:, 0], flat, columns)
    np.minimum.at(box[:, 1], flat, rows)
    np.maximum.at(box[:, 2], flat, columns + 1)
    np.maximum.at(box[:, 3], flat, rows + 1)
    levels = np.clip(picture * (BINS / 256), 0, BINS - 1).astype(np.int64).reshape(-1, 3) + BINS * np.arange(3)
    colours = np.zeros((count, 3 * BINS))
    np.add.at(colours, (flat[:, None], levels), 1.0)
    colours /= 3 * sizes[:, None]
    return [Region(int(sizes[k]), box[k], colours[k]) for k in range(count)]


def _neighbours(labels: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs of segments that touch, the smaller number first, in ascending order."""
    a = np.concatenate([labels[:, :-1].reshape(-1), labels[:-1].reshape(-1)])
    b = np.concatenate([labels[:, 1:].reshape(-1), labels[1:].reshape(-1)])
    pairs = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)[a != b], axis=0)
    return [(int(first), int(second)) for first, second in pairs]


def _likeness(a: Region, b: Region, area: float) -> float:
    """Of colours, in being small, and in filling their common box: each from 0 to 1."""
    colours = float(np.minimum(a.colours, b.colours).sum())
    outer = _around(a.box, b.box)
    empty = (outer[2] - outer[0]) * (outer[3] - outer[1]) - a.size - b.size
    return colours + (1 - (a.size + b.size) / area) + (1 - float(empty) / area)


def _joined(a: Region, b: Region) -> Region:
    size = a.size + b.size
    return Region(size, _around(a.box, b.box), (a.size * a.colours + b.size * b.colours) / size)


def _around(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
