"""Pictures that are dragged over a panel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDropEvent

from netspec.datasets.images import SUFFIXES

READABLE = (*SUFFIXES, ".npy")
PICTURES = f"Pictures and arrays ({' '.join(f'*{suffix}' for suffix in READABLE)})"


def pictures_in(event: QDropEvent) -> list[Path]:
    """The files that predictions can be made for; none when there is any other file among them."""
    urls = event.mimeData().urls()
    files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    fits = bool(files) and len(files) == len(urls) and all(file.suffix.lower() in READABLE for file in files)
    return files if fits else []
