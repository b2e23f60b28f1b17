"""Which objects a detector sees in a picture, and where: boxes for `netspec predict`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.batch import MAIN
from netspec.datasets.box_pictures import BoxPictures
from netspec.datasets.images import load_image
from netspec.datasets.placing import load_placed
from netspec.datasets.region_crops import RegionCrops
from netspec.datasets.regions import ROIS, Regions
from netspec.detection.boxes import clip_boxes
from netspec.detection.candidates import Candidates, Detects, best_of
from netspec.inside.errors import InsideError
from netspec.inside.network import Network
from netspec.inside.predicting import class_name
from netspec.inside.segmenting import class_colours
from netspec.training.detecting import detecting_loss

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Detection:
    """One object. box: x1, y1, x2, y2 in pixels of the picture's file."""

    label: int
    class_name: str
    score: float
    box: tuple[float, float, float, float]

    def to_json(self) -> dict[str, Any]:
        """As `netspec predict --format json` prints it."""
        return {"class": self.class_name, "score": self.score, "box": [round(edge, 2) for edge in self.box]}


def is_detector(network: Network) -> bool:
    """Whether one of the losses knows what the outputs mean as boxes."""
    return detecting_loss(network.spec.losses) is not None


def detect_file(network: Network, path: Path) -> list[Detection]:
    """The objects in a picture, surest first. Raises InsideError and DataError."""
    loss, data = detecting_loss(network.spec.losses), network.spec.data
    assert loss is not None
    if path.suffix.lower() == ".npy":
        raise InsideError(f"{path}: a detector looks at pictures", "give PNG or JPEG files")
    is_cut = isinstance(data, RegionCrops)
    channels, *size = _picture_input(network)
    looked_at = data.picture if isinstance(data, RegionCrops) else (size[0], size[1])
    fit = data.fit if isinstance(data, BoxPictures) else "stretch"
    pixels, place, (width, height) = load_placed(path, channels, looked_at, fit)
    turns = _crops(network, data, pixels) if is_cut else _whole(network, data, pixels)
    found = [item for feed, rois in turns for item in _candidates(network, loss, feed, rois)]
    rows = best_of(found, loss) if found else np.zeros((0, 6))
    rows = rows[rows[:, 0] >= 0]
    boxes = clip_boxes(place.back(rows[:, 2:]), height, width)
    return [_detection(network, row, box) for row, box in zip(rows, boxes, strict=True)]


def _detection(network: Network, row: Array, box: Array) -> Detection:
    label = int(row[0])
    x1, y1, x2, y2 = (float(edge) for edge in box)
    return Detection(label, class_name(network.classes, label), float(row[1]), (x1, y1, x2, y2))


def _picture_input(network: Network) -> tuple[int, ...]:
    """[C, H, W] of the input that is a picture."""
    return next(tuple(item.shape) for item in network.spec.inputs if len(item.shape) == 3)


def _whole(network: Network, data: object, pixels: Array) -> Iterator[tuple[Mapping[str, Array], Array | None]]:
    """The picture, once; or with all its regions, as many at a time as the network reads."""
    x = _normalized(network, pixels[None])
    names = {item.name for item in network.spec.inputs}
    if ROIS not in names:
        yield {MAIN: x}, None
        return
    if not isinstance(data, Regions):
        raise InsideError("the network reads regions, but its data propose none", 'use [data] type = "regions"')
    rois = data.propose(pixels)
    for start in range(0, len(rois), data.regions):
        turn = np.full((1, data.regions, 4), -1.0)
        some = rois[start : start + data.regions]
        turn[0, : len(some)] = some
        yield {MAIN: x, ROIS: turn.astype(x.dtype)}, turn


def _crops(network: Network, data: object, pixels: Array) -> Iterator[tuple[Mapping[str, Array], Array | None]]:
    """Every region cut out, as many at a time as the program takes."""
    assert isinstance(data, RegionCrops)
    rois = data.propose(pixels)
    _, height, width = _picture_input(network)
    x = _normalized(network, data.cut(pixels, rois, (height, width)))
    step = network.program.batch_size
    for start in range(0, len(rois), step):
        yield {MAIN: x[start : start + step]}, rois[start : start + step, None]


def _normalized(network: Network, pictures: Array) -> Array:
    return network.known_normalization().apply(pictures, network.program.dtype)


def _candidates(network: Network, loss: Detects, feed: Mapping[str, Array], rois: Array | None) -> list[Candidates]:
    lane = network.program.lanes[0]
    lane.evaluate({name: np.ascontiguousarray(array) for name, array in feed.items()})
    outputs = lane.all_outputs()
    bad = next((name for name, array in outputs.items() if not np.isfinite(array).all()), None)
    if bad is not None:
        hint = "see whether the training ended in NaN"
        raise InsideError(f"the output {bad} is NaN or infinite", hint, is_failure=True)
    return loss.candidates(outputs, rois)


def draw(path: Path, found: list[Detection], count: int) -> Array:
    """The picture (H, W, 3) with a frame, the class and the score of every object; count: of classes, for their colours."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(load_image(path, 3, None))
    pen, colours = ImageDraw.Draw(image), class_colours(max(count, 1 + max((item.label for item in found), default=0)))
    size = max(10, round(min(image.size) / 40))
    font, line = ImageFont.load_default(size), max(1, round(size / 6))
    for item in reversed(found):  # the surest on top
        colour = tuple(int(part) for part in colours[item.label])
        pen.rectangle(item.box, outline=colour, width=line)
        text = f"{item.class_name} {100 * item.score:.0f} %"
        left, top = item.box[0], max(0.0, item.box[1] - size - 2)
        pen.rectangle((left, top, left + pen.textlength(text, font=font) + 4, top + size + 2), fill=colour)
        dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140
        pen.text((left + 2, top), text, fill="white" if dark else "black", font=font)
    return np.asarray(image, np.uint8)
