"""Small drawn icons of the forms, in the colours of the theme that is on."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from gui.symbols import draw_error, draw_snowflake, draw_warning
from gui.theme import current_theme
from netspec.look import Theme
from netspec.problems import Severity

SIDE, SCALE = 16, 2


def icon(name: str) -> QIcon:
    """ "reset", "link", "list", "folder", "remove", "open", "closed", "up", "down", in the colours of the theme."""
    return _icon(name, current_theme())


@cache
def _icon(name: str, theme: Theme) -> QIcon:
    found = QIcon()
    for mode, state, colour in (
        (QIcon.Mode.Normal, QIcon.State.Off, theme.secondary),
        (QIcon.Mode.Active, QIcon.State.Off, theme.text),
        (QIcon.Mode.Normal, QIcon.State.On, theme.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, theme.line),
    ):
        found.addPixmap(_drawn(name, QColor(colour)), mode, state)
    return found


def severity_pixmap(severity: Severity) -> QPixmap:
    """The symbol of an error or a warning."""
    theme, side = current_theme(), 14
    pixmap, painter = _blank(side)
    if severity == "error":
        draw_error(painter, QRectF(1, 1, side - 2, side - 2), QColor(theme.error))
    else:
        draw_warning(painter, QRectF(1, 1, side - 2, side - 2), QColor(theme.warning))
    painter.end()
    return pixmap


def snowflake_icon(*, on: bool) -> QIcon:
    """The snowflake of frozen layers, pale where nothing is frozen."""
    theme, side = current_theme(), 14
    pixmap, painter = _blank(side)
    draw_snowflake(painter, QRectF(1, 1, side - 2, side - 2), QColor(theme.frozen if on else theme.line))
    painter.end()
    return QIcon(pixmap)


def _blank(side: int) -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(side * SCALE, side * SCALE)
    pixmap.setDevicePixelRatio(SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap, QPainter(pixmap)


def _drawn(name: str, colour: QColor) -> QPixmap:
    pixmap, painter = _blank(SIDE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 1.5)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPath(_path(name))
    painter.end()
    return pixmap


def _path(name: str) -> QPainterPath:
    path = QPainterPath()
    if name == "reset":
        path.arcMoveTo(QRectF(3.5, 3.5, 9, 9), 140)
        path.arcTo(QRectF(3.5, 3.5, 9, 9), 140, 290)
        _line(path, (2.8, 2.2), (4.2, 5.6), (7.6, 4.6))
    elif name == "link":
        path.addRoundedRect(QRectF(2, 5.5, 7, 5), 2.5, 2.5)
        path.addRoundedRect(QRectF(7, 5.5, 7, 5), 2.5, 2.5)
    elif name == "list":
        for height in (4.5, 8, 11.5):
            _line(path, (3, height), (3.6, height))
            _line(path, (6.5, height), (13, height))
    elif name == "folder":
        _line(path, (2.5, 12.5), (2.5, 4), (6, 4), (7.5, 6), (13.5, 6), (13.5, 12.5), (2.5, 12.5))
    elif name == "remove":
        _line(path, (4, 4), (12, 12))
        _line(path, (12, 4), (4, 12))
    elif name == "open":
        _line(path, (4, 6), (8, 10.5), (12, 6))
    elif name == "up":
        _line(path, (3, 11), (8, 5), (13, 11))
    elif name == "down":
        _line(path, (3, 5), (8, 11), (13, 5))
    elif name == "closed":
        _line(path, (6, 4), (10.5, 8), (6, 12))
    return path


def _line(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
