"""What the data kinds of object detection share: pictures of one size with boxes, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated as Checked
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from netspec.datasets.annotations import Annotated, Listing, Scene, check_size, sound_objects
from netspec.datasets.base import Array, DataError, Dataset, Part, Source, attempt, raise_together, resolve
from netspec.datasets.coco import list_coco
from netspec.datasets.placing import Fit, Placement, load_placed
from netspec.datasets.voc import list_voc
from netspec.detection.boxes import NO_BOX, as_boxes

Side = Checked[int, Field(ge=1, le=4096)]
APART = -2
"""Class −2 − c marks an object of class c that counts neither as found nor as missed."""


class Loaded(NamedTuple):
    """A picture (H, W, C) uint8 of the network's size, where it went, its objects, and what was wrong with some."""

    scene: Scene
    pixels: Array
    place: Placement
    objects: list[Annotated]
    faults: list[DataError]


@dataclass(frozen=True)
class Scenes:
    """All pictures of a set that can be used, the classes in label order, and every fault."""

    loaded: list[Loaded]
    classes: list[str]
    faults: list[DataError]

    def part(self, name: str) -> list[Loaded]:
        """The pictures of one part."""
        return [item for item in self.loaded if item.scene.part == name]

    def part_names(self) -> list[str]:
        """The parts that have a picture, in their order."""
        return list(dict.fromkeys(item.scene.part for item in self.loaded))


class BoxPictures(Dataset):
    """Base of the kinds that read pictures with boxes."""

    root: str
    """The folder, relative to the spec file."""

    format: Literal["voc", "coco"] = "voc"
    """"voc": an XML file for each picture (JPEGImages, Annotations, lists in ImageSets/Main; or all in one folder);
    "coco": a JSON file for each part (annotations/instances_train.json, …)."""

    classes: list[str] | None = Field(default=None, min_length=1)
    """Names of the classes in label order; without this key all that occur, in alphabetical order (COCO: by number)."""

    fit: Fit = "stretch"
    """How a picture gets the network's size: "stretch" its sides, or "letterbox": scale it evenly and fill up with grey."""

    size: tuple[Side, Side] | None = None
    """[height, width] of the samples; without this key the size of the network's input."""

    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for colour; without this key as many as the network's input has."""

    on_bad: Literal["fail", "skip"] = "fail"
    """What to do with pictures that cannot be read and boxes that are wrong: stop and list them, or leave them out (boxes
    that reach outside the picture are cut off) and list them."""

    def scenes(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Scenes:
        """Everything that can be read, with all faults. Raises DataError where there is nothing to read at all."""
        root = resolve(base_dir, self.root)
        if not root.is_dir():
            raise DataError(f"[data] root: {root} is not a folder", "correct root; it is relative to the spec file")
        listing: Listing = list_voc(root) if self.format == "voc" else list_coco(root)
        channels, size = self.target(input_shape)
        classes = self.classes or listing.classes

        def load(scene: Scene) -> Loaded | DataError:
            return attempt(lambda _: self._load(scene, channels, size, classes), scene.picture)

        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            found = list(pool.map(load, listing.scenes))
        loaded = [item for item in found if isinstance(item, Loaded)]
        faults = [*listing.faults, *(item for item in found if isinstance(item, DataError))]
        faults += [fault for item in loaded for fault in item.faults]
        return Scenes(loaded, classes, faults)

    def _load(self, scene: Scene, channels: int, size: tuple[int, int], classes: Sequence[str]) -> Loaded:
        pixels, place, stored = load_placed(scene.picture, channels, size, self.fit)
        problem = check_size(scene, stored)
        if problem is not None:
            raise problem
        objects, faults = sound_objects(scene, stored, classes)
        return Loaded(scene, pixels, place, objects, faults)

    def usable(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Scenes:
        """The same, but faults are raised all at once unless on_bad = "skip"."""
        found = self.scenes(base_dir, input_shape)
        if self.on_bad == "fail":
            unread = len(found.faults) - sum(len(item.faults) for item in found.loaded)
            total = f"{len(found.loaded) + unread} pictures and their boxes"
            raise_together(found.faults, total, 'correct them, or set on_bad = "skip" under [data]')
        return found

    def target(self, input_shape: tuple[int, ...] | None) -> tuple[int, tuple[int, int]]:
        """Channels and (height, width) of the samples: the keys, or else the network's input. Raises DataError."""
        from_input = input_shape if input_shape is not None and len(input_shape) == 3 else None
        channels = self.channels or (from_input[0] if from_input else 3)
        if channels not in (1, 3):
            raise DataError(
                f"[data]: the network's input has {channels} channels; a picture gives 1 (grey) or 3 (colour)",
                "correct shape under [input] (layout NCHW: C, H, W)",
            )
        if self.size is not None:
            return channels, self.size
        if from_input is None:
            raise DataError(
                "[data] size: is not set, and there is no input [C, H, W] to take it from", "set size = [240, 320]"
            )
        return channels, (from_input[1], from_input[2])


def source_of(found: Scenes, parts: dict[str, Part], notes: Sequence[str] = ()) -> Source:
    """What a kind gives back, with the faults as notes."""
    left = [f"left out: {fault.message}" for fault in found.faults]
    return Source(parts, tuple(found.classes), notes=(*left, *notes))


def boxes_of(loaded: Sequence[Loaded], classes: Sequence[str], most: int) -> Array:
    """(N, most, 5) float32 rows [class, x1, y1, x2, y2] in pixels of the samples; see APART; class −1 beyond the last."""
    made = np.full((len(loaded), most, 5), NO_BOX, np.float32)
    number = {name: label for label, name in enumerate(classes)}
    for out, item in zip(made, loaded, strict=True):
        if item.objects:
            labels = np.array([number[one.label] for one in item.objects])
            apart = np.array([one.is_apart for one in item.objects])
            out[: len(labels), 0] = np.where(apart, APART - labels, labels)
            out[: len(labels), 1:] = item.place.forth(as_boxes([one.box for one in item.objects]))
    return made


def names_of(loaded: Sequence[Loaded], root: Path) -> Array:
    """(N,) paths as the user sees them."""
    return np.array([item.scene.picture.relative_to(root).as_posix() for item in loaded])
