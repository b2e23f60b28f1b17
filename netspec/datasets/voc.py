"""Reading annotations in the style of PASCAL VOC: one XML file for each picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from netspec.datasets.annotations import Annotated, Listing, Scene
from netspec.datasets.base import DataError, attempt
from netspec.datasets.images import SUFFIXES

LISTS = {"train": ("train",), "validation": ("val", "validation"), "test": ("test",)}
MOST_BYTES = 16 << 20
"""Of an XML file: an annotation has some kilobytes."""


def list_voc(root: Path) -> Listing:
    """Scenes of a folder with JPEGImages, Annotations and lists in ImageSets/Main, or with pictures beside XML files.

    Without lists all annotated pictures are one part. Raises DataError when the folder is none of that.
    """
    pictures, sources = (root / name if (root / name).is_dir() else root for name in ("JPEGImages", "Annotations"))
    parts = _lists(root / "ImageSets" / "Main") or {"all": sorted(path.stem for path in sources.glob("*.xml"))}
    if not any(parts.values()):
        raise DataError(f"[data] root: {sources} has no XML files", "give the folder of JPEGImages and Annotations")
    stored = {path.stem: path for path in sorted(pictures.iterdir()) if path.suffix.lower() in SUFFIXES}
    files = [(part, sources / f"{name}.xml") for part, names in parts.items() for name in names]
    found = [attempt(partial(_scene, part, stored), path) for part, path in files]
    scenes = [item for item in found if isinstance(item, Scene)]
    faults = [item for item in found if isinstance(item, DataError)]
    classes = sorted({item.label for scene in scenes for item in scene.objects})
    return Listing(scenes, classes, faults)


def _lists(folder: Path) -> dict[str, list[str]]:
    """Names of pictures by part; a line may end in a mark, as in the lists of single classes."""
    found = {}
    for part, spellings in LISTS.items():
        for spelling in spellings:
            file = folder / f"{spelling}.txt"
            if file.is_file():
                found[part] = [line.split()[0] for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
                break
    if found and "train" not in found:
        raise DataError(f"{folder}: has lists of {', '.join(found)}, but no train.txt", "add train.txt")
    return found


def _scene(part: str, stored: dict[str, Path], source: Path) -> Scene:
    tree = read_xml(source)
    if source.stem not in stored:
        raise DataError(f"{source}: its picture {source.stem}.jpg is missing", "add it, or remove the annotation")
    objects = tuple(_object(source, number, node) for number, node in enumerate(tree.iterfind("object"), 1))
    size = tuple(int(_number(source, tree, f"size/{side}", 0.0)) for side in ("width", "height"))
    return Scene(part, stored[source.stem], source, objects, (size[0], size[1]) if all(size) else None)


def _object(source: Path, number: int, node: ET.Element) -> Annotated:
    label = (node.findtext("name") or "").strip()
    if not label:
        raise DataError(f"{source}: object {number} has no name", "give it a class")
    x1, y1, x2, y2 = (_number(source, node, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax"))
    return Annotated(number, label, (x1, y1, x2, y2), (node.findtext("difficult") or "").strip() == "1")


def _number(source: Path, node: ET.Element, path: str, default: float | None = None) -> float:
    text = node.findtext(path)
    if text is None and default is not None:
        return default
    try:
        return float(text or "")
    except ValueError:
        raise DataError(f"{source}: {path} is {text!r}, which is no number", "correct the file") from None


def read_xml(path: Path) -> ET.Element:
    """The root of an XML file without a document type: entities can make a small file large, or read other files."""
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"{path}: has {path.stat().st_size} bytes, which no annotation has", "replace it")
    content = path.read_bytes()

    def refuse(*_: object) -> NoReturn:
        raise DataError(f"{path}: declares a document type, which annotations do not need", "remove <!DOCTYPE …>")

    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = refuse
    try:
        guard.Parse(content, True)
        root = ET.fromstring(content)
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path}: is not readable XML ({error})", "repair or replace it") from None
    if root.tag != "annotation":
        raise DataError(f"{path}: begins with <{root.tag[:40]}>, not with <annotation>", "give annotations of PASCAL VOC")
    return root
