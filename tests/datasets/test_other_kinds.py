"""CIFAR-10 binary, the shipped digits, and the synthetic sets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.datasets.base import DataError, Part
from netspec.datasets.shapes import SHAPES
from tests.datasets.helpers import dataset, load

RNG = np.random.default_rng(0)


def write_batch(path: Path, n: int) -> tuple[np.ndarray, np.ndarray]:
    """n CIFAR records; returns NCHW pictures and labels."""
    images, labels = RNG.integers(0, 256, (n, 3, 32, 32)).astype(np.uint8), np.arange(n, dtype=np.uint8) % 10
    path.write_bytes(b"".join(bytes([y]) + x.tobytes() for x, y in zip(images, labels, strict=True)))
    return images, labels


def test_cifar_records_are_label_then_red_green_blue(tmp_path: Path) -> None:
    batches = [write_batch(tmp_path / f"data_batch_{i}.bin", 10) for i in range(1, 6)]
    write_batch(tmp_path / "test_batch.bin", 20)
    data = load(tmp_path, type="cifar_binary", root=".", input_shape=(3, 32, 32))
    assert np.array_equal(data.train.x.transpose(0, 3, 1, 2), np.concatenate([x for x, _ in batches]))
    assert np.array_equal(data.train.y, np.concatenate([y for _, y in batches]))
    assert data.train.names[12] == "data_batch_2.bin:2"
    assert data.test is not None
    assert len(data.test) == 20
    assert data.classes is not None
    assert data.classes[0] == "airplane"


def test_damaged_or_missing_cifar_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data_batch_1.bin … data_batch_5.bin in .*the binary version"):
        load(tmp_path, type="cifar_binary", root=".")
    write_batch(tmp_path / "data_batch_1.bin", 10)
    data = load(tmp_path, type="cifar_binary", root=".")
    assert "1 of the 5 training batches are there: data_batch_1.bin" in data.notes
    assert "no test_batch.bin: there is no test part" in data.notes
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3072))
    with pytest.raises(DataError, match="has 3072 bytes, which is not a whole number of CIFAR-10 records of 3073"):
        load(tmp_path, type="cifar_binary", root=".")
    write_batch(tmp_path / "data_batch_1.bin", 10)
    (tmp_path / "batches.meta.txt").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"label 9 \(first at sample 9\) is outside the 2 classes"):
        load(tmp_path, type="cifar_binary", root=".")


@pytest.mark.peers
def test_the_shipped_digits_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is one of the extra peers")
    source = dataset(type="digits").read(Path(), None)
    theirs = datasets.load_digits()
    assert np.array_equal(source.parts["all"].x[..., 0], theirs.images)
    assert np.array_equal(source.parts["all"].y, theirs.target)


def test_the_digits_come_with_their_attribution() -> None:
    import netspec.datasets

    text = (Path(netspec.datasets.__path__[0]) / "files" / "digits.txt").read_text(encoding="utf-8")
    assert "CC BY 4.0" in text
    assert "Alpaydin" in text


def test_loading_data_imports_no_framework(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.datasets.helpers import load; load(Path(), type='digits');"
        "print([m for m in ('sklearn', 'torch', 'PySide6', 'requests', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def synthetic(**keys: object) -> Part:
    return dataset(type="synthetic", **keys).read(Path(), None).parts["all"]


@pytest.mark.parametrize("kind", ["blobs", "spirals", "moons", "circles", "shapes"])
def test_synthetic_sets_are_balanced_and_follow_their_seed(kind: str) -> None:
    first, again, other = (synthetic(kind=kind, samples=90, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)
    assert np.ptp(np.bincount(first.y)) <= 1
    assert first.x.dtype == (np.uint8 if kind == "shapes" else np.float32)


def test_the_plane_sets_lie_on_their_curves_without_noise() -> None:
    circles = synthetic(kind="circles", noise=0, samples=50)
    np.testing.assert_allclose(np.hypot(*circles.x.T), np.where(circles.y == 0, 1.0, 0.5), rtol=1e-6)
    blobs = synthetic(kind="blobs", noise=0, samples=40, classes=4)
    np.testing.assert_allclose(blobs.x[:4], [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=1e-6)
    moons = synthetic(kind="moons", noise=0, samples=50)
    upper, lower = moons.x[moons.y == 0], moons.x[moons.y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*([1, 0.5] - lower).T), 1, rtol=1e-6)
    spirals = synthetic(kind="spirals", noise=0, samples=60, classes=3)
    radius = np.hypot(*spirals.x.T)
    turn = np.angle(np.exp(1j * (np.arctan2(*spirals.x.T[::-1]) - 3 * np.pi * radius - 2 * np.pi * spirals.y / 3)))
    np.testing.assert_allclose(turn, 0, atol=1e-5)


def test_drawn_shapes_have_the_area_of_their_geometry() -> None:
    part = synthetic(kind="shapes", classes=8, samples=1600, size=64, noise=0)
    radius = 0.29 * 64  # the middle of its range; areas grow with its square, whose mean is 0.2 % more
    areas = [np.mean((part.x[part.y == i] > 60).sum(axis=(1, 2, 3))) / radius**2 for i in range(8)]
    expected = [np.pi, 1.7**2, 3**1.5 / 4, 1.75, 0.64 * np.pi * (1.25**2 - 0.75**2), 2.0, 1.0, 1.0]
    np.testing.assert_allclose(areas, expected, rtol=0.12)
    assert len(SHAPES) == 8
    assert part.x.max(axis=(1, 2, 3)).min() > 140
    assert part.x[:, 0].max() < 255 or part.x.shape[1] == 64


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"kind": "moons", "classes": 3}, "moons has 2 classes, not 3"),
        ({"kind": "shapes", "classes": 9}, "shapes has at most 8 classes, not 9"),
        ({"kind": "blobs", "size": 20}, "size belongs to shapes and cells, not to blobs"),
    ],
)
def test_keys_that_do_not_fit_the_kind_are_refused(keys: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        dataset(type="synthetic", **keys)
