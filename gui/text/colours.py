"""Colours of the words in the text, in light and dark; all stand out from what is behind them by 4.5:1 or more."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor, QFont, QTextCharFormat

from netspec.layers.base import Layer
from netspec.look import DARK, FAMILY_COLOURS, Theme, optimizer_colour
from netspec.registry import plugins

ENOUGH = 4.5
"""Least contrast of text (WCAG 2, AA)."""
STYLES = {
    "comment": ("#6A7585", "#94A0AF"),
    "section": ("#1F5FDB", "#7FB0FF"),
    "string": ("#3F7042", "#9CCB9A"),
    "number": ("#9A3E8F", "#DFA0D6"),
    "constant": ("#9A3E8F", "#DFA0D6"),
    "expression": ("#0B6E84", "#6CC6D8"),
}
"""Style → light, dark. Keys have the colour of text, types that of their family."""


@cache
def style_format(style: str, name: str, theme: Theme) -> QTextCharFormat:
    """How a token is painted."""
    found = QTextCharFormat()
    found.setForeground(style_colour(style, name, theme))
    if style in ("section", "type"):
        found.setFontWeight(QFont.Weight.DemiBold)
    if style == "comment":
        found.setFontItalic(True)
    return found


def style_colour(style: str, name: str, theme: Theme) -> QColor:
    """The colour of a style; of a type, that of its family or optimizer, made legible."""
    if style == "type":
        return legible(type_colour(name), theme)
    light, dark = STYLES.get(style, (theme.text, theme.text))
    return legible(QColor(dark if theme is DARK else light), theme)


def type_colour(name: str) -> QColor:
    """The colour that a plug-in's type has everywhere; grey for those that have none."""
    layer: type[Layer] | None = plugins("netspec.layers").get(name)
    if layer is not None:
        return QColor(FAMILY_COLOURS[layer.family])
    if name in plugins("netspec.optimizers"):
        return QColor(optimizer_colour(name))
    return QColor(FAMILY_COLOURS["loss" if name in plugins("netspec.losses") else "shape"])


def legible(colour: QColor, theme: Theme) -> QColor:
    """The colour, moved towards that of text until it stands out from window and surface."""
    text = QColor(theme.text)
    for step in range(21):
        share = step / 20
        mixed = QColor(
            *(round(a + (b - a) * share) for a, b in zip(colour.getRgb()[:3], text.getRgb()[:3], strict=True))  # type: ignore[index]
        )
        if min(contrast(mixed, QColor(behind)) for behind in (theme.window, theme.surface)) >= ENOUGH:
            return mixed
    return text


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of WCAG 2: (L₁ + 0.05) / (L₂ + 0.05) of the relative luminances."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
