"""The four areas of the window and the panels in them: tabs, with splitters between whose places are remembered."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.panel import AREAS, Area, Panel

SIZES: dict[Area, int] = {"left": 220, "centre": 640, "right": 320}
HEIGHTS = (560, 240)
GAP = 8
NARROWEST = 360
"""Width of a place in the centre: else the widest panel of its tabs would decide, also while another is in front."""


class Areas(QWidget):
    """Left, centre and right above, bottom below. Empty areas take no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = {area: _tabs(area) for area in AREAS}
        self.beside = _tabs("beside")
        """A second place in the centre, for a panel that is shown beside the others."""
        self.beside.hide()
        for tabs in (self.tabs["centre"], self.beside):
            tabs.setMinimumWidth(NARROWEST)
        self.across = _splitter(
            Qt.Orientation.Horizontal, [self.tabs["left"], self.tabs["centre"], self.beside, self.tabs["right"]]
        )
        self.whole = _splitter(Qt.Orientation.Vertical, [self.across, self.tabs["bottom"]])
        self.across.setStretchFactor(1, 1)
        self.across.setStretchFactor(2, 1)
        self.whole.setStretchFactor(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, 0)
        layout.addWidget(self.whole)
        self.reset()

    def put(self, panels: Iterable[Panel]) -> None:
        """Place panels; an area with a single one shows no tabs."""
        for panel in panels:
            self.tabs[panel.area].addTab(panel, panel.title)
        for area, tabs in self.tabs.items():
            tabs.setVisible(tabs.count() > 0)
            tabs.tabBar().setVisible(tabs.count() > 1 or area != "centre")

    def split(self, panel: Panel, *, is_beside: bool) -> None:
        """Show a panel of the centre beside the others, or as one of their tabs again."""
        source, target = (self.tabs["centre"], self.beside) if is_beside else (self.beside, self.tabs["centre"])
        index = source.indexOf(panel)
        if index < 0:
            return
        left, centre, beside, right = self.across.sizes()
        half = (centre + beside) // 2
        source.removeTab(index)
        target.addTab(panel, panel.title)
        self.beside.setVisible(is_beside)
        self.across.setSizes([left, half, half, right] if is_beside else [left, centre + beside, 0, right])
        panel.show()

    def next_area(self, step: int = 1) -> None:
        """Give the keyboard to the panel in front of the next area."""
        places = [tabs for tabs in (*self.tabs.values(), self.beside) if tabs.isVisible() and tabs.count()]
        focus = self.focusWidget()
        here = next((at for at, tabs in enumerate(places) if focus is not None and tabs.isAncestorOf(focus)), -1)
        panel = places[(here + step) % len(places)].currentWidget() if places else None
        if panel is not None:
            target = panel.focusProxy() or next((child for child in panel.findChildren(QWidget) if _takes_keys(child)), panel)
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_panel(self, panel: Panel) -> None:
        """Bring a panel to the front."""
        tabs = self.beside if self.beside.indexOf(panel) >= 0 else self.tabs[panel.area]
        tabs.show()
        tabs.setCurrentWidget(panel)

    def reset(self) -> None:
        """The sizes of the first start."""
        self.across.setSizes([SIZES["left"], SIZES["centre"], SIZES["centre"] * 2 // 3, SIZES["right"]])
        self.whole.setSizes(list(HEIGHTS))

    def store(self, settings: QSettings) -> None:
        """Remember sizes and which tabs are in front."""
        settings.setValue("areas/across", self.across.saveState())
        settings.setValue("areas/whole", self.whole.saveState())
        settings.setValue("areas/is_split", self.beside.count() > 0)
        for area, tabs in self.tabs.items():
            settings.setValue(f"areas/{area}", tabs.tabText(tabs.currentIndex()))

    def restore(self, settings: QSettings) -> None:
        """Take up what was remembered."""
        for name, splitter in (("areas/across", self.across), ("areas/whole", self.whole)):
            state = settings.value(name)
            if isinstance(state, QByteArray):
                splitter.restoreState(state)
        for area, tabs in self.tabs.items():
            title = settings.value(f"areas/{area}")
            for index in range(tabs.count()):
                if tabs.tabText(index) == title:
                    tabs.setCurrentIndex(index)


def _takes_keys(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _tabs(area: str) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    tabs.setMovable(True)
    tabs.setObjectName(f"{area}Area")
    tabs.tabBar().setAccessibleName(f"Panels at the {area}" if area != "centre" else "Panels in the centre")
    tabs.tabBar().setDrawBase(False)
    return tabs


def _splitter(orientation: Qt.Orientation, widgets: Iterable[QWidget]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(GAP)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
