"""What a folder or a file of data is: which dataset kind reads it, how large its samples are, and which classes it has."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from netspec.datasets.annotations import Scene, sound_objects
from netspec.datasets.base import DataError, Source
from netspec.datasets.csv import Csv
from netspec.datasets.image_folder import list_images
from netspec.datasets.images import SUFFIXES, open_image
from netspec.datasets.npz import Npz
from netspec.datasets.voc import list_voc
from netspec.registry import plugins
from netspec.starting.masks import find_masks

Task = Literal["classification", "regression", "detection", "segmentation"]
LOOKED_AT = 200
"""Pictures whose headers are read, spread over the set."""
SIDES = (16, 24, 28, 32, 48, 64)
"""Sides of the input for class folders: the largest that most pictures fill. More costs time, and can be written by hand."""
LONGEST = 320
"""Longer side of the input for boxes, which are too small to see in smaller pictures."""
TILE = 128
"""Side of the tiles into which pictures with masks are cut, at most; a multiple of 8, which can be halved three times."""
MOST_CLASSES = 20
"""Different whole numbers in a target column that are taken for classes."""
TARGETS = ("target", "label", "class", "species", "y", "category")
"""Names of columns that hold the target; otherwise it is the last one."""


@dataclass(frozen=True)
class Found:
    """A recognized set."""

    data: Mapping[str, Any]
    """The keys under [data], with absolute paths."""
    shape: tuple[int, ...]
    """Of the network's input: [C, H, W] or [F]."""
    task: Task
    classes: tuple[str, ...]
    """Empty for regression."""
    samples: int
    has_validation: bool
    about: str
    """What it is, in one sentence."""


def recognize(path: Path) -> Found:
    """What lies at `path`. Raises DataError that says what was looked for when it is none of the known kinds."""
    path = path.resolve()
    if not path.exists():
        raise DataError(f"{path}: does not exist", "name a folder of pictures, a .csv or a .npz file")
    for kind in (_masks, _boxes, _idx, _cifar, _file, _class_folders):
        found = kind(path)
        if found is not None:
            return found
    pictures = "class folders of PNG or JPEG, images and masks, JPEGImages with Annotations"
    wanted = f"{pictures}, .csv, .npz, idx files or CIFAR's data_batch_1.bin"
    raise DataError(f"{path}: holds none of the known kinds of data", f"known are {wanted}")


def _file(path: Path) -> Found | None:
    """A .csv or .npz, named itself or the only one of its folder."""
    readers: dict[str, Callable[[Path], Found]] = {".csv": _csv, ".tsv": _csv, ".npz": _npz}
    files = [path] if path.is_file() else sorted(item for item in path.iterdir() if item.suffix.lower() in readers)
    if not files:
        return None
    if len(files) > 1:
        names = ", ".join(item.name for item in files[:5])
        raise DataError(f"{path}: holds several tables ({names})", "name one of them")
    read = readers.get(files[0].suffix.lower())
    if read is None:
        raise DataError(f"{files[0]}: is of no known kind", "name a folder of pictures, a .csv or a .npz file")
    return read(files[0])


def _idx(path: Path) -> Found | None:
    if not path.is_dir() or not any(path.glob("train-images-idx3-ubyte*")):
        return None
    return _read({"type": "idx", "root": str(path)}, "idx files")


def _cifar(path: Path) -> Found | None:
    if not path.is_dir() or not any((path / name).is_file() for name in ("data_batch_1.bin", "train.bin")):
        return None
    return _read({"type": "cifar_binary", "root": str(path)}, "CIFAR's binary files")


def _npz(path: Path) -> Found:
    with np.load(path, allow_pickle=False) as arrays:
        shapes = {name: (arrays[name].shape, arrays[name].dtype.kind) for name in arrays.files}
    data: dict[str, Any] = {"type": "npz", "file": str(path)}
    pictures = [shape for shape, _ in shapes.values() if len(shape) == 4]
    if pictures and pictures[0][3] not in (1, 3) and pictures[0][1] in (1, 3):
        data["layout"] = "nchw"
    targets = [kind for name, (shape, kind) in shapes.items() if any(word in name for word in ("label", "y", "target"))]
    if "f" in targets:
        data["task"] = "regression"
    return _read(data, f"the arrays of {path.name}", Npz)


def _csv(path: Path) -> Found:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 3:
        raise DataError(f"{path}: has {len(lines)} lines", "a table needs some samples")
    delimiter = max(",;\t|", key=lambda mark: (min(lines[0].count(mark), lines[1].count(mark)), mark == ","))
    rows = list(csv.reader(lines, delimiter=delimiter))
    has_header = not any(_is_number(cell) for cell in rows[0])
    data: dict[str, Any] = {"type": "csv", "file": str(path), **({} if has_header else {"header": False})}
    if delimiter != ",":
        data["delimiter"] = delimiter
    named = [cell for cell in rows[0] if cell.strip().lower() in TARGETS] if has_header else []
    if named:
        data["target"] = named[0].strip()
    column = rows[0].index(named[0]) if named else -1
    cells = [row[column].strip() for row in rows[has_header:] if len(row) == len(rows[0])]
    if not _are_classes(cells):
        data["task"] = "regression"
    return _read(data, f"the table {path.name}", Csv)


def _are_classes(cells: list[str]) -> bool:
    """Words, or few different whole numbers."""
    different = set(cells)
    if not all(_is_number(cell) for cell in different):
        return True
    return len(different) <= min(MOST_CLASSES, len(cells) // 2) and all(float(cell).is_integer() for cell in different)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(data: dict[str, Any], what: str, kind: Any = None) -> Found:
    """A kind whose samples have one size: it is read as training would."""
    dataset = (kind or plugins("netspec.datasets")[data["type"]]).model_validate(data)
    source: Source = dataset.read(Path(), None)
    parts = list(source.parts.values())
    samples, shape = sum(map(len, parts)), parts[0].shape
    classes = source.classes or ()
    size = " × ".join(map(str, shape))
    about = f"{what}: {samples} samples of {size} numbers" + (f" in {len(classes)} classes" if classes else "")
    task: Task = "classification" if classes else "regression"
    return Found(data, shape, task, classes, samples, "validation" in source.parts, about)


def _class_folders(path: Path) -> Found | None:
    if not path.is_dir() or not any(item.suffix.lower() in SUFFIXES for item in path.rglob("*")):
        return None
    listing = list_images(path)
    if listing.faults:
        raise listing.faults[0]
    paths = [item.path for item in listing.images]
    sizes, channels = _sizes(paths), _channels(paths)
    side = max((side for side in SIDES if side <= median(map(min, sizes))), default=SIDES[0])
    parts = {item.part for item in listing.images}
    data = {"type": "image_folder", "root": str(path)}
    about = f"{len(paths)} pictures ({_span(sizes)}) in {len(listing.classes)} class folders"
    shape = (channels, side, side)
    return Found(data, shape, "classification", tuple(listing.classes), len(paths), "validation" in parts, about)


def _boxes(path: Path) -> Found | None:
    if not path.is_dir() or not ((path / "Annotations").is_dir() or any(path.glob("*.xml"))):
        return None
    listing = list_voc(path)
    if not listing.scenes:
        raise (listing.faults or [DataError(f"{path}: no picture has an annotation", "check the XML files")])[0]
    sizes = _sizes([scene.picture for scene in listing.scenes])
    width, height = median(size[0] for size in sizes), median(size[1] for size in sizes)
    scale = min(1.0, LONGEST / max(width, height))
    shape = (3, *(max(32, 8 * round(side * scale / 8)) for side in (height, width)))
    faults = [*listing.faults, *(fault for scene in listing.scenes for fault in _faults_of(scene, listing.classes))]
    data = {"type": "boxes", "root": str(path), **({"on_bad": "skip"} if faults else {})}
    count = sum(len(scene.objects) for scene in listing.scenes)
    about = f"{len(listing.scenes)} pictures ({_span(sizes)}) with {count} boxes of {len(listing.classes)} classes"
    if faults:
        about += f'; on_bad = "skip" leaves out {len(faults)} faulty ones, such as {faults[0].message}'
    parts = {scene.part for scene in listing.scenes}
    return Found(data, shape, "detection", tuple(listing.classes), len(listing.scenes), "validation" in parts, about)


def _faults_of(scene: Scene, classes: Sequence[str]) -> list[DataError]:
    """Boxes that training would refuse; unreadable pictures are told by `netspec data check`."""
    sizes = _sizes([scene.picture])
    return sound_objects(scene, sizes[0], classes)[1] if sizes else []


def _masks(path: Path) -> Found | None:
    found = find_masks(path) if path.is_dir() else None
    if found is None:
        return None
    sizes = _sizes(found.pictures)
    side = max(8, min(TILE, 8 * (min(map(min, sizes)) // 8)))
    count = len(found.pictures)
    about = f"{count} pictures ({_span(sizes)}) with a mask each, of {found.classes} classes"
    classes = tuple(map(str, range(found.classes)))
    shape = (_channels(found.pictures), side, side)
    return Found(found.data, shape, "segmentation", classes, count, found.has_validation, about)


def _sizes(paths: list[Path]) -> list[tuple[int, int]]:
    """(width, height) of some pictures, by their headers; files that are no pictures are told by `netspec data check`."""
    from PIL import Image

    found: list[tuple[int, int]] = []
    for path in paths[:: max(1, len(paths) // LOOKED_AT)]:
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as file:
                found.append(file.size)
        except (OSError, ValueError):
            continue
    if not found:
        raise DataError(f"{paths[0].parent}: no picture there can be read", "check the files")
    return found


def _channels(paths: list[Path]) -> int:
    """1 when the first pictures of the set are all grey."""
    chosen = paths[:: max(1, len(paths) // 20)]
    try:
        return 1 if all(open_image(path).mode in ("1", "L", "I", "I;16") for path in chosen) else 3
    except DataError:
        return 3


def _span(sizes: list[tuple[int, int]]) -> str:
    least, most = min(sizes, key=lambda size: size[0] * size[1]), max(sizes, key=lambda size: size[0] * size[1])
    one = f"{least[0]}×{least[1]}"
    return one if least == most else f"{one} to {most[0]}×{most[1]}"
