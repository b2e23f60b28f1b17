"""Small sets of data of every kind that `netspec init` recognizes, written to a folder."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)


def class_folders(folder: Path, classes: Sequence[str] = ("cat", "dog"), each: int = 12, size: tuple[int, int] = (40, 30),
                  mode: str = "RGB", parts: Sequence[str] = ("",)) -> Path:  # fmt: skip
    for part in parts:
        for number, name in enumerate(classes):
            target = folder / part / name
            target.mkdir(parents=True)
            for index in range(each):
                pixels = RNG.integers(0, 60, (size[1], size[0], 3), dtype=np.uint8) + np.uint8(80 * number)
                Image.fromarray(pixels).convert(mode).save(target / f"{index}.png")
    return folder


def table(folder: Path, lines: Sequence[str], name: str = "table.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def flowers(count: int = 60) -> list[str]:
    rows = [f"{i % 7 + 0.5},{i % 5},{('rose', 'tulip', 'lily')[i % 3]}" for i in range(count)]
    return ["length,width,kind", *rows]


def arrays(folder: Path, **named: np.ndarray) -> Path:  # type: ignore[type-arg]
    folder.mkdir(exist_ok=True)
    np.savez(folder / "set.npz", **named)  # type: ignore[arg-type]
    return folder


def idx(folder: Path, count: int = 40) -> Path:
    folder.mkdir(exist_ok=True)
    pixels, labels = RNG.integers(0, 256, (count, 12, 12), dtype=np.uint8), np.arange(count, dtype=np.uint8) % 10
    for prefix in ("train", "t10k"):
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, 12, 12) + pixels.tobytes())
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels.tobytes())
    return folder


def masks(folder: Path, count: int = 6, suffix: str = "", values: Sequence[int] = (0, 255),
          parts: Sequence[str] = ("",)) -> Path:  # fmt: skip
    for part in parts:
        for name in ("images", "masks"):
            (folder / part / name).mkdir(parents=True)
        for index in range(count):
            pixels = RNG.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / part / "images" / f"{index}.png")
            mask = np.asarray(values, dtype=np.uint8)[(pixels[..., 0] > 128).astype(int) * (len(values) - 1)]
            mask[0, : len(values)] = values
            Image.fromarray(mask).save(folder / part / "masks" / f"{index}{suffix}.png")
    return folder


def boxes(folder: Path, count: int = 8) -> Path:
    for name in ("JPEGImages", "Annotations"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        Image.fromarray(RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(folder / "JPEGImages" / f"{index}.png")
        box = "<xmin>5</xmin><ymin>6</ymin><xmax>30</xmax><ymax>40</ymax>"
        kind = ("red", "white")[index % 2]
        (folder / "Annotations" / f"{index}.xml").write_text(
            f"<annotation><filename>{index}.png</filename><size><width>64</width><height>48</height><depth>3</depth></size>"
            f"<object><name>{kind}</name><bndbox>{box}</bndbox></object></annotation>"
        )
    return folder
