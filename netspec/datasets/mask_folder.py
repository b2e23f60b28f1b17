"""Pictures with a mask each: a class for every pixel."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import Array, DataError, Dataset, Part, Source, attempt, raise_together, resolve
from netspec.datasets.images import load_image, open_image, resize_and_crop
from netspec.datasets.mask_pairs import Pair, list_pairs
from netspec.datasets.masks import MaskTable, Value, automatic_table, read_codes
from netspec.datasets.tiles import cut, tiles_of

Side = Annotated[int, Field(ge=1, le=4096)]
Byte = Annotated[int, Field(ge=0, le=255)]
MaskValue = Annotated[int, Field(ge=0, le=65_535)] | tuple[Byte, Byte, Byte]
Size = tuple[int, int]


class Loaded(NamedTuple):
    """A picture (H, W, C) uint8 and the codes of its mask (H, W)."""

    pair: Pair
    pixels: Array
    codes: Array


class Scene(NamedTuple):
    """A picture (H, W, C) uint8 and the labels of its pixels (H, W)."""

    pair: Pair
    pixels: Array
    labels: Array


@dataclass(frozen=True)
class Scenes:
    """All pairs that can be used, the classes in label order, the table of the masks, and every fault."""

    scenes: list[Scene]
    classes: tuple[str, ...]
    table: MaskTable
    faults: list[DataError]

    def by_part(self) -> Mapping[str, list[Scene]]:
        """The pairs of each part, in their order."""
        found: dict[str, list[Scene]] = {}
        for scene in self.scenes:
            found.setdefault(scene.pair.part, []).append(scene)
        return found


class MaskFolder(Dataset):
    """Pictures (PNG, JPEG) and for each a mask (PNG) of the same size, whose pixels say the class: semantic segmentation.

    `root` holds the folders `images` and `masks`, or the folders train, val and test that hold them. Samples are
    [C, H, W], 8 bits a value, with labels [H, W]. Larger pictures are cut into tiles of the samples' size; all tiles of a
    picture come into the same part.
    """

    type: Literal["mask_folder"] = "mask_folder"

    root: str
    """The folder, relative to the spec file."""

    images: str = "images"
    """Name of the folder of the pictures."""

    masks: str = "masks"
    """Name of the folder of the masks."""

    mask_suffix: str = ""
    """What a mask's name has behind that of its picture: "_mask" for 7.jpg and 7_mask.png."""

    classes: list[str] | None = Field(default=None, min_length=2)
    """Names of the classes in label order; without this key "0", "1", …"""

    values: list[MaskValue] | None = Field(default=None, min_length=2)
    """The value of each class in the masks, in label order: [0, 255], or colours [[0, 0, 0], [128, 0, 0]]. Without this
    key masks hold class numbers from 0, or 0 and 255 for two classes."""

    ignore_value: MaskValue | None = None
    """Value of pixels that belong to no class; they get the loss's ignore_index. Without this key: that number itself."""

    size: Side | tuple[Side, Side] | None = None
    """Side of the square samples, or [height, width]; without this key the size of the network's input."""

    resize: Side | None = None
    """Length to which the shorter side of pictures and masks is scaled first; without this key they keep their size."""

    fit: Literal["tiles", "scale"] = "tiles"
    """Pictures larger than the samples: cut into "tiles"; or "scale" them to just cover a sample, and cut its middle."""

    overlap: int = Field(default=0, ge=0, le=4095)
    """Pixels that neighbouring tiles share at least."""

    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for colour; without this key as many as the network's input has."""

    on_bad: Literal["fail", "skip"] = "fail"
    """What to do with pictures and masks that are damaged, alone or do not fit: stop and list them, or leave them out."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.values is not None:
            given = [*self.values, *([] if self.ignore_value is None else [self.ignore_value])]
            if len({isinstance(value, tuple) for value in given}) > 1:
                raise ValueError("values and ignore_value are partly numbers, partly colours; use one kind")
            if len(set(given)) < len(given):
                raise ValueError("a value stands for two classes; name each value once")
            if self.classes is not None and len(self.classes) != len(self.values):
                raise ValueError(f"{len(self.values)} values for {len(self.classes)} classes; give one for each")
        elif isinstance(self.ignore_value, tuple):
            raise ValueError("ignore_value is a colour, and values are not given; name each class's colour in values")
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        channels, size = self.target(input_shape)
        found = self.scenes(base_dir, channels, size)
        if self.on_bad == "fail":
            total = f"{len(found.scenes) + len(found.faults)} pictures and masks"
            raise_together(found.faults, total, 'correct them, or set on_bad = "skip" under [data]')
        notes = [f"left out: {fault.message}" for fault in found.faults]
        parts, groups = {}, {}
        for part, scenes in found.by_part().items():
            parts[part], groups[part] = self._part(scenes, size)
            notes += self._tile_notes(part, scenes, size)
        return Source(parts, found.classes, notes=tuple(notes), groups=groups)

    def scenes(self, base_dir: Path, channels: int, size: Size | None) -> Scenes:
        """Every pair with its faults; size: of the samples, None when it is not known. Raises DataError."""
        pairs, faults = list_pairs(resolve(base_dir, self.root), self.images, self.masks, self.mask_suffix)

        def load(pair: Pair) -> Loaded | DataError:
            return attempt(lambda _: self._load(pair, channels, size), pair.picture)

        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            results = list(pool.map(load, pairs))
        faults += [result for result in results if isinstance(result, DataError)]
        loaded = [result for result in results if isinstance(result, Loaded)]
        if not loaded:
            if len(faults) == 1:
                raise faults[0]
            hints = Counter(fault.hint for fault in faults)
            raise_together(faults, f"{len(faults)} pictures and masks", max(hints, key=lambda hint: hints[hint], default=None))
            raise DataError(f"[data] root: {resolve(base_dir, self.root)} has no pictures", "correct root, or add some")
        table = self._table(loaded)
        scenes = []
        for item in loaded:
            try:
                scenes.append(Scene(item.pair, item.pixels, table.labels(item.codes, str(item.pair.mask))))
            except DataError as fault:
                faults.append(fault)
        names = tuple(self.classes) if self.classes is not None else tuple(map(str, range(len(table.values))))
        return Scenes(scenes, names, table, faults)

    def target(self, input_shape: tuple[int, ...] | None) -> tuple[int, Size]:
        """Channels and (height, width) of the samples: the keys, or else the network's input. Raises DataError."""
        from_input = input_shape if input_shape is not None and len(input_shape) == 3 else None
        channels = self.channels or (from_input[0] if from_input else 3)
        if channels not in (1, 3):
            raise DataError(
                f"[data]: the network's input has {channels} channels; a picture gives 1 (grey) or 3 (colour)",
                "correct shape under [input] (layout NCHW: C, H, W)",
            )
        if self.size is not None:
            size = self.size if isinstance(self.size, tuple) else (self.size, self.size)
        elif from_input is not None:
            size = (from_input[1], from_input[2])
        else:
            raise DataError("[data] size: is not set, and there is no input [C, H, W] to take it from", "set size = 128")
        if self.overlap >= min(size):
            raise DataError(f"[data] overlap: {self.overlap} is not less than the samples' {list(size)}", "use less")
        return channels, size

    def scaled(self, pixels: Array, size: Size | None) -> Array:
        """A picture (H, W, C) of a file as large as it is cut into tiles, for `predict`."""
        from PIL import Image

        image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        side = self._shorter_side(image.size[::-1], size)
        scaled = np.asarray(image if side is None else resize_and_crop(image, None, side), np.uint8)
        return scaled[..., None] if scaled.ndim == 2 else scaled

    def _shorter_side(self, given: Sequence[int], size: Size | None) -> int | None:
        """To what the shorter side of a picture (height, width) is scaled; None: not at all."""
        if self.fit == "tiles" or self.resize is not None or size is None:
            return self.resize
        height, width = given
        return max(round(min(height, width) * max(size[0] / height, size[1] / width)), min(size))

    def _load(self, pair: Pair, channels: int, size: Size | None) -> Loaded:
        colours = self.values is not None and isinstance(self.values[0], tuple)
        mask, picture_size = read_codes(pair.mask, colours=colours), open_image(pair.picture).size
        if mask.size != picture_size:
            (width, height), (mask_width, mask_height) = picture_size, mask.size
            raise DataError(
                f"{pair.picture}: is {width}×{height}, its mask {pair.mask.name} {mask_width}×{mask_height}",
                "give the mask the size of its picture",
            )
        cut_to, side = (size if self.fit == "scale" else None), self.resize
        if cut_to is not None or side is not None:
            mask = resize_and_crop(mask, cut_to, side, nearest=True)
        pixels = load_image(pair.picture, channels, cut_to, side)
        if size is not None and (pixels.shape[0] < size[0] or pixels.shape[1] < size[1]):
            raise DataError(
                f"{pair.picture}: is {pixels.shape[1]}×{pixels.shape[0]}, smaller than the samples {size[1]}×{size[0]}",
                'set fit = "scale" or a larger resize under [data], or a smaller shape under [input]',
            )
        return Loaded(pair, pixels, np.asarray(mask))

    def _table(self, loaded: Sequence[Loaded]) -> MaskTable:
        """What the masks' values mean. Raises DataError."""
        if self.ignore_value is not None and self._ignored is None:
            raise DataError(
                "[data] ignore_value: the loss has no label for pixels without a class",
                "set ignore_index = 255 under [loss]",
            )
        ignored: Value | None = self.ignore_value
        if self.values is None:
            found = np.unique(np.concatenate([np.unique(item.codes) for item in loaded]))
            count = len(self.classes) if self.classes is not None else None
            table = automatic_table(found.tolist(), count, ignored, self._ignored)
        else:
            default = self._ignored if not isinstance(self.values[0], tuple) and self._ignored not in self.values else None
            skipped = ignored if ignored is not None else default
            table = MaskTable(tuple(self.values), () if skipped is None else (skipped,), self._ignored)
        if self.ignore_value is not None and self._ignored is not None and 0 <= self._ignored < len(table.values):
            raise DataError(
                f"[data] ignore_value: pixels without a class would get the label {self._ignored}, which is a class",
                "set ignore_index = 255 under [loss]",
            )
        return table

    def _part(self, scenes: Sequence[Scene], size: Size) -> tuple[Part, Array]:
        """The tiles of a part, and for each the picture it is from."""
        x, y, names, groups = [], [], [], []
        for scene in scenes:
            tiles = tiles_of(scene.labels.shape, size, self.overlap)
            for tile in tiles:
                x.append(cut(scene.pixels, tile, size))
                y.append(cut(scene.labels, tile, size))
                names.append(scene.pair.name + (f" ({tile.top}, {tile.left})" if len(tiles) > 1 else ""))
                groups.append(scene.pair.name)
        return Part(np.stack(x), np.stack(y), np.array(names)), np.array(groups)

    def _tile_notes(self, part: str, scenes: Sequence[Scene], size: Size) -> list[str]:
        counts = [len(tiles_of(scene.labels.shape, size, self.overlap)) for scene in scenes]
        if max(counts) == 1:
            return []
        where = "" if part == "all" else f" of the {part} part"
        pixels, tiled = sum(scene.labels.size for scene in scenes), sum(counts) * size[0] * size[1]
        twice = f"; tiles overlap, so {100 * (tiled / pixels - 1):.0f} % more pixels are counted" if tiled > pixels else ""
        return [f"{len(scenes)} pictures{where} are cut into {sum(counts)} tiles of {size[1]}×{size[0]}{twice}"]

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        if len(input_shape) != 3:
            return super().shape_hint(shape, input_shape)
        return "mask_folder takes size and channels from the input: leave both out under [data], or correct them"
