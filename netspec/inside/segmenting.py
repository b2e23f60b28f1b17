"""Which class each pixel of a picture is, by a network with a score for each class and pixel: masks for `netspec predict`."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import DataError
from netspec.datasets.images import load_image
from netspec.datasets.mask_folder import MaskFolder
from netspec.datasets.tiles import cut, stitch, tiles_of
from netspec.inside.errors import InsideError
from netspec.inside.network import Network
from netspec.inside.predicting import as_seen, class_name, read_input, refuse_nonfinite
from netspec.training.evaluate import predict as run
from netspec.training.evaluate import probabilities

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7F7F7F")
"""Of the first classes, told apart by colour-blind eyes, too (after Okabe & Ito)."""
TINT = 0.45
"""How much of a class's colour lies over the picture."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One picture (H, W, 1 or 3) and the class of each of its pixels (H, W)."""

    name: str
    picture: Bytes
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def shares(self) -> dict[str, float]:
        """Class → its share of the pixels."""
        counts = np.bincount(self.labels.reshape(-1), minlength=len(self.classes))
        return dict(zip(self.classes, (counts / self.labels.size).tolist(), strict=True))

    def overlay(self) -> Bytes:
        """The picture (H, W, 3) with each class's colour over it."""
        tinted = (1 - TINT) * self.picture + TINT * class_colours(len(self.classes))[self.labels]
        return np.asarray(np.rint(tinted), np.uint8)


def is_segmentation(network: Network) -> bool:
    """Whether the network gives a score for each class and pixel: [C, H, W] of the input's size, read by a loss of classes."""
    spec, program = network.spec, network.program
    if spec.loss is None or spec.loss.target_kind != "class" or len(spec.inputs) != 1:
        return False
    output = program.shapes[spec.loss.input or program.start.outputs[-1]]
    return len(output) == 3 and output[1:] == tuple(spec.inputs[0].shape[1:])


def segment_file(network: Network, path: Path) -> list[Segmentation]:
    """The classes of the pixels of a picture of any size, or of each sample of an array. Raises InsideError and DataError."""
    if path.suffix.lower() == ".npy":
        return _segment_array(network, path)
    pixels = _load(network, path)
    scaled = network.spec.data.scaled(pixels, _size(network)) if isinstance(network.spec.data, MaskFolder) else pixels
    scores = _scores_of_tiles(network, path, scaled)
    labels = _enlarged(np.argmax(scores, axis=0), pixels.shape[:2])
    return [Segmentation(str(path), pixels, labels, _classes(network, len(scores)))]


def class_colours(count: int) -> Bytes:
    """(count, 3): a colour for each class, from the eighth on by hue."""
    known = [tuple(bytes.fromhex(colour[1:])) for colour in COLOURS[:count]]
    more = (colorsys.hsv_to_rgb(0.618 * i % 1, 0.6 + 0.3 * (i % 2), 0.9) for i in range(len(known), count))
    return np.array([*known, *(tuple(round(255 * c) for c in rgb) for rgb in more)], np.uint8).reshape(count, 3)


def write_mask(path: Path, labels: NDArray[np.int64], values: Sequence[Any] | None) -> None:
    """A PNG of the labels: in the values of the training masks where the spec names them, else a palette picture of numbers."""
    from PIL import Image

    if values is not None:
        table = np.array(values)
        is_deep = table.ndim == 1 and table.max() > 255
        Image.fromarray(table.astype(np.uint16 if is_deep else np.uint8)[labels]).save(path)
        return
    if labels.max() > 255:
        Image.fromarray(labels.astype(np.uint16)).save(path)
        return
    image = Image.fromarray(labels.astype(np.uint8))
    image.putpalette(class_colours(256).tobytes())
    image.save(path)


def _load(network: Network, path: Path) -> Bytes:
    white = network.known_normalization().full_scale
    if white is None:
        raise DataError(
            f"{path}: a picture has pixels 0…255, but the training values have no known white value",
            "give a .npy file of samples in the units of the training data",
        )
    return np.asarray(load_image(path, network.spec.inputs[0].shape[0], None), np.uint8)


def _scores_of_tiles(network: Network, path: Path, picture: Bytes) -> Array:
    """Scores (C, H, W) of a picture (H, W, channels), from overlapping tiles of the network's input."""
    size, (height, width) = _size(network), picture.shape[:2]
    short = (max(0, size[0] - height), max(0, size[1] - width))
    whole = np.pad(picture, ((0, short[0]), (0, short[1]), (0, 0)), mode="edge")
    tiles = tiles_of(whole.shape[:2], size, overlap=min(size) // 4)
    scores = _scores(network, path, np.stack([cut(whole, tile, size) for tile in tiles]))
    return stitch(scores, tiles, whole.shape[:2])[:, :height, :width]


def _scores(network: Network, path: Path, tiles: Array) -> Array:
    """What `_evaluate` gives for tiles of pixels 0 … 255."""
    normalization = network.known_normalization()
    white = normalization.full_scale
    assert white is not None
    x = normalization.apply(tiles if white == 255 else tiles * (white / 255), network.program.dtype)
    return _evaluate(network, path, x)


def _evaluate(network: Network, path: Path, x: Array) -> Array:
    """Probabilities (N, C, H, W) where the loss defines them, else the outputs; one score z as the two scores 0 and z."""
    outputs = run(network.program.lanes[0], x, network.program.batch_size, network.spec.loss)
    refuse_nonfinite(path, x, outputs)
    likely = probabilities(outputs, network.spec.loss)
    if likely is not None:
        return likely
    return outputs if outputs.shape[1] > 1 else np.concatenate([np.zeros_like(outputs), outputs], axis=1)


def _segment_array(network: Network, path: Path) -> list[Segmentation]:
    x = read_input(network, path)
    scores, seen = _evaluate(network, path, x), as_seen(network, x)
    labels = np.argmax(scores, axis=1)
    if seen is None or seen.shape[3] not in (1, 3):
        raise InsideError(f"{path}: samples of {x.shape[3]} channels are no pictures", "give 1 (grey) or 3 (colour)")
    classes = _classes(network, scores.shape[1])
    names = [str(path) if len(x) == 1 else f"{path}[{index}]" for index in range(len(x))]
    return [Segmentation(name, seen[i], labels[i], classes) for i, name in enumerate(names)]


def _classes(network: Network, count: int) -> tuple[str, ...]:
    return tuple(class_name(network.classes, label) for label in range(count))


def _size(network: Network) -> tuple[int, int]:
    _, height, width = network.spec.inputs[0].shape
    return height, width


def _enlarged(labels: Array, size: tuple[int, ...]) -> NDArray[np.int64]:
    """Labels (h, w) → (H, W) by the nearest pixel."""
    rows, columns = (
        (np.arange(new) * 2 + 1) * old // (2 * new) for old, new in zip(labels.shape, size, strict=True)
    )
    return np.asarray(labels[rows][:, columns], np.int64)
