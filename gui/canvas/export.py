"""The whole graph as a picture: PNG in double size, SVG, PDF; always in full detail, whatever the zoom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from gui.canvas.diagram import Diagram
from gui.canvas.ink import ink_of
from gui.canvas.layout.nested import Layout
from gui.canvas.scene import CanvasScene
from netspec.look import LIGHT, Theme

SCALE = 2
"""Pixels of a PNG for one of the canvas."""
MARGIN = 24.0
LARGEST = 30_000
"""Pixels of a side; a larger network is written in a smaller scale."""
FORMATS = {".png": "Picture (*.png)", ".svg": "Vector graphic (*.svg)", ".pdf": "PDF (*.pdf)"}


def export(diagram: Diagram, layout: Layout, path: Path, theme: Theme = LIGHT) -> None:
    """Write the graph; the path's ending says how. Raises OSError when the file cannot be written."""
    scene = CanvasScene(ink_of(theme))
    scene.show_diagram(diagram, layout, ink_of(theme))
    bounds = scene.bounds().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    writers = {".png": _write_png, ".svg": _write_svg, ".pdf": _write_pdf}
    suffix = path.suffix.lower()
    if suffix not in writers:
        raise OSError(f"a picture cannot be written as {path.suffix or 'a file without ending'}; use .png, .svg or .pdf")
    writers[suffix](scene, bounds, path)


def _write_png(scene: CanvasScene, bounds: QRectF, path: Path) -> None:
    scale = min(SCALE, LARGEST / bounds.width(), LARGEST / bounds.height())
    image = QImage(QSize(round(bounds.width() * scale), round(bounds.height() * scale)), QImage.Format.Format_RGB32)
    image.fill(scene.ink.page)
    _paint(scene, bounds, QPainter(image), QRectF(image.rect()))
    if not image.save(str(path)):
        raise OSError(f"{path} cannot be written")


def _write_svg(scene: CanvasScene, bounds: QRectF, path: Path) -> None:
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setFileName(str(path))
    generator.setTitle(path.stem)
    generator.setDescription("A network, drawn by netspec")
    size = QSizeF(bounds.width(), bounds.height())
    generator.setResolution(96)
    generator.setSize(size.toSize())
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError(f"{path} cannot be written")
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), scene.ink.page)
    _paint(scene, bounds, painter, QRectF(0, 0, size.width(), size.height()))


def _write_pdf(scene: CanvasScene, bounds: QRectF, path: Path) -> None:
    writer = QPdfWriter(str(path))
    writer.setTitle(path.stem)
    writer.setCreator("netspec")
    writer.setResolution(72)
    page = QPageSize(QSizeF(bounds.width(), bounds.height()), QPageSize.Unit.Point)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"{path} cannot be written")
    target = QRectF(0, 0, writer.width(), writer.height())
    painter.fillRect(target, scene.ink.page)
    _paint(scene, bounds, painter, target)


def _paint(scene: CanvasScene, bounds: QRectF, painter: QPainter, target: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, target, bounds, Qt.AspectRatioMode.KeepAspectRatio)
    painter.end()
