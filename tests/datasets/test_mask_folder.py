"""Pictures with masks: what they become, and what is said of those that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from netspec.datasets.base import DataError
from netspec.datasets.check import check_data
from netspec.datasets.load import load_data
from netspec.datasets.mask_folder import MaskFolder
from tests.datasets.mask_sets import write_set

SHAPE = (1, 8, 16)


def load(root: Path, ignored: int | None = None, shape: tuple[int, ...] = SHAPE, **keys):
    dataset = MaskFolder(root=str(root), **keys)
    return load_data(dataset, base_dir=root, seed=1, validation_split=0.0, input_shape=shape, ignored=ignored)


def read(root: Path, ignored: int | None = None, shape: tuple[int, ...] = SHAPE, **keys):
    return MaskFolder(root=str(root), **keys).ignoring(ignored).read(root, shape)


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def test_pictures_are_cut_into_tiles_with_their_labels(tmp_path: Path) -> None:
    source = read(write_set(tmp_path / "set", count=2))
    part = source.parts["all"]
    assert (part.x.shape, part.y.shape, part.y.dtype) == ((12, 8, 16, 1), (12, 8, 16), np.uint8)
    assert list(part.names[:3]) == ["images/0.png (0, 0)", "images/0.png (0, 16)", "images/0.png (8, 0)"]
    picture = np.asarray(Image.open(tmp_path / "set/images/1.png"))
    mask = np.asarray(Image.open(tmp_path / "set/masks/1.png")) // 255
    np.testing.assert_array_equal(part.x[9, ..., 0], picture[8:16, 16:])
    np.testing.assert_array_equal(part.y[9], mask[8:16, 16:])
    assert (source.classes, source.notes) == (("0", "1"), ("2 pictures are cut into 12 tiles of 16×8",))


def test_the_tiles_of_a_picture_come_into_one_part(tmp_path: Path) -> None:
    data = load(write_set(tmp_path / "set"))
    pictures = {name: {str(n).split(" ")[0] for n in part.names} for name, part in data.parts().items()}
    assert len(pictures["train"]) == 4
    assert len(pictures["test"]) == 1
    assert not pictures["train"] & pictures["test"]
    (held_out,) = pictures["test"]
    assert f"all samples of a picture in one part (test {held_out})" in data.notes[1]
    assert data.counted == "pixels"
    assert sum(row["test"] for row in data.table()) == 24 * 32


def test_tiles_that_overlap_are_told(tmp_path: Path) -> None:
    source = read(write_set(tmp_path / "set", count=1), shape=(1, 24, 20), overlap=4)
    assert source.parts["all"].x.shape[0] == 2
    assert source.notes == ("1 pictures are cut into 2 tiles of 20×24; tiles overlap, so 25 % more pixels are counted",)


def test_pictures_and_masks_are_scaled_alike(tmp_path: Path) -> None:
    mask = np.kron(np.array([[0, 255], [255, 0]], np.uint8), np.ones((12, 12), np.uint8))
    for folder in ("images", "masks"):
        save(tmp_path / folder / "a.png", mask)
    for keys, shape in (({"fit": "scale"}, (1, 4, 4)), ({"resize": 8}, (1, 8, 8))):
        part = read(tmp_path, shape=shape, **keys).parts["all"]
        assert part.x.shape == (1, *shape[1:], 1)
        np.testing.assert_array_equal(part.y[0], part.x[0, ..., 0] > 127)


def test_parts_of_its_own_are_kept(tmp_path: Path) -> None:
    write_set(tmp_path / "train", count=3)
    write_set(tmp_path / "val", count=1)
    assert {name: len(part) for name, part in load(tmp_path).parts().items()} == {"train": 18, "validation": 6}


def test_a_validation_part_is_made_of_whole_pictures(tmp_path: Path) -> None:
    write_set(tmp_path / "train", count=4)
    dataset = MaskFolder(root=str(tmp_path))
    data = load_data(dataset, base_dir=tmp_path, seed=0, validation_split=0.25, input_shape=SHAPE)
    assert {name: len(part) for name, part in data.parts().items()} == {"train": 18, "validation": 6}


class TestValues:
    def colours(self, root: Path) -> np.ndarray:
        table = np.array([[0, 0, 0], [128, 0, 0], [224, 224, 192]], np.uint8)
        labels = np.arange(128).reshape(8, 16) % 3
        save(root / "images/a.png", np.zeros((8, 16), np.uint8))
        save(root / "masks/a.png", table[labels])
        return labels

    def test_colours_are_classes_or_none(self, tmp_path: Path) -> None:
        labels = self.colours(tmp_path)
        keys = {"values": [[0, 0, 0], [128, 0, 0]], "ignore_value": [224, 224, 192]}
        part = read(tmp_path, ignored=255, **keys).parts["all"]
        np.testing.assert_array_equal(part.y[0], np.where(labels == 2, 255, labels))

    def test_colours_without_values_are_told(self, tmp_path: Path) -> None:
        self.colours(tmp_path)
        with pytest.raises(DataError, match=r"its colours are \[0, 0, 0\], \[128, 0, 0\], \[224, 224, 192\]; name each"):
            read(tmp_path)

    def test_palette_pictures_hold_class_numbers(self, tmp_path: Path) -> None:
        save(tmp_path / "images/a.png", np.zeros((8, 16), np.uint8))
        (tmp_path / "masks").mkdir()
        labels = (np.arange(128).reshape(8, 16) % 4).astype(np.uint8)
        labels[0, 0] = 255
        palette = Image.fromarray(labels)
        palette.putpalette([7, 7, 7] * 256)
        palette.save(tmp_path / "masks/a.png")
        source = read(tmp_path, ignored=255)
        np.testing.assert_array_equal(source.parts["all"].y[0], labels)
        assert source.classes == ("0", "1", "2", "3")

    def test_a_negative_ignored_label_fits(self, tmp_path: Path) -> None:
        write_set(tmp_path / "s", count=1, values=(3, 7))
        y = read(tmp_path / "s", ignored=-100, values=[7, 9], ignore_value=3).parts["all"].y
        assert set(np.unique(y)) == {-100, 0}

    @pytest.mark.parametrize(
        ("values", "ignored", "keys", "message"),
        [
            ((0, 128), None, {}, r"the masks have the values 0, 128, which are no class numbers 0 … 1; name each class's"),
            ((1, 2), None, {}, r"the masks have the values 1, 2, which are no class numbers"),
            ((0, 255), 255, {}, r"the masks have the values 0, which are no class numbers"),
            ((0, 2), None, {"classes": ["a", "b"]}, r"the masks have the values 0, 2, which are no class numbers 0 … 1"),
            ((0, 255), None, {"ignore_value": 255}, r"ignore_value: the loss has no label .*; set ignore_index = 255"),
            ((255, 255), 255, {}, r"the masks have the values none, which are no class numbers"),
            ((0, 7), 1, {"values": [0, 1], "ignore_value": 7}, r"would get the label 1, which is a class; set ignore_index"),
        ],
    )
    def test_values_that_are_no_classes_are_refused(self, tmp_path, values, ignored, keys, message) -> None:
        write_set(tmp_path / "s", count=1, values=values)
        with pytest.raises(DataError, match=message):
            read(tmp_path / "s", ignored=ignored, **keys)

    def test_masks_without_a_single_class_fit_where_the_spec_names_the_classes(self, tmp_path: Path) -> None:
        write_set(tmp_path / "s", count=1, values=(255, 255))
        source = read(tmp_path / "s", ignored=255, classes=["a", "b"])
        assert set(np.unique(source.parts["all"].y)) == {255}

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({"values": [0, [1, 2, 3]]}, "partly numbers, partly colours; use one kind"),
            ({"values": [0, 255], "ignore_value": 255}, "a value stands for two classes; name each value once"),
            ({"values": [0, 1, 2], "classes": ["a", "b"]}, "3 values for 2 classes; give one for each"),
            ({"ignore_value": [1, 2, 3]}, "ignore_value is a colour, and values are not given"),
        ],
    )
    def test_keys_that_contradict_are_refused(self, keys, message) -> None:
        with pytest.raises(ValidationError, match=message):
            MaskFolder(root=".", **keys)


class TestMisfits:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Each fault once, and two sound pairs."""
        root = write_set(tmp_path / "set", count=8)
        (root / "masks/1.png").unlink()
        (root / "images/2.png").unlink()
        save(root / "masks/3.png", np.zeros((24, 30), np.uint8))
        spoilt = np.zeros((24, 32), np.uint8)
        spoilt[5, 6] = 7
        save(root / "masks/4.png", spoilt)
        (root / "images/5.png").write_bytes(b"no picture")
        (root / "masks/6.png").rename(root / "masks/6.jpg")
        return root

    FAULTS = (
        "images/1.png: has no mask masks/1.png",
        "masks/2.png: belongs to no picture in images",
        "images/3.png: is 32×24, its mask 3.png 30×24",
        "images/5.png: it is not a PNG or JPEG picture",
        "masks/6.jpg: JPEG changes the values of a mask's pixels",
        "masks/4.png: value 7 (row 5, column 6) is none of 0, 255; 1 of 768 pixels",
    )

    def test_all_are_told_at_once(self, root: Path) -> None:
        with pytest.raises(DataError) as caught:
            read(root, values=[0, 255])
        assert sorted(cause.message.removeprefix(f"{root}/") for cause in caught.value.causes) == sorted(self.FAULTS)
        assert caught.value.hint == 'correct them, or set on_bad = "skip" under [data]'

    def test_they_can_be_left_out(self, root: Path) -> None:
        source = read(root, values=[0, 255], on_bad="skip")
        assert {str(name).split(" ")[0] for name in source.parts["all"].names} == {"images/0.png", "images/7.png"}
        assert sum(note.startswith("left out: ") for note in source.notes) == len(self.FAULTS)

    def test_the_check_finds_them_and_copies(self, root: Path) -> None:
        for folder in ("images", "masks"):
            (root / folder / "8.png").write_bytes((root / folder / "0.png").read_bytes())
        report = check_data(MaskFolder(root=str(root), values=[0, 255]), root, None, SHAPE)
        errors = [f"{f.path}: {f.reason}".removeprefix(f"{root}/") for f in report.findings if f.severity == "error"]
        assert len(errors) == len(self.FAULTS)
        assert all(any(error.startswith(fault) for error in errors) for fault in self.FAULTS)
        assert [f.reason for f in report.findings if f.severity == "warning"] == ["the same pixels as images/0.png"]
        assert (report.samples, report.counted, report.ok) == (3, "pixels", False)

    def test_folders_that_are_not_there_are_told_with_those_that_are(self, tmp_path: Path) -> None:
        root = write_set(tmp_path / "set", count=1)
        with pytest.raises(DataError, match=r"has no folder label \(folders there: images, masks\); .*: masks = …"):
            read(root, masks="label")
        with pytest.raises(DataError, match=r"root: .* is not a folder"):
            read(root / "nowhere")

    def test_pictures_smaller_than_a_tile_are_told(self, tmp_path: Path) -> None:
        root = write_set(tmp_path / "set", count=1)
        with pytest.raises(DataError, match=r'is 32×24, smaller than the samples 32×32; set fit = "scale" or a larger resize'):
            read(root, shape=(1, 32, 32))
