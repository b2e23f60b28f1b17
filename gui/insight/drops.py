"""Pictures that are dragged over a panel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDropEvent

from netspec.datasets.images import SUFFIXES

READABLE = (*SUFFIXES, ".npy")
WEIGHTS = (".safetensors", ".pth", ".pt", ".bin", ".npz", ".h5", ".hdf5", ".keras", ".caffemodel")
PICTURES = f"Pictures and arrays ({' '.join(f'*{suffix}' for suffix in READABLE)})"


def weights_in(event: QDropEvent) -> Path | None:
    """The file of weights that is dragged; None for anything else, or several files. Arrays in .npy files are pictures."""
    urls = event.mimeData().urls()
    file = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return file if file is not None and file.suffix.lower() in WEIGHTS else None


def pictures_in(event: QDropEvent) -> list[Path]:
    """The files that predictions can be made for; none when there is any other file among them."""
    urls = event.mimeData().urls()
    files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    fits = bool(files) and len(files) == len(urls) and all(file.suffix.lower() in READABLE for file in files)
    return files if fits else []
