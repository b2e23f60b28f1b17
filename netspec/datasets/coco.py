"""Reading annotations in the style of COCO: one JSON file for all pictures of a part."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from netspec.datasets.annotations import Annotated, Listing, Scene
from netspec.datasets.base import DataError, attempt

PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


def list_coco(root: Path) -> Listing:
    """Scenes of a folder with annotations/instances_train….json and the like, or with JSON files beside the pictures.

    The part is the first of train, val, valid, validation, test in the file's name or folder; a single file without one
    holds all. Raises DataError when there is no JSON file.
    """
    files = sorted(root.glob("annotations/*.json")) or sorted([*root.glob("*.json"), *root.glob("*/*.json")])
    if not files:
        raise DataError(f"[data] root: {root} has no JSON files", "give the folder with annotations/instances_train.json")
    parts = {file: _part(file, root) for file in files}
    if len(set(parts.values())) < len(files) or (len(files) > 1 and "all" in parts.values()):
        names = ", ".join(str(file.relative_to(root)) for file in files)
        raise DataError(f"[data] root: the parts of {names} are not clear", "keep one file for each of train, val, test")
    scenes: list[Scene] = []
    classes: dict[str, int] = {}
    faults: list[DataError] = []
    for file, part in parts.items():
        content = attempt(_read, file)
        if isinstance(content, DataError):
            faults.append(content)
            continue
        found, numbers, wrong = _scenes(part, file, content, root)
        scenes, faults, classes = scenes + found, faults + wrong, {**numbers, **classes}
    return Listing(scenes, sorted(classes, key=lambda name: classes[name]), faults)


def _part(file: Path, root: Path) -> str:
    text = str(file.relative_to(root).with_suffix("")).lower()
    places = {name: text.find(name) for name in PARTS if name in text}
    return PARTS[min(places, key=lambda name: (places[name], -len(name)))] if places else "all"


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: is not readable JSON ({error})", "repair or replace it") from None
    lists = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(name), list) for name in lists):
        raise DataError(f"{file}: has no lists images, annotations and categories", "give annotations of COCO's form")
    return content


def _scenes(
    part: str, file: Path, content: dict[str, Any], root: Path
) -> tuple[list[Scene], dict[str, int], list[DataError]]:
    """Scenes, classes with their numbers, and the faults of entries."""
    try:
        names = {item["id"]: str(item["name"]) for item in content["categories"]}
        objects = defaultdict(list)
        for number, item in enumerate(content["annotations"], 1):
            x, y, width, height = (float(value) for value in item["bbox"])
            box = (x, y, x + width, y + height)
            label = names.get(item["category_id"], f"category {item['category_id']}")
            objects[item["image_id"]].append(Annotated(number, label, box, bool(item.get("iscrowd", 0))))
        numbers = {name: int(number) for number, name in names.items()}
        pictures = [(item["id"], str(item["file_name"]), _size(item)) for item in content["images"]]
        strays = sorted(one.number for key in objects.keys() - {picture[0] for picture in pictures} for one in objects[key])
    except (KeyError, TypeError, ValueError) as error:
        broken = DataError(f"{file}: an entry is not as it should be ({error!r})", "give annotations of COCO's form")
        return [], {}, [broken]
    scenes, faults = [], []
    for identity, name, size in pictures:
        path = _find(name, file, root)
        if path is None:
            faults.append(DataError(f"{file}: its picture {name} is missing", "add it, or remove its entry"))
        else:
            scenes.append(Scene(part, path, file, tuple(objects.get(identity, ())), size))
    if strays:
        message = f"{file}: {len(strays)} annotations (the first is number {strays[0]}) have an image_id that no picture has"
        faults.append(DataError(message, "correct image_id, or remove them"))
    return scenes, numbers, faults


def _size(item: dict[str, Any]) -> tuple[int, int] | None:
    size = int(item.get("width", 0)), int(item.get("height", 0))
    return size if all(size) else None


def _find(name: str, file: Path, root: Path) -> Path | None:
    """A picture beside its list, in the root, or in a folder that is named like the part (train2017, images)."""
    tail = file.stem.rpartition("_")[2]
    folders = (file.parent, root, root / tail, root / "images", root / "images" / tail)
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
