"""Which pictures and masks in folders belong together."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from netspec.datasets.base import DataError
from netspec.datasets.image_folder import PART_FOLDERS
from netspec.datasets.images import SUFFIXES


class Pair(NamedTuple):
    """A picture and its mask, the part they belong to, and what to call them."""

    part: str
    name: str
    picture: Path
    mask: Path


def list_pairs(root: Path, images: str, masks: str, suffix: str) -> tuple[list[Pair], list[DataError]]:
    """Pictures with their masks, and all that have no partner. Raises DataError when there are no such folders.

    root holds the folders `images` and `masks`, or train, val and test that hold them; a mask is called like its picture,
    with `suffix` behind the name, and is a PNG.
    """
    if not root.is_dir():
        raise DataError(f"[data] root: {root} is not a folder", "correct root; it is relative to the spec file")
    pairs: list[Pair] = []
    faults: list[DataError] = []
    for part, folder in _parts(root, images).items():
        for name, key in ((images, "images"), (masks, "masks")):
            if not (folder / name).is_dir():
                there = ", ".join(sorted(p.name for p in folder.iterdir() if p.is_dir())) or "none"
                raise DataError(
                    f"[data] {key}: {folder} has no folder {name} (folders there: {there})",
                    f"name the folder of the {'pictures' if key == 'images' else 'masks'}: {key} = …",
                )
        _pair_up(part, root, folder / images, folder / masks, suffix, pairs, faults)
    return pairs, faults


def _parts(root: Path, images: str) -> dict[str, Path]:
    """{"all": root}, or a folder for each part when root has no pictures of its own."""
    if (root / images).is_dir():
        return {"all": root}
    found = {
        part: root / name for part, names in PART_FOLDERS.items() for name in names if (root / name / images).is_dir()
    }
    return found if "train" in found else {"all": root}


def _pair_up(
    part: str, root: Path, images: Path, masks: Path, suffix: str, pairs: list[Pair], faults: list[DataError]
) -> None:
    seen: dict[Path, Path] = {}
    for picture in _files(images):
        name, key = str(picture.relative_to(root)), picture.relative_to(images).with_suffix("")
        wanted = masks / key.with_name(f"{key.name}{suffix}.png")
        given = next((path for path in (wanted, *(wanted.with_suffix(s) for s in SUFFIXES)) if path.is_file()), None)
        if key in seen:
            faults.append(DataError(f"{name}: has the same mask as {seen[key].name}", "rename or remove one of them"))
        elif given is None:
            hint = "add the mask, or remove the picture" if not suffix else "add the mask, or correct mask_suffix"
            faults.append(DataError(f"{name}: has no mask {wanted.relative_to(root)}", hint))
        else:
            pairs.append(Pair(part, name, picture, given))
        seen.setdefault(key, picture)
    used = {pair.mask for pair in pairs}
    for mask in _files(masks):
        if mask not in used and mask.with_suffix("").name.endswith(suffix):
            faults.append(DataError(f"{mask.relative_to(root)}: belongs to no picture in {images.name}", "remove or rename it"))


def _files(folder: Path) -> list[Path]:
    """Pictures by name in the folder and below; hidden ones are left out."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)
