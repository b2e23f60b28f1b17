"""The plots as a picture: PNG, SVG or PDF, as they are on the screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from gui.runs.plot import theme_colour
from gui.runs.plot_area import PlotArea

MARGIN = 16
SHARPER = 2
"""Pixels of a PNG for one of the screen."""
FORMATS = (".png", ".svg", ".pdf")


def write_picture(area: PlotArea, path: Path) -> None:
    """Write what the plots show. Raises ValueError for another ending, OSError when the file cannot be written."""
    size = area.size().grownBy(area.contentsMargins()) + QSize(2 * MARGIN, 2 * MARGIN)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{path.name}: a picture is {', '.join(FORMATS)}; give it one of these endings")
    with path.open("wb"):  # Qt does not say why it cannot write
        pass
    {".png": _write_png, ".svg": _write_svg, ".pdf": _write_pdf}[suffix](area, path, size)


def _write_png(area: PlotArea, path: Path, size: QSize) -> None:
    image = QImage(size * SHARPER, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(SHARPER)
    with QPainter(image) as painter:
        paint(area, painter, size)
    if not image.save(str(path)):
        raise OSError(f"{path}: the picture cannot be written")


def _write_svg(area: PlotArea, path: Path, size: QSize) -> None:
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle("netspec")
    with QPainter(generator) as painter:
        paint(area, painter, size)


def _write_pdf(area: PlotArea, path: Path, size: QSize) -> None:
    writer = QPdfWriter(str(path))
    writer.setResolution(96)
    page = QPageSize(QSizeF(size) * 72 / 96, QPageSize.Unit.Point, "plots", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    with QPainter(writer) as painter:
        paint(area, painter, size)


def paint(area: PlotArea, painter: QPainter, size: QSize) -> None:
    """All plots, at their places."""
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme_colour("surface"))
    for plot in area.plots:
        if not plot.isVisible():
            continue
        corner = plot.mapTo(area, plot.rect().topLeft())
        painter.save()
        painter.translate(corner.x() + MARGIN, corner.y() + MARGIN)
        plot.render(painter, QRectF(plot.viewport().rect()), plot.viewport().rect(), Qt.AspectRatioMode.IgnoreAspectRatio)
        plot.paint_over(painter)
        painter.restore()
