"""MNIST-style files: the real ones, malformed ones, and the download."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.datasets.base import DataError
from netspec.datasets.download import CONTENT_SHA256
from tests.datasets.helpers import SHARED, idx_bytes, load, needs, write_idx

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (20, 5, 4)).astype(np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 3


@needs("mnist")
def test_mnist_has_its_published_counts() -> None:
    data = load(SHARED, type="idx", root="mnist", normalize="unit", input_shape=(1, 28, 28))
    assert data.test is not None
    assert data.train.x.shape == (60_000, 28, 28, 1)
    assert data.test.x.shape == (10_000, 28, 28, 1)
    assert np.bincount(data.train.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train.y[:5].tolist() == [5, 0, 4, 1, 9]


@needs("mnist")
def test_mnist_statistics_are_the_known_ones() -> None:
    """0.1307 and 0.3081 of the pixel range: the numbers everyone uses for MNIST."""
    normalization = load(SHARED, type="idx", root="mnist").normalization
    assert normalization.mean[0] / 255 == pytest.approx(0.1307, abs=5e-5)
    assert normalization.std[0] / 255 == pytest.approx(0.3081, abs=5e-5)


def test_plain_compressed_and_dotted_names_give_the_same(tmp_path: Path) -> None:
    for name in ("plain", "gz", "dotted"):
        (tmp_path / name).mkdir()
        write_idx(tmp_path / name, "train", IMAGES, LABELS)
    for path in list((tmp_path / "gz").iterdir()):
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    for path in list((tmp_path / "dotted").iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    loaded = [load(tmp_path, type="idx", root=root) for root in ("plain", "gz", "dotted")]
    assert len({data.fingerprint for data in loaded}) == 1
    assert np.array_equal(loaded[0].train.x[..., 0], IMAGES)
    assert loaded[0].test is None
    assert "no t10k files: there is no test part" in loaded[0].notes


def test_labels_outside_the_classes_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    with pytest.raises(DataError, match=r"label 2 \(first at sample 2\) is outside the 2 classes 0…1; number the cla"):
        load(tmp_path, type="idx", root=".", classes=["ant", "bee"])


MALFORMED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    (
        "train-images-idx3-ubyte",
        lambda content: content[:-1],
        "its header announces shape [20, 5, 4], 416 bytes in all, but it has 415; the file is cut off or damaged",
    ),
    ("train-images-idx3-ubyte", lambda content: content + b"\0", "416 bytes in all, but it has 417"),
    ("train-images-idx3-ubyte", lambda content: content[:10], "ends after 10 bytes, inside its header of 16"),
    ("train-labels-idx1-ubyte", lambda content: b"", "ends after 0 bytes, inside its header of 8"),
    (
        "train-images-idx3-ubyte",
        lambda content: idx_bytes(LABELS) + bytes(9),
        "starts with magic number 2049 (0x00000801), the number of a file of labels; expected 2051 for images",
    ),
    (
        "train-images-idx3-ubyte",
        lambda content: b"PK\3\4" + content,
        "starts with magic number 1347093252 (0x504b0304)",
    ),
    (
        "train-labels-idx1-ubyte",
        lambda content: idx_bytes(LABELS[:7]),
        "has 20 images, but train-labels-idx1-ubyte has 7",
    ),
    ("train-images-idx3-ubyte", lambda content: b"\0\0\x08\x03" + b"\xff" * 12, "header announces shape [4294967295,"),
]


@pytest.mark.parametrize(("name", "damage", "text"), MALFORMED)
def test_malformed_files_are_named_with_their_fault(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes], text: str
) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    path = tmp_path / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="idx", root=".")
    assert text in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(idx_bytes(IMAGES))[:-20], b""])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, content: bytes) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: (not a complete gzip file|ends after 0 bytes)"):
        load(tmp_path, type="idx", root=".")


def test_all_damaged_files_are_named_at_once(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    for path in tmp_path.iterdir():
        path.write_bytes(b"x")
    with pytest.raises(DataError, match="2 of 2 files cannot be read") as caught:
        load(tmp_path, type="idx", root=".")
    assert len(caught.value.causes) == 2


def test_missing_files_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="idx", root=".")
    assert str(caught.value) == (
        f"[data] root: neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is in {tmp_path}; "
        'correct root, or set download = "mnist" (or "fashion-mnist") to fetch the files'
    )
    with pytest.raises(DataError, match="nowhere is not a folder"):
        load(tmp_path, type="idx", root="nowhere")


def test_download_without_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise OSError("Name or service not known")

    monkeypatch.setattr("pooch.retrieve", fail)
    with pytest.raises(DataError) as caught:
        load(tmp_path, type="idx", root="mnist", download="mnist")
    assert str(caught.value) == (
        "[data] download: https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz cannot be fetched: "
        "the server cannot be reached; there seems to be no network; fetch the file elsewhere and put it into "
        f'{tmp_path / "mnist"}, which is what root under [data] means, or use '
        'the digits that come with netspec: type = "digits"'
    )


def serve(folder: Path) -> Callable[..., str]:
    """A stand-in for the network: copies the file from `folder`."""

    def retrieve(url: str, known_hash: None, fname: str, path: Path, downloader: object) -> str:
        path.mkdir(exist_ok=True)
        return str(shutil.copy(folder / fname, path / fname))

    return retrieve


@needs("fashion-mnist")
def test_downloaded_files_are_checked_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.retrieve", serve(SHARED / "fashion-mnist"))
    data = load(tmp_path, type="idx", root="fashion", download="fashion-mnist", limit=50)
    assert sorted(p.name for p in (tmp_path / "fashion").iterdir()) == sorted(
        f"{name}.gz" for name in CONTENT_SHA256["fashion-mnist"]
    )
    assert data.classes is not None
    assert data.classes[9] == "Ankle boot"


def test_a_file_that_is_there_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.retrieve", lambda *_, **__: pytest.fail("went to the network"))
    for prefix in ("train", "t10k"):
        write_idx(tmp_path, prefix, IMAGES, LABELS)
    assert len(load(tmp_path, type="idx", root=".", download="mnist").train) == 20


@pytest.mark.parametrize("content", [gzip.compress(idx_bytes(IMAGES)), b"<html>not found</html>"])
def test_wrong_contents_are_refused_and_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "train-images-idx3-ubyte.gz").write_bytes(content)
    monkeypatch.setattr("pooch.retrieve", serve(tmp_path / "server"))
    with pytest.raises(DataError, match=r"contents of train-images-idx3-ubyte.gz are not the published ones"):
        load(tmp_path, type="idx", root="mnist", download="mnist")
    assert list((tmp_path / "mnist").iterdir()) == []
