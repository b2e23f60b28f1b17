"""From a `[data]` table to parts: what is decided, stated and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.datasets.base import DataError, Dataset
from netspec.datasets.check import check_data
from netspec.datasets.load import Data
from netspec.docstrings import field_docs
from netspec.registry import plugins
from tests.datasets.helpers import dataset, load


def save(path: Path, **arrays: np.ndarray) -> None:
    np.savez(path / "a.npz", **arrays)  # type: ignore[arg-type]


def test_every_key_of_every_kind_is_documented() -> None:
    for name, kind in plugins("netspec.datasets").items():
        assert issubclass(kind, Dataset)
        for key in kind.model_fields:
            assert key == "type" or key in field_docs(kind), f"{name}.{key} has no docstring"


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        dataset(type="digits", shuffel=True)


def test_digits_are_divided_by_default_into_a_fifth_of_test_samples(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits", validation_split=0.1)
    assert {name: len(part) for name, part in data.parts().items()} == {"train": 1294, "validation": 144, "test": 359}
    assert data.shape == (1, 8, 8)
    assert data.classes == tuple("0123456789")
    assert "split: train 0.72, validation 0.08, test 0.2 of 1797 samples, classes in proportion, seed 0" in data.notes
    names = np.concatenate([part.names for part in data.parts().values()])
    assert sorted(names) == list(range(1797))


def test_the_table_counts_each_class_in_each_part(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits", split={"train": 0.7, "validation": 0.1, "test": 0.2})
    rows = data.table()
    assert rows[0] == {"class": "0", "train": 124, "validation": 18, "test": 36}
    assert sum(int(row["train"]) for row in rows) == len(data.train)
    for i, row in enumerate(rows):
        assert data.test is not None
        assert row["test"] == np.sum(data.test.y == i)


def test_the_same_seed_gives_the_same_data_and_another_seed_another(tmp_path: Path) -> None:
    prints = [load(tmp_path, seed=seed, type="digits").fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def changed(key: str, index: tuple[int, ...]) -> dict[str, np.ndarray]:
    arrays = {"images": np.zeros((20, 3, 3), np.uint8), "labels": np.arange(20) % 2}
    arrays[key][index] = 1 - arrays[key][index]
    return arrays


@pytest.mark.parametrize(("key", "index"), [("images", (3, 1, 2)), ("labels", (0,))])
def test_the_fingerprint_changes_with_one_pixel_or_label(tmp_path: Path, key: str, index: tuple[int, ...]) -> None:
    def fingerprint(**arrays: np.ndarray) -> str:
        save(tmp_path, **arrays)
        return load(tmp_path, type="npz", file="a.npz", split={"train": 1}).fingerprint

    before = fingerprint(images=np.zeros((20, 3, 3), np.uint8), labels=np.arange(20) % 2)
    assert before == fingerprint(images=np.zeros((20, 3, 3), np.uint8), labels=np.arange(20) % 2)
    assert before != fingerprint(**changed(key, index))


def test_the_fingerprint_changes_with_the_order(tmp_path: Path) -> None:
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    prints = []
    for rows in (np.arange(10), np.arange(10)[::-1]):
        save(tmp_path, x=x[rows], y=(np.arange(10) % 2)[rows])
        prints.append(load(tmp_path, type="npz", file="a.npz", split={"train": 1}).fingerprint)
    assert prints[0] != prints[1]


def test_limit_takes_a_stratified_subset_of_each_part(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits", limit=100)
    assert [len(part) for part in data.parts().values()] == [100, 100]
    assert set(np.bincount(data.train.y)) <= {9, 10, 11}


def test_pictures_meet_a_vector_input_in_the_order_c_h_w(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (20, 4, 5, 3)).astype(np.uint8)
    save(tmp_path, images=x, labels=np.arange(20) % 2)
    keys = {"type": "npz", "file": "a.npz", "split": {"train": 1}}
    flat = load(tmp_path, input_shape=(60,), **keys)
    picture = load(tmp_path, input_shape=(3, 4, 5), **keys)
    assert flat.shape == (60,)
    assert flat.normalization.image_shape == (3, 4, 5)
    a = picture.normalization.apply(picture.train.x).transpose(0, 3, 1, 2).reshape(20, 60)
    assert np.array_equal(flat.normalization.apply(flat.train.x), a)
    assert any("laid out as vectors of 60 values, in the order C, H, W" in note for note in flat.notes)


def test_vectors_meet_a_picture_input_in_the_order_c_h_w(tmp_path: Path) -> None:
    x = np.arange(10 * 12, dtype=np.float32).reshape(10, 12)
    save(tmp_path, x=x, y=np.arange(10) % 2)
    data = load(tmp_path, input_shape=(3, 2, 2), type="npz", file="a.npz", split={"train": 1})
    assert data.train.x.shape == (10, 2, 2, 3)
    assert np.array_equal(data.train.x.transpose(0, 3, 1, 2).reshape(10, 12), x)
    assert data.normalization.mean.shape == (3,)


REFUSED = [
    (
        {"type": "digits", "input_shape": (3, 8, 8)},
        "[data]: samples are [1, 8, 8] (layout NCHW: C, H, W), but the network's input is [3, 8, 8] "
        "(layout NCHW: C, H, W); set shape = [1, 8, 8] under [input]",
    ),
    (
        {"type": "synthetic", "kind": "moons", "input_shape": (3,)},
        "[data]: samples are vectors of 2 values, but the network's input is vectors of 3 values; "
        "set shape = [2] under [input]",
    ),
    (
        {"type": "synthetic", "kind": "shapes", "input_shape": (1, 20, 20)},
        "[data]: samples are [1, 16, 16] (layout NCHW: C, H, W), but the network's input is [1, 20, 20] "
        "(layout NCHW: C, H, W); set shape = [1, 16, 16] under [input], or size = 20 under [data] (1 channel)",
    ),
    (
        {"type": "synthetic", "kind": "moons", "samples": 4, "validation_split": 0.1},
        "[data]: the validation part is to be 0.08 of 4 samples, which gives none; "
        "make the fraction larger, or 0 to go without this part, or add samples",
    ),
    (
        {"type": "digits", "validation_split": 1.0},
        "[train] validation_split: 1.0 is no fraction; use 0 ≤ validation_split < 1",
    ),
]


@pytest.mark.parametrize(("keys", "text"), REFUSED)
def test_refusals_name_values_and_remedy(tmp_path: Path, keys: dict[str, object], text: str) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, **keys)  # type: ignore[arg-type]
    assert str(caught.value) == text


def test_a_split_for_a_set_with_parts_is_refused(tmp_path: Path) -> None:
    x, y = np.zeros((4, 2), np.float32), np.arange(4) % 2
    save(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(DataError, match=r"split: this set brings its own parts \(train, test\); remove split"):
        load(tmp_path, type="npz", file="a.npz", split={"train": 1})


def test_fractions_must_add_up_to_1() -> None:
    with pytest.raises(ValidationError, match=r"= 0\.9; the three fractions must add up to 1"):
        dataset(type="digits", split={"train": 0.7, "test": 0.2})


def test_an_unused_validation_split_is_said(tmp_path: Path) -> None:
    x, y = np.zeros((4, 2), np.float32), np.arange(4) % 2
    save(tmp_path, x_train=x, y_train=y, x_val=x, y_val=y)
    data = load(tmp_path, validation_split=0.5, type="npz", file="a.npz")
    assert len(data.train) == 4
    assert "validation_split 0.5 is not used: the set brings its own validation part" in data.notes


def test_a_class_without_training_samples_is_said(tmp_path: Path) -> None:
    save(tmp_path, x=np.eye(6, dtype=np.float32), y=np.array([0, 2, 0, 2, 0, 2]))
    data = load(tmp_path, type="npz", file="a.npz", split={"train": 1})
    assert "classes with no sample in the train part: 1" in data.notes


def test_parts_of_different_size_are_refused(tmp_path: Path) -> None:
    y = np.arange(4) % 2
    save(tmp_path, x_train=np.zeros((4, 2), np.float32), y_train=y, x_test=np.zeros((4, 3), np.float32), y_test=y)
    with pytest.raises(
        DataError, match=r"training samples are vectors of 2 values, those of the test part .* 3 values"
    ):
        load(tmp_path, type="npz", file="a.npz")


def test_a_value_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    x = np.zeros((4, 2), np.float32)
    x[2, 1] = np.nan
    save(tmp_path, x=x, y=np.arange(4) % 2)
    with pytest.raises(DataError, match="sample 2 has a value that is NaN or infinite"):
        load(tmp_path, type="npz", file="a.npz")


def test_data_without_parts_left_out_lists_only_what_exists(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits", split={"train": 1})
    assert isinstance(data, Data)
    assert list(data.parts()) == ["train"]
    assert data.table()[0] == {"class": "0", "train": 178, "validation": 0, "test": 0}


def test_what_the_system_does_not_give_is_wrong_data(tmp_path: Path) -> None:
    for name in ("data_batch_1.bin", "data_batch_2.bin"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="2 of 2 files cannot be read") as caught:
        load(tmp_path, type="cifar_binary", root=".")
    assert f"{tmp_path / 'data_batch_1.bin'}: is a directory" in caught.value.message


def test_folders_that_may_not_be_listed_are_wrong_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def iterdir(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="image_folder", root=".", input_shape=(3, 8, 8))
    assert caught.value.message.startswith(f"{tmp_path}")
    assert caught.value.message.endswith(": permission denied")
    (finding,) = check_data(dataset(type="image_folder", root="."), tmp_path).findings
    assert finding.reason == "permission denied; check that it is there, whole, and yours to read"
