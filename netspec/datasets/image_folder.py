"""Pictures in class folders."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import Array, DataError, Dataset, Part, Source, attempt, middle, raise_together, resolve
from netspec.datasets.images import SUFFIXES, load_image, load_sized_image

PART_FOLDERS = {"train": ("train",), "validation": ("val", "validation", "valid"), "test": ("test",)}
_SHOWN = 5  # names quoted in one message

Side = Annotated[int, Field(ge=1, le=4096)]


class ImageFile(NamedTuple):
    """One picture: the part it belongs to, its class, and its path."""

    part: str
    label: str
    path: Path


class Listing(NamedTuple):
    """What a folder holds: pictures in a fixed order, class names, files that are no PNG or JPEG by name, and faults."""

    images: list[ImageFile]
    classes: list[str]
    ignored: list[Path]
    faults: list[DataError]
    """Class folders that are not as they should be."""


class ImageFolder(Dataset):
    """Pictures (PNG, JPEG) of any size in one folder for each class.

    `root` holds the class folders, or the folders train, val and test that hold them. Each picture is turned upright,
    its shorter side is scaled to `resize`, and `size` is cut from the middle, or all of it is stretched to fit.
    Samples are [C, H, W], 8 bits a value.
    """

    type: Literal["image_folder"] = "image_folder"

    root: str
    """The folder, relative to the spec file."""

    size: Side | tuple[Side, Side] | None = None
    """Side of the square, or [height, width], cut from the middle; without this key the size of the network's input."""

    resize: Side | None = None
    """Length of the shorter side before the cut; without this key the picture is made to just cover `size`. Where an
    augmentation cuts, a square of this side is kept for it to cut from."""

    fit: Literal["cover", "stretch"] = "cover"
    """cover: keep the proportions and cut off what is too long; stretch: keep the whole picture and let it be squeezed into
    a square of `resize`, or into `size`. Where things stand at the margin, a cut loses them."""

    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for colour; without this key as many as the network's input has."""

    on_bad: Literal["fail", "skip"] = "fail"
    """What to do with files that cannot be decoded: stop and list them, or leave them out and list them."""

    @model_validator(mode="after")
    def _resize_covers_size(self) -> Self:
        sides = self.size if isinstance(self.size, tuple) else (self.size,)
        if self.resize is not None and any(side is not None and side > self.resize for side in sides):
            raise ValueError(f"resize {self.resize} is smaller than size {self.size}; use resize ≥ size")
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        root = resolve(base_dir, self.root)
        listing = list_images(root)
        raise_together(listing.faults, "the class folders")
        channels, size = self.target(input_shape)
        decoded = self._decode(listing.images, channels, size)
        bad = [result for result in decoded if isinstance(result, DataError)]
        if self.on_bad == "fail":
            raise_together(bad, f"{len(decoded)} pictures", 'remove or replace them, or set on_bad = "skip"')
        notes = [f"left out: {error.message}" for error in bad]
        if listing.ignored:
            notes.append(f"{len(listing.ignored)} files are not PNG or JPEG by name: {_shorten(listing.ignored)}")
        good = [(item, r) for item, r in zip(listing.images, decoded, strict=True) if not isinstance(r, DataError)]
        kept = [(item, array) for item, (array, _) in good]
        notes += self.scaling_notes([found for _, (_, found) in good], size)
        parts = {part: _make_part(kept, part, listing.classes, root) for part in _part_names(listing)}
        return Source({n: p for n, p in parts.items() if p}, tuple(listing.classes), notes=tuple(notes))

    def target(self, input_shape: tuple[int, ...] | None) -> tuple[int, tuple[int, int]]:
        """Channels and (height, width) of the samples: the keys, or else the network's input. Raises DataError."""
        from_input = input_shape if input_shape is not None and len(input_shape) == 3 else None
        channels = self.channels or (from_input[0] if from_input else 3)
        if self.size is not None:
            size = self.size if isinstance(self.size, tuple) else (self.size, self.size)
        elif from_input:
            size = (from_input[1], from_input[2])
        else:
            raise DataError("[data] size: is not set, and there is no input [C, H, W] to take it from", "set size = 64")
        if channels not in (1, 3):
            raise DataError(
                f"[data]: the network's input has {channels} channels; a picture gives 1 (grey) or 3 (colour)",
                "correct shape under [input] (layout NCHW: C, H, W)",
            )
        if self.resize is not None and max(size) > self.resize:
            raise DataError(f"[data] resize: {self.resize} is smaller than the cut {list(size)}", "use resize ≥ size")
        return channels, size

    @property
    def stretches(self) -> bool:
        """Whether pictures lose their proportions rather than their margins."""
        return self.fit == "stretch"

    def store(self, size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the pictures that are kept: larger than the samples where an augmentation cuts them out."""
        return (self.resize, self.resize) if self.resize is not None and self.cuts else size

    def picture(self, path: Path, channels: int, size: tuple[int, int]) -> Array:
        """The picture in a file as it looks in validation: (height, width, C). Raises DataError."""
        return middle(load_image(path, channels, self.store(size), self.resize, stretch=self.stretches), size)

    def scaling_notes(self, sizes: list[tuple[int, int]], size: tuple[int, int]) -> list[str]:
        """What becomes of pictures of these (width, height) that are not of the samples' `size` (height, width)."""
        others = [(width, height) for width, height in sizes if (height, width) != size]
        if not others:
            return []
        least, most = min(others, key=math.prod), max(others, key=math.prod)
        span = f"{least[0]}×{least[1]}" + (f" to {most[0]}×{most[1]}" if least != most else "")
        why = "size under [data]" if self.size is not None else "the network's input"
        return [f"{len(others)} of {len(sizes)} pictures ({span}) are not {size[1]}×{size[0]} ({why}): they are {self._done()}"]

    def _done(self) -> str:
        """What is done with pictures of another size, in words."""
        if self.stretches:
            return "stretched" if self.resize is None else f"stretched to {self.resize}×{self.resize} and cut from the middle"
        scaled = f"the shorter side to {self.resize}" if self.resize is not None else "to cover it"
        return f"scaled, {scaled}, and cut from the middle"

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        if len(input_shape) != 3:
            return super().shape_hint(shape, input_shape)
        channels, height, width = input_shape
        size = height if height == width else [height, width]
        return f"image_folder resizes: set size = {size} and channels = {channels} under [data], or leave both out"

    def _decode(
        self, images: list[ImageFile], channels: int, size: tuple[int, int]
    ) -> list[tuple[Array, tuple[int, int]] | DataError]:
        """Each picture with the (width, height) of its file, or what is wrong with it."""
        store = self.store(size)

        def load(path: Path) -> tuple[Array, tuple[int, int]]:
            return load_sized_image(path, channels, store, self.resize, stretch=self.stretches)

        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return list(pool.map(lambda item: attempt(load, item.path), images))


def list_images(root: Path) -> Listing:
    """The pictures below `root` by part, class and name. Raises DataError when the folders are not as described."""
    if not root.is_dir():
        raise DataError(
            f"[data] root: {root} is not a folder",
            f"put the class folders into {root.resolve()}, or say where they are with --set data.root=FOLDER",
        )
    folders = _part_folders(root)
    train = folders.get("train") or folders["all"]
    classes = [folder.name for folder in _subfolders(train)]
    if not classes:
        raise DataError(f"[data] root: {train} has no class folders", "put each class into a folder of its own")
    images: list[ImageFile] = []
    ignored: list[Path] = []
    faults: list[DataError] = []
    for part, folder in folders.items():
        for class_folder in _subfolders(folder):
            if class_folder.name not in classes:
                message = f"{class_folder}: is no class of {train} ({_shorten(classes)})"
                faults.append(DataError(message, "rename or remove it"))
                continue
            good, other = _pictures(class_folder)
            if not good and part in ("train", "all"):
                message = f"{class_folder}: has no PNG or JPEG files"
                faults.append(DataError(message, "add pictures, or remove the folder"))
            images += [ImageFile(part, class_folder.name, path) for path in good]
            ignored += other
        ignored += [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    return Listing(images, classes, ignored, faults)


def _part_folders(root: Path) -> dict[str, Path]:
    """{"train": …, …} if root/train exists, otherwise {"all": root}."""
    found: dict[str, Path] = {}
    for part, spellings in PART_FOLDERS.items():
        present = [root / name for name in spellings if (root / name).is_dir()]
        if len(present) > 1:
            raise DataError(f"[data] root: both {present[0]} and {present[1]} exist", f"keep one {part} folder")
        if present:
            found[part] = present[0]
    if "train" not in found:
        return {"all": root}
    extra = [folder.name for folder in _subfolders(root) if folder not in found.values()]
    if extra:
        raise DataError(f"[data] root: beside train, {root} holds {_shorten(extra)}", "move these folders elsewhere")
    return found


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files with a picture's suffix in the class folder and below, and the other files; hidden ones are left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    good = [path for path in files if path.suffix.lower() in SUFFIXES]
    return good, [path for path in files if path.suffix.lower() not in SUFFIXES]


def _part_names(listing: Listing) -> list[str]:
    return list(dict.fromkeys(item.part for item in listing.images))


def _make_part(kept: list[tuple[ImageFile, Array]], part: str, classes: list[str], root: Path) -> Part | None:
    number = {name: i for i, name in enumerate(classes)}
    chosen = [(item, array) for item, array in kept if item.part == part]
    if not chosen:
        return None
    return Part(
        np.stack([array for _, array in chosen]),
        np.array([number[item.label] for item, _ in chosen], np.int64),
        np.array([item.path.relative_to(root).as_posix() for item, _ in chosen]),
    )


def _shorten(items: list[str] | list[Path]) -> str:
    return ", ".join(str(item) for item in items[:_SHOWN]) + (", …" if len(items) > _SHOWN else "")
