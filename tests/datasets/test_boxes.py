"""Pictures with boxes in the forms of VOC and COCO: what is read, and what is told of faulty ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.datasets.base import DataError
from netspec.datasets.boxes import Boxes
from netspec.datasets.check import check_data
from netspec.datasets.placing import load_placed, placement
from tests.datasets.helpers import SHARED, needs

SHAPE = (3, 24, 32)


def picture(path: Path, width: int = 64, height: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (10, 20, 30)).save(path)


def xml(objects: list[tuple], size: tuple[int, int] = (64, 48)) -> str:
    body = "".join(
        f"<object><name>{label}</name><difficult>{difficult}</difficult><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for label, x1, y1, x2, y2, difficult in objects
    )
    return f"<annotation><size><width>{size[0]}</width><height>{size[1]}</height></size>{body}</annotation>"


def voc(root: Path, files: dict[str, str], lists: dict[str, list[str]] | None = None) -> Boxes:
    """A set whose pictures have these annotations."""
    (root / "Annotations").mkdir(parents=True)
    for name, text in files.items():
        picture(root / "JPEGImages" / f"{name}.png")
        (root / "Annotations" / f"{name}.xml").write_text(text)
    for part, names in (lists or {}).items():
        folder = root / "ImageSets" / "Main"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{part}.txt").write_text("\n".join(names) + "\n")
    return Boxes(root=str(root))


def test_boxes_are_scaled_to_the_networks_input(tmp_path: Path) -> None:
    data = voc(
        tmp_path, {"a": xml([("dog", 2, 4, 20, 24, 0), ("cat", 0, 0, 64, 48, 1)]), "b": xml([])},
        {"train": ["a"], "val": ["b"]},
    )  # fmt: skip
    source = data.read(tmp_path, SHAPE)
    assert source.classes == ("cat", "dog")
    train, validation = source.parts["train"], source.parts["validation"]
    assert train.x.shape == (1, 24, 32, 3)
    assert train.y.dtype == np.float32
    assert train.y.tolist() == [[[1, 1, 2, 10, 12], [-2, 0, 0, 32, 24]]]  # the difficult cat: −2 − 0
    assert validation.y[0, :, 0].tolist() == [-1, -1]
    assert train.names.tolist() == ["JPEGImages/a.png"]


def test_a_letterboxed_picture_keeps_its_form(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 60, 20)
    pixels, place, size = load_placed(tmp_path / "a.png", 3, (24, 32), "letterbox")
    assert size == (60, 20)
    assert pixels[:6].min() == pixels[-7:].max() == 114
    assert pixels[7, 0].tolist() == [10, 20, 30]
    boxes = np.array([[0.0, 0, 60, 20], [6, 2, 30, 10]])
    np.testing.assert_allclose(place.forth(boxes)[0], [0, 6, 32, 17])
    np.testing.assert_allclose(place.back(place.forth(boxes)), boxes)


def test_stretching_and_its_way_back() -> None:
    place = placement(640, 480, (240, 320), "stretch")
    assert place.forth(np.array([[10, 20, 30, 40]])).tolist() == [[5, 10, 15, 20]]
    assert placement(640, 480, (240, 320), "letterbox") == place


FAULTS = {
    "ok": xml([("dog", 2, 4, 20, 24, 0)]),
    "flat": xml([("dog", 5, 5, 5, 9, 0), ("dog", 1, 1, 9, 9, 0)]),
    "out": xml([("dog", 40, 10, 80, 30, 0)]),
    "edge": xml([("dog", 40, 10, 65, 30, 0)]),  # one pixel, as lists that count from 1 have it
    "other": xml([("cow", 1, 1, 9, 9, 0)]),
    "broken": "<annotation><object>",
    "words": xml([("dog", "left", 1, 9, 9, 0)]),
    "large": xml([], (640, 480)),
    "bomb": '<!DOCTYPE a [<!ENTITY b "ha">]><annotation>&b;</annotation>',
}


def test_all_faults_are_told_at_once_with_their_paths(tmp_path: Path) -> None:
    data = voc(tmp_path, FAULTS).model_copy(update={"classes": ["dog"]})
    (tmp_path / "Annotations" / "lost.xml").write_text(xml([]))
    with pytest.raises(DataError) as caught:
        data.read(tmp_path, SHAPE)
    told = "\n".join(cause.message for cause in caught.value.causes)
    for text in (
        "flat.xml: object 1 (dog) has the box (5, 5, 5, 9), which has no area",
        "out.xml: object 1 (dog) has the box (40, 10, 80, 30), which reaches outside the picture of 64×48 pixels",
        "other.xml: object 1 (cow) is of no class of this set (dog)",
        "broken.xml: is not readable XML",
        "words.xml: bndbox/xmin is 'left', which is no number",
        "large.xml: the boxes are for 640×480 pixels, large.png has 64×48 when it stands upright",
        "bomb.xml: declares a document type",
        "lost.xml: its picture lost.jpg is missing",
    ):
        assert text in told
    assert len(caught.value.causes) == 8


def test_on_bad_skip_leaves_faulty_boxes_out_and_cuts_those_that_reach_outside(tmp_path: Path) -> None:
    data = voc(tmp_path, FAULTS).model_copy(update={"classes": ["dog"], "on_bad": "skip"})
    source = data.read(tmp_path, SHAPE)
    part = source.parts["all"]
    boxes = {Path(name).stem: y[y[:, 0] >= 0, 1:].tolist() for name, y in zip(part.names, part.y, strict=True)}
    assert boxes == {
        "ok": [[1, 2, 10, 12]], "flat": [[0.5, 0.5, 4.5, 4.5]], "out": [[20, 5, 32, 15]], "edge": [[20, 5, 32, 15]],
        "other": [],
    }  # fmt: skip
    assert len(source.notes) == 7


def test_data_check_counts_what_is_wrong(tmp_path: Path) -> None:
    data = voc(tmp_path, FAULTS)
    found = check_data(data, tmp_path, None, SHAPE)
    bad = [finding for finding in found.findings if finding.severity == "error"]
    assert not found.ok
    assert len(bad) == 6  # without `classes` a cow is a class
    assert found.samples == 5
    lenient = check_data(data.model_copy(update={"on_bad": "skip"}), tmp_path, None, SHAPE)
    assert lenient.ok
    assert [row["class"] for row in lenient.classes] == ["cow", "dog"]


def coco(root: Path, **changes: Any) -> Boxes:
    picture(root / "train2017" / "a.jpg")
    content = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 9, "name": "ape"}, {"id": 3, "name": "zebra"}],
        "annotations": [
            {"image_id": 7, "category_id": 9, "bbox": [2, 4, 18, 20], "iscrowd": 0},
            {"image_id": 7, "category_id": 3, "bbox": [0, 0, 64, 48], "iscrowd": 1},
        ],
        **changes,
    }
    (root / "annotations").mkdir()
    (root / "annotations" / "instances_train2017.json").write_text(json.dumps(content))
    return Boxes(root=str(root), format="coco")


def test_coco_is_read_with_its_crowds(tmp_path: Path) -> None:
    source = coco(tmp_path).read(tmp_path, SHAPE)
    assert source.classes == ("zebra", "ape")  # by the categories' numbers
    assert source.parts["train"].y.tolist() == [[[1, 1, 2, 10, 12], [-2, 0, 0, 32, 24]]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"images": [{"id": 7, "file_name": "b.jpg"}]}, "instances_train2017.json: its picture b.jpg is missing"),
     ({"annotations": [{"image_id": 7, "category_id": 9, "bbox": [1, 2, 3]}]}, "an entry is not as it should be"),
     ({"annotations": [{"image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4]}]}, "(category 5) is of no class"),
     ({"images": [{"id": 8, "file_name": "a.jpg"}]}, "2 annotations (the first is number 1) have an image_id that no picture"),
     ({"categories": {}}, "has no lists images, annotations and categories")],
)  # fmt: skip
def test_faulty_coco_lists_are_told(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(DataError) as caught:
        coco(tmp_path, **changes).read(tmp_path, SHAPE)
    assert message in str(caught.value)


def test_folders_that_hold_no_annotations_are_refused(tmp_path: Path) -> None:
    for form, message in (("voc", "has no XML files"), ("coco", "has no JSON files")):
        with pytest.raises(DataError, match=message):
            Boxes(root=str(tmp_path), format=form).read(tmp_path, SHAPE)
    with pytest.raises(DataError, match="is not a folder"):
        Boxes(root="nowhere").read(tmp_path, SHAPE)


@needs("bccd")
def test_the_two_boxes_without_area_of_bccd_are_told() -> None:
    source = Boxes(root=str(SHARED / "bccd"), on_bad="skip", channels=1).read(Path(), (1, 24, 32))
    assert source.classes == ("Platelets", "RBC", "WBC")
    assert {name: len(part) for name, part in source.parts.items()} == {"train": 205, "validation": 87}
    assert sum(int((part.y[..., 0] >= 0).sum()) for part in source.parts.values()) == 3943 - 2
    assert sorted(note.partition("Annotations/")[2].partition(",")[0] for note in source.notes) == [
        "BloodImage_00338.xml: object 13 (RBC) has the box (504", "BloodImage_00343.xml: object 4 (RBC) has the box (181",
    ]  # fmt: skip
