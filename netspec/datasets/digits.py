"""Handwritten digits that come with netspec: no file, no download."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from netspec.datasets.base import Dataset, Part, Source, indexes


class Digits(Dataset):
    """1,797 handwritten digits of 8×8 pixels, shipped inside netspec.

    Samples are [1, 8, 8] with values 0…16; "unit" divides by 16. They are divided into parts by `split`.
    Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0.
    """

    is_whole: ClassVar[bool] = True
    type: Literal["digits"] = "digits"

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        path = files("netspec.datasets") / "files" / "digits.npz"
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"].astype(np.int64)
        part = Part(images[..., None], labels, indexes(len(labels)))
        return Source({"all": part}, tuple("0123456789"), full_scale=16.0)
