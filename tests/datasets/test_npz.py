"""NumPy files: pairs, parts, layouts, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.datasets.base import DataError
from netspec.datasets.check import check_data
from netspec.datasets.load import load_data
from tests.datasets.helpers import SHARED, dataset, load, needs

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 4, 6, 3)).astype(np.uint8)
LABELS = np.arange(12) % 3
ALL = {"split": {"train": 1}, "normalize": "none"}


def save(path: Path, **arrays: Any) -> None:
    np.savez_compressed(path / "a.npz", **arrays)


@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("data", "targets")])
def test_pictures_keep_their_bytes(tmp_path: Path, names: tuple[str, str]) -> None:
    save(tmp_path, **dict(zip(names, (IMAGES, LABELS), strict=True)))
    data = load(tmp_path, type="npz", file="a.npz", **ALL)
    assert np.array_equal(data.train.x, IMAGES)
    assert data.shape == (3, 4, 6)
    assert np.array_equal(data.train.y, LABELS)
    assert data.classes == ("0", "1", "2")


def test_nchw_files_become_nhwc(tmp_path: Path) -> None:
    save(tmp_path, images=IMAGES.transpose(0, 3, 1, 2), labels=LABELS)
    assert np.array_equal(load(tmp_path, type="npz", file="a.npz", layout="nchw", **ALL).train.x, IMAGES)
    with pytest.raises(DataError, match='axes seem to be in the other order: set layout = "nchw"'):
        load(tmp_path, type="npz", file="a.npz", input_shape=(3, 4, 6), **ALL)


def test_grey_pictures_get_one_channel(tmp_path: Path) -> None:
    save(tmp_path, images=IMAGES[..., 0], labels=LABELS[:, None].astype(np.float64))
    assert load(tmp_path, type="npz", file="a.npz", **ALL).shape == (1, 4, 6)


@pytest.mark.parametrize("spelling", ["x_{}", "{}_images"])
def test_parts_are_found_by_name(tmp_path: Path, spelling: str) -> None:
    targets = "y_{}" if spelling == "x_{}" else "{}_labels"
    arrays = {}
    for i, part in enumerate(("train", "val", "test")):
        arrays[spelling.format(part)] = IMAGES[: 6 - i]
        arrays[targets.format(part)] = LABELS[: 6 - i]
    save(tmp_path, **arrays)
    parts = load(tmp_path, type="npz", file="a.npz").parts()
    assert {name: len(part) for name, part in parts.items()} == {"train": 6, "validation": 5, "test": 4}


def test_a_pair_of_npy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "y.npy", LABELS)
    data = load(tmp_path, type="npz", file="x.npy", labels_file="y.npy", **ALL)
    assert np.array_equal(data.train.x, IMAGES)
    with pytest.raises(DataError, match=r"x\.npy holds one array; name the targets' \.npy file as labels_file"):
        load(tmp_path, type="npz", file="x.npy")


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_regression_targets_are_not_rounded(tmp_path: Path, kind: type) -> None:
    save(tmp_path, x=RNG.normal(size=(12, 3)), y=(2**24 + 1 + 2 * np.arange(12)).astype(kind))
    y = load(tmp_path, type="npz", file="a.npz", task="regression", **ALL).train.y
    assert y[:, 0].tolist() == [2**24 + 1 + 2 * i for i in range(12)]
    save(tmp_path, x=RNG.normal(size=(12, 3)), y=np.arange(12).astype(kind) / 4)
    assert load(tmp_path, type="npz", file="a.npz", task="regression", **ALL).train.y.dtype == np.float32


def test_regression_targets_are_dense(tmp_path: Path) -> None:
    y = RNG.normal(size=12)
    save(tmp_path, x=RNG.normal(size=(12, 5)), y=y)
    data = load(tmp_path, type="npz", file="a.npz", task="regression", **ALL)
    assert data.train.y.shape == (12, 1)
    assert data.train.y.dtype == np.float64
    assert data.classes is None
    assert data.table() == [{"class": "all", "train": 12, "validation": 0, "test": 0}]


@pytest.mark.parametrize(
    ("x", "stored"),
    [
        (np.array([[1, 2], [3, 4]], np.int16), np.float32),
        (np.array([[2**24, 0], [3, 4]], np.int64), np.float32),
        (np.array([[2**24 + 1, 0], [3, 4]], np.int64), np.float64),
        (np.array([[0.1, 0], [3, 4]], np.float64), np.float64),
        (np.array([[0.1, 0], [3, 4]], np.float16), np.float32),
        (np.array([[True, False], [True, True]]), np.float32),
    ],
)
def test_no_value_is_changed_by_storing_it(tmp_path: Path, x: np.ndarray, stored: type) -> None:
    save(tmp_path, x=x, y=np.array([0, 1]))
    data = load(tmp_path, type="npz", file="a.npz", **ALL)
    assert data.train.x.dtype == stored
    assert np.array_equal(data.train.x.astype(np.float64), x.astype(np.float64))


class Evil:
    """Would create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    save(tmp_path, x=np.array([Evil(tmp_path / "executed")], dtype=object), y=np.array([0]))
    with pytest.raises(DataError, match="cannot be read as NumPy arrays"):
        load(tmp_path, type="npz", file="a.npz")
    assert not (tmp_path / "executed").exists()


REFUSED = [
    ({"x": IMAGES, "y": LABELS[:5]}, "x has 12 samples, y has 5 targets"),
    ({"images": IMAGES}, "has images but not its targets; it holds images [12, 4, 6, 3]"),
    ({"pictures": IMAGES, "labels": LABELS}, "has labels but not its samples"),
    ({"pictures": IMAGES}, "has no arrays called images and labels (or x and y); it holds pictures [12, 4, 6, 3]"),
    ({"x": IMAGES, "y": LABELS, "x_test": IMAGES, "y_test": LABELS}, "mixes whole and divided sets"),
    ({"x_test": IMAGES, "y_test": LABELS}, "has parts test but none to train on"),
    ({"x": IMAGES[:, 0, 0, 0], "y": LABELS}, "x: has shape [12]; store vectors"),
    ({"x": np.array([["a"]] * 12), "y": LABELS}, "x: has type <U1; store numbers"),
    ({"x": IMAGES, "y": LABELS + 0.5}, "y: are not class numbers (shape [12], type float64)"),
    ({"x": IMAGES, "y": np.eye(12)}, "y: are not class numbers (shape [12, 12], type float64)"),
    ({"x": IMAGES, "y": LABELS - 1}, "label -1 (first at sample 0) is outside the 2 classes 0…1"),
    ({"x": IMAGES[:0], "y": LABELS[:0]}, "[data]: there are no samples; check"),
]


@pytest.mark.parametrize(("arrays", "text"), REFUSED)
def test_unusable_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], text: str) -> None:
    save(tmp_path, **arrays)
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="npz", file="a.npz")
    assert text in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 cut", b"\x93NUMPY\1\0", b"hello"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    for name in ("a.npz", "a.npy"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=rf"{name}: cannot be read as NumPy arrays"):
            load(tmp_path, type="npz", file=name, **({"labels_file": name} if name == "a.npy" else {}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.npz does not exist; correct file"):
        load(tmp_path, type="npz", file="none.npz")


def test_classes_and_regression_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="remove classes"):
        dataset(type="npz", file="a.npz", task="regression", classes=["a"])


@needs("cifar10")
def test_real_cifar_pictures(tmp_path: Path) -> None:
    data = load(SHARED, type="npz", file="cifar10/cifar10_lossless_databatch1_first4000.npz", input_shape=(3, 32, 32))
    assert sum(map(len, data.parts().values())) == 4000
    assert data.classes == tuple("0123456789")


@pytest.mark.parametrize("ignored", [-1, 255])
def test_the_ignored_label_is_no_class(tmp_path: Path, ignored: int) -> None:
    labels = np.where(np.arange(12) < 4, ignored, LABELS)
    save(tmp_path, x=IMAGES, y=labels)
    found = load_data(
        dataset(type="npz", file="a.npz", split={"train": 0.5, "test": 0.5}), base_dir=tmp_path, seed=0,
        validation_split=0, input_shape=None, ignored=ignored,
    )  # fmt: skip
    assert found.classes == ("0", "1", "2")
    assert found.table()[-1] == {"class": "(ignored)", "train": 2, "validation": 0, "test": 2}
    assert sum(int(row["train"]) for row in found.table()) == 6
    report = check_data(dataset(type="npz", file="a.npz"), tmp_path, ignored)
    assert report.ok
    assert report.classes[-1] == {"class": "(ignored)", "all": 4}
    save(tmp_path, x=IMAGES, y=np.where(labels == ignored, ignored - 300, labels))
    with pytest.raises(DataError, match="set ignore_index under"):
        load_data(
            dataset(type="npz", file="a.npz"), base_dir=tmp_path, seed=0, validation_split=0, input_shape=None,
            ignored=ignored,
        )  # fmt: skip


def test_an_ignored_label_right_after_the_others_is_a_class_unless_classes_are_named(tmp_path: Path) -> None:
    """A network with an output for it can be trained, as before it could."""
    save(tmp_path, x=IMAGES, y=LABELS)
    assert dataset(type="npz", file="a.npz").ignoring(2).read(tmp_path, None).classes == ("0", "1", "2")
    named = dataset(type="npz", file="a.npz", classes=["no", "yes"]).ignoring(2)
    assert named.read(tmp_path, None).classes == ("no", "yes")
