"""The colours of the canvas, made from a theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QColor

from netspec.look import DARK, FAMILY_COLOURS, FROZEN_COLOUR, Theme

TINT = {False: 0.09, True: 0.16}
"""Share of the family's colour in a box, in light and in dark."""


@dataclass(frozen=True)
class Ink:
    """Colours by what they are for."""

    theme: Theme
    page: QColor
    dots: QColor
    surface: QColor
    border: QColor
    text: QColor
    secondary: QColor
    quiet: QColor
    """Of the second line in a box: legible on every tint."""
    accent: QColor
    selection: QColor
    line: QColor
    error: QColor
    warning: QColor
    ok: QColor
    frozen: QColor
    frozen_fill: QColor
    band: QColor
    band_edge: QColor
    frame: QColor
    frame_edge: QColor

    def family(self, family: str) -> QColor:
        """The full colour of a family."""
        return QColor(FAMILY_COLOURS.get(family, FAMILY_COLOURS["shape"]))

    def tint(self, family: str) -> QColor:
        """What a box of that family is filled with."""
        return mix(self.surface, self.family(family), TINT[self.theme is DARK])

    def outline(self, family: str) -> QColor:
        """The border of a box of that family."""
        return mix(self.border, self.family(family), 0.35)


@lru_cache(maxsize=4)
def ink_of(theme: Theme) -> Ink:
    """The canvas' colours in a theme."""
    colour = {name: QColor(getattr(theme, name)) for name in ("window", "surface", "line", "text", "secondary", "frozen")}
    is_dark, cool = theme is DARK, mix(colour["frozen"], QColor(FROZEN_COLOUR), 0.3)
    return Ink(
        theme,
        page=colour["window"], dots=mix(colour["line"], colour["secondary"], 0.12), surface=colour["surface"],
        border=colour["line"], text=colour["text"], secondary=colour["secondary"], accent=QColor(theme.accent),
        quiet=mix(colour["secondary"], colour["text"], 0.3),
        selection=QColor(theme.selection), line=mix(colour["line"], colour["secondary"], 0.55),
        error=QColor(theme.error), warning=QColor(theme.warning), ok=QColor(theme.ok), frozen=colour["frozen"],
        frozen_fill=mix(colour["surface"], cool, 0.22),
        band=mix(colour["window"], cool, 0.1 if is_dark else 0.075),
        band_edge=mix(colour["window"], cool, 0.32 if is_dark else 0.28),
        frame=mix(colour["window"], colour["text"], 0.035 if is_dark else 0.025),
        frame_edge=mix(colour["line"], colour["secondary"], 0.25),
    )  # fmt: skip


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """`share` of the other colour in the one."""
    pairs = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    red, green, blue = (round(a * (1 - share) + b * share) for a, b in pairs)
    return QColor(red, green, blue)
