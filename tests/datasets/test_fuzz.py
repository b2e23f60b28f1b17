"""Whatever is in a file, it is read or refused with a DataError: no reader crashes and none unpickles."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.datasets.base import DataError
from tests.datasets.helpers import dataset, idx_bytes

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 256, (4, 6, 5)).astype(np.uint8), np.arange(4) % 2


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, x=X, y=Y)
    return stream.getvalue()


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(X[0]).save(stream, kind)
    return stream.getvalue()


CASES = {
    "idx": ("train-images-idx3-ubyte", idx_bytes(X), {"type": "idx", "root": "."}),
    "gzip": ("train-images-idx3-ubyte.gz", gzip.compress(idx_bytes(X)), {"type": "idx", "root": "."}),
    "npz": ("a.npz", npz(), {"type": "npz", "file": "a.npz"}),
    "csv": ("a.csv", b'a,"b",y\n1,2,x\n3,4,"z"\n', {"type": "csv", "file": "a.csv"}),
    "png": ("ant/a.png", picture("PNG"), {"type": "image_folder", "root": ".", "size": 4}),
    "jpeg": ("ant/a.jpg", picture("JPEG"), {"type": "image_folder", "root": ".", "size": 4}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, case: str) -> None:
    name, content, keys = CASES[case]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(Y))
    refused = 0
    for trial in range(150):
        rng = np.random.default_rng(trial)
        damaged = np.frombuffer(content, np.uint8).copy()
        at = rng.integers(0, len(damaged), rng.integers(1, 4))
        damaged[at] = rng.integers(0, 256, len(at))
        path.write_bytes(damaged.tobytes()[: len(damaged) - int(rng.integers(0, 3))])
        try:
            dataset(**keys).read(tmp_path, None)
        except DataError:
            refused += 1
    assert refused > 10
