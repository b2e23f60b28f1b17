"""Pictures from files, class folders, and their check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from netspec.datasets.base import DataError
from netspec.datasets.check import DataReport, check_data
from netspec.datasets.images import load_image
from tests.datasets.helpers import SHARED, dataset, load, needs

RNG = np.random.default_rng(0)


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    array = RNG.integers(0, 256, (height, width, channels)).astype(np.uint8)
    return array[..., 0] if channels == 1 else array


def make_folders(root: Path, parts: tuple[str, ...] = ("",), count: int = 6) -> None:
    for part in parts:
        for label in ("ant", "bee"):
            (root / part / label).mkdir(parents=True)
            for i in range(count):
                Image.fromarray(picture(20 + i, 30 - i)).save(root / part / label / f"{i}.png")


def test_a_picture_of_the_right_size_keeps_its_pixels(tmp_path: Path) -> None:
    array = picture(9, 7)
    Image.fromarray(array).save(tmp_path / "a.png")
    assert np.array_equal(load_image(tmp_path / "a.png", 3, (9, 7)), array)
    assert np.array_equal(load_image(tmp_path / "a.png", 3, None), array)
    assert np.array_equal(load_image(tmp_path / "a.png", 3, (3, 3), resize=7), array[3:6, 2:5])


def test_the_shorter_side_is_resized_and_the_middle_is_cut(tmp_path: Path) -> None:
    array = np.zeros((40, 80), np.uint8)
    array[:, 20:60] = 255
    Image.fromarray(array).save(tmp_path / "a.png")
    assert load_image(tmp_path / "a.png", 1, (10, 8)).min() == 255
    assert load_image(tmp_path / "a.png", 1, (10, 10), resize=20).shape == (10, 10, 1)
    assert load_image(tmp_path / "a.png", 1, None, resize=20).shape == (20, 40, 1)


def test_a_stretched_picture_loses_its_proportions_and_no_margin(tmp_path: Path) -> None:
    array = np.zeros((40, 80), np.uint8)
    array[:, :40] = 200
    Image.fromarray(array).save(tmp_path / "a.png")
    whole = load_image(tmp_path / "a.png", 1, (10, 8), stretch=True)[..., 0]
    assert np.array_equal(whole[:, :3], np.full((10, 3), 200))
    assert np.array_equal(whole[:, 5:], np.zeros((10, 3)))
    cut = load_image(tmp_path / "a.png", 1, (10, 10), 20, stretch=True)[..., 0]
    assert np.array_equal(cut[:, :4], np.full((10, 4), 200))
    assert np.array_equal(cut[:, 6:], np.zeros((10, 4)))


def test_a_folder_stretches_its_pictures_and_says_so(tmp_path: Path) -> None:
    make_folders(tmp_path)
    data = dataset(type="image_folder", root=str(tmp_path), fit="stretch", size=[8, 10])
    source = data.read(tmp_path, None)
    assert source.notes == ("12 of 12 pictures (30×20 to 25×25) are not 10×8 (size under [data]): they are stretched",)
    first = tmp_path / "ant" / "0.png"
    assert np.array_equal(source.parts["all"].x[0], load_image(first, 3, (8, 10), stretch=True))
    assert np.array_equal(data.picture(first, 3, (8, 10)), source.parts["all"].x[0])


def test_grey_weighs_the_colours_as_rec_601(tmp_path: Path) -> None:
    array = picture(5, 5)
    Image.fromarray(array).save(tmp_path / "a.png")
    grey = array @ np.array([0.299, 0.587, 0.114])
    assert np.max(np.abs(load_image(tmp_path / "a.png", 1, None)[..., 0] - grey)) <= 1.0


def test_exif_orientation_is_undone(tmp_path: Path) -> None:
    array = np.zeros((16, 32, 3), np.uint8)
    array[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    Image.fromarray(array).save(tmp_path / "a.jpg", exif=exif, quality=95)
    upright = load_image(tmp_path / "a.jpg", 3, None)
    assert upright.shape == (32, 16, 3)
    assert upright[:14].min() > 200
    assert upright[18:].max() < 50


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    assert load_image(tmp_path / "a.png", 1, None)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    array = np.zeros((2, 2, 4), np.uint8)
    array[0, :, 3] = 255
    Image.fromarray(array).save(tmp_path / "a.png")
    assert load_image(tmp_path / "a.png", 3, None)[..., 0].tolist() == [[0, 0], [255, 255]]


def damage(folder: Path) -> None:
    """Three unreadable files beside good ones."""
    content = (folder / "0.png").read_bytes()
    (folder / "cut.png").write_bytes(content[: len(content) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.png").write_text("not a picture", encoding="utf-8")


def test_unreadable_pictures_stop_loading_and_are_all_named(tmp_path: Path) -> None:
    make_folders(tmp_path)
    damage(tmp_path / "ant")
    with pytest.raises(DataError, match="3 of 15 pictures cannot be read") as caught:
        load(tmp_path, type="image_folder", root=".", size=8)
    text = str(caught.value)
    assert "cut.png: cannot be decoded" in text
    assert "empty.jpg: the file is empty" in text
    assert "text.png: it is not a PNG or JPEG picture" in text
    assert 'set on_bad = "skip"' in text


def test_unreadable_pictures_are_left_out_and_listed_when_asked(tmp_path: Path) -> None:
    make_folders(tmp_path)
    damage(tmp_path / "ant")
    data = load(tmp_path, type="image_folder", root=".", size=8, on_bad="skip", split={"train": 1})
    assert len(data.train) == 12
    assert len([note for note in data.notes if note.startswith("left out: ")]) == 3


def test_a_set_of_unreadable_pictures_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "a.png").write_bytes(b"x")
    with pytest.raises(DataError, match="no sample to train on can be read"):
        load(tmp_path, type="image_folder", root=".", size=8, on_bad="skip")


def test_parts_and_classes_come_from_the_folders(tmp_path: Path) -> None:
    make_folders(tmp_path, ("train", "val", "test"))
    data = load(tmp_path, type="image_folder", root=".", size=[8, 6], channels=1)
    assert list(data.parts()) == ["train", "validation", "test"]
    assert data.classes == ("ant", "bee")
    assert data.shape == (1, 8, 6)
    assert data.train.names[0] == "train/ant/0.png"
    assert data.train.y.tolist() == [0] * 6 + [1] * 6


def test_size_and_channels_follow_the_network_unless_given(tmp_path: Path) -> None:
    make_folders(tmp_path)
    assert load(tmp_path, type="image_folder", root=".", input_shape=(1, 12, 10)).shape == (1, 12, 10)
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="image_folder", root=".", size=8, input_shape=(3, 12, 12))
    assert str(caught.value) == (
        "[data]: samples are [3, 8, 8] (layout NCHW: C, H, W), but the network's input is [3, 12, 12] (layout NCHW: "
        "C, H, W); image_folder resizes: set size = 12 and channels = 3 under [data], or leave both out"
    )
    with pytest.raises(DataError, match="size: is not set, and there is no input"):
        load(tmp_path, type="image_folder", root=".")
    with pytest.raises(DataError, match="input has 2 channels; a picture gives 1"):
        load(tmp_path, type="image_folder", root=".", input_shape=(2, 8, 8))
    with pytest.raises(ValidationError, match="resize 8 is smaller than size 10"):
        dataset(type="image_folder", root=".", size=10, resize=8)


def test_folders_that_are_not_as_described_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere is not a folder"):
        load(tmp_path, type="image_folder", root="nowhere", size=8)
    with pytest.raises(DataError, match="has no class folders"):
        load(tmp_path, type="image_folder", root=".", size=8)
    make_folders(tmp_path, ("train", "val"))
    (tmp_path / "val" / "wasp").mkdir()
    with pytest.raises(DataError, match=r"wasp: is no class of .*train \(ant, bee\)"):
        load(tmp_path, type="image_folder", root=".", size=8)
    (tmp_path / "val" / "wasp").rename(tmp_path / "train" / "wasp")
    with pytest.raises(DataError, match="wasp: has no PNG or JPEG files"):
        load(tmp_path, type="image_folder", root=".", size=8)
    (tmp_path / "train" / "wasp").rename(tmp_path / "wasp")
    with pytest.raises(DataError, match=r"beside train, .* holds wasp"):
        load(tmp_path, type="image_folder", root=".", size=8)


def found(report: DataReport) -> dict[str, str]:
    return {finding.path.split("/", 1)[1]: finding.reason for finding in report.findings}


def test_check_lists_every_bad_odd_and_duplicate_file(tmp_path: Path) -> None:
    root = tmp_path / "insects"
    root.mkdir()
    make_folders(root, ("train", "val"))
    damage(root / "train" / "ant")
    (root / "train" / "bee" / "notes.txt").write_text("x", encoding="utf-8")
    (root / "val" / "bee" / "copy.png").write_bytes((root / "train" / "ant" / "0.png").read_bytes())
    Image.fromarray(picture(50, 50, 1)).save(root / "val" / "ant" / "grey.png")
    report = check_data(dataset(type="image_folder", root="insects", size=22), tmp_path)
    reasons = found(report)
    assert reasons["train/ant/empty.jpg"] == "the file is empty"
    assert reasons["train/ant/text.png"] == "it is not a PNG or JPEG picture"
    assert reasons["train/ant/cut.png"].startswith("cannot be decoded")
    assert reasons["train/bee/notes.txt"] == "no PNG or JPEG by name; left out"
    assert reasons["train/bee/0.png"] == "is 30×20, smaller than 22×22; it will be enlarged"
    assert reasons["val/ant/grey.png"] == "has mode L, most have RGB"
    assert reasons["val/bee/copy.png"] == (
        "is byte for byte insects/train/ant/0.png, which is in the train part, which is labelled ant"
    )
    assert not report.ok
    assert report.samples == 26
    assert report.classes[0] == {"class": "ant", "train": 6, "validation": 7}
    skip = check_data(dataset(type="image_folder", root="insects", size=22, on_bad="skip"), tmp_path)
    assert skip.ok


def test_check_names_the_few_pictures_of_another_size(tmp_path: Path) -> None:
    make_folders(tmp_path, count=1)
    for i in range(20):
        Image.fromarray(picture(16, 16)).save(tmp_path / "bee" / f"same{i}.png")
    reasons = found(check_data(dataset(type="image_folder", root="."), tmp_path))
    assert reasons == dict.fromkeys(("ant/0.png", "bee/0.png"), "is 30×20, most are 16×16")


@needs("hymenoptera")
def test_real_photographs_of_ants_and_bees() -> None:
    data = load(SHARED, type="image_folder", root="hymenoptera", input_shape=(3, 64, 64))
    assert data.table() == [
        {"class": "ants", "train": 123, "validation": 70, "test": 0},
        {"class": "bees", "train": 121, "validation": 83, "test": 0},
    ]
    assert data.train.x.dtype == np.uint8
    assert check_data(dataset(type="image_folder", root="hymenoptera"), SHARED).ok


def test_a_foreign_class_folder_hides_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "insects"
    root.mkdir()
    make_folders(root, ("train", "val"))
    damage(root / "train" / "ant")
    (root / "val" / "wasp").mkdir()
    (root / "train" / "empty").mkdir()
    report = check_data(dataset(type="image_folder", root="insects", size=22), tmp_path)
    reasons = [finding.reason for finding in report.findings]
    assert any(reason.startswith("is no class of") for reason in reasons)
    assert any(reason.startswith("has no PNG or JPEG files") for reason in reasons)
    assert "the file is empty" in reasons
    assert report.samples > 0


def test_pictures_that_are_scaled_are_told(tmp_path: Path) -> None:
    make_folders(tmp_path)
    pictures = dataset(type="image_folder", root=".")
    note = "(30×20 to 25×25) are not 16×16 (the network's input): they are scaled, to cover it, and cut from the middle"
    assert any(note in text for text in load(tmp_path, type="image_folder", root=".", input_shape=(3, 16, 16)).notes)
    assert any(note in text for text in check_data(pictures, tmp_path, input_shape=(3, 16, 16)).notes)
    assert check_data(pictures, tmp_path, input_shape=(3, 20, 30)).notes[0].startswith("10 of 12 pictures")
