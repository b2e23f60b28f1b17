"""A small picture of a network: its layers from top to bottom, in the colours of their families."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from gui.theme import family_colour
from netspec.editing import outline
from netspec.layers.base import Layer
from netspec.look import Theme
from netspec.problems import SpecError
from netspec.registry import plugins
from netspec.spec.source import read_source


def thumbnail(path: Path, size: QSize, theme: Theme) -> QImage:
    """One bar for each layer; an empty picture when the file cannot be read."""
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    try:
        nodes = [node for node in outline(read_source(path)).nodes if node.kind == "layer"]
    except SpecError:
        return image
    painter = QPainter(image)
    pitch = (size.height() - 16) / max(len(nodes), 8)
    kinds: dict[str, type[Layer]] = plugins("netspec.layers")
    for place, node in enumerate(nodes):
        colour = family_colour(kinds[node.type].family if node.type in kinds else "shape")
        painter.fillRect(QRectF(size.width() * 0.3, 8 + place * pitch, size.width() * 0.4, max(pitch * 0.7, 1)), QColor(colour))
    painter.end()
    return image
