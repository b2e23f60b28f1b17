"""What a panel of the window is: one file in `gui/panels/`, which the window finds by itself."""

from __future__ import annotations

import importlib
import pkgutil
from typing import ClassVar, Literal

from PySide6.QtWidgets import QWidget

from gui.desk import Desk

Area = Literal["left", "centre", "right", "bottom"]
AREAS: tuple[Area, ...] = ("left", "centre", "right", "bottom")


class Panel(QWidget):
    """One part of the window. Subclasses in `gui/panels/` are made and placed by it; several in an area are tabs."""

    title: ClassVar[str]
    """Written on its tab."""
    area: ClassVar[Area]
    order: ClassVar[int] = 50
    """Place among the panels of its area, the smallest first."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setAccessibleName(self.title)

    def raise_panel(self) -> None:
        """Bring this panel to the front of its area."""
        self.desk.panel_wanted.emit(self)


def find_panels() -> tuple[type[Panel], ...]:
    """All panels in `gui/panels/`, in the order of their areas."""
    import gui.panels as package

    found: dict[str, type[Panel]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{module.name}"
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Panel) and value is not Panel and value.__module__ == name:
                found[f"{name}.{value.__name__}"] = value
    return tuple(sorted(found.values(), key=lambda panel: (AREAS.index(panel.area), panel.order, panel.title)))
