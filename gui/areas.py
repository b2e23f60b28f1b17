"""The four areas of the window and the panels in them: tabs, with splitters between whose places are remembered."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.panel import AREAS, Panel

WIDTHS = {"left": 0.16, "right": 0.25}
"""Shares of the window's width at the first start, within MOST pixels."""
MOST = {"left": 220, "right": 380}
LEAST = {"left": 150, "right": 300}
BELOW, BELOW_WITH_CURVES, LEAST_BELOW = 0.28, 0.42, 190
"""Shares of the height that the bottom area gets, without and with a run to show, and pixels that it gets at least."""
SMALLEST = QSize(120, 90)
"""How small a panel may become; what does not fit then is scrolled."""
GAP = 8
NARROWEST = 360
"""Width of a place in the centre: else the widest panel of its tabs would decide, also while another is in front."""


class Room(QScrollArea):
    """Holds a panel; scrolls it where it gets less room than it needs."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.panel = panel
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(panel)
        self.viewport().setAutoFillBackground(False)
        panel.setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.panel.minimumSizeHint().boundedTo(SMALLEST)

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.panel.sizeHint()


class Tabs(QTabWidget):
    """The panels of an area."""

    def __init__(self, area: str) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.setMovable(True)
        self.setUsesScrollButtons(True)
        self.setObjectName(f"{area}Area")
        self.tabBar().setAccessibleName(f"Panels at the {area}" if area != "centre" else "Panels in the centre")
        self.tabBar().setDrawBase(False)
        self._rooms: dict[Panel, Room] = {}

    def add(self, panel: Panel) -> None:
        """Give a panel a tab."""
        self._rooms[panel] = Room(panel)
        self.addTab(self._rooms[panel], panel.title)

    def take(self, panel: Panel) -> None:
        """Take a panel's tab away."""
        room = self._rooms.pop(panel)
        self.removeTab(self.indexOf(room))
        room.takeWidget()
        room.deleteLater()

    def indexOf(self, widget: QWidget) -> int:  # noqa: N802
        room = self._rooms.get(widget) if isinstance(widget, Panel) else None
        return super().indexOf(room or widget)

    def current_panel(self) -> Panel | None:
        """The panel in front."""
        room = self.currentWidget()
        return room.panel if isinstance(room, Room) else None


class Areas(QWidget):
    """Left, centre and right above, bottom below. Empty areas take no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._below = BELOW
        self.tabs = {area: Tabs(area) for area in AREAS}
        self.beside = Tabs("beside")
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
        for splitter in (self.across, self.whole):
            splitter.splitterMoved.connect(self._take_over)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, 0)
        layout.addWidget(self.whole)
        self.reset()

    def put(self, panels: Iterable[Panel]) -> None:
        """Place panels; an area with a single one shows no tabs."""
        for panel in panels:
            self.tabs[panel.area].add(panel)
        for area, tabs in self.tabs.items():
            tabs.setVisible(tabs.count() > 0)
            tabs.tabBar().setVisible(tabs.count() > 1 or area != "centre")

    def split(self, panel: Panel, *, is_beside: bool) -> None:
        """Show a panel of the centre beside the others, or as one of their tabs again."""
        source, target = (self.tabs["centre"], self.beside) if is_beside else (self.beside, self.tabs["centre"])
        if source.indexOf(panel) < 0:
            return
        left, centre, beside, right = self.across.sizes()
        half = (centre + beside) // 2
        source.take(panel)
        target.add(panel)
        self.beside.setVisible(is_beside)
        self.across.setSizes([left, half, half, right] if is_beside else [left, centre + beside, 0, right])
        panel.show()

    def next_area(self, step: int = 1) -> None:
        """Give the keyboard to the panel in front of the next area."""
        places = [tabs for tabs in (*self.tabs.values(), self.beside) if tabs.isVisible() and tabs.count()]
        focus = self.focusWidget()
        here = next((at for at, tabs in enumerate(places) if focus is not None and tabs.isAncestorOf(focus)), -1)
        panel = places[(here + step) % len(places)].current_panel() if places else None
        if panel is not None:
            target = panel.focusProxy() or next((child for child in panel.findChildren(QWidget) if _takes_keys(child)), panel)
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_panel(self, panel: Panel) -> None:
        """Bring a panel to the front."""
        tabs = self.beside if self.beside.indexOf(panel) >= 0 else self.tabs[panel.area]
        tabs.show()
        tabs.setCurrentIndex(tabs.indexOf(panel))

    def reset(self) -> None:
        """The shares of the first start, also when the window becomes another size, until somebody drags a handle."""
        self._is_default = True
        self._share()

    def make_room_for_curves(self, has_run: bool) -> None:
        """Give the bottom area more of the height while there is a run, unless somebody has dragged a handle."""
        self._below = BELOW_WITH_CURVES if has_run else BELOW
        if self._is_default:
            self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._is_default:
            self._share()

    def _share(self) -> None:
        """Most of the room is the centre's."""
        width, height = self.across.width(), self.whole.height()
        left, right = (min(max(int(width * WIDTHS[side]), LEAST[side]), MOST[side]) for side in ("left", "right"))
        centre = max(width - left - right - 2 * GAP, 2)
        halves = [centre // 2, centre // 2] if self.beside.isVisibleTo(self) else [centre, 0]
        self.across.setSizes([left, *halves, right])
        below = max(int(height * self._below), LEAST_BELOW)
        self.whole.setSizes([max(height - below, 1), below])

    def _take_over(self) -> None:
        """Somebody has dragged a handle: sizes stay as they are."""
        self._is_default = False

    def store(self, settings: QSettings) -> None:
        """Remember sizes and which tabs are in front."""
        for name, splitter in (("areas/across", self.across), ("areas/whole", self.whole)):
            if self._is_default:
                settings.remove(name)
            else:
                settings.setValue(name, splitter.saveState())
        settings.setValue("areas/is_split", self.beside.count() > 0)
        for area, tabs in self.tabs.items():
            settings.setValue(f"areas/{area}", tabs.tabText(tabs.currentIndex()))

    def restore(self, settings: QSettings) -> None:
        """Take up what was remembered."""
        for name, splitter in (("areas/across", self.across), ("areas/whole", self.whole)):
            state = settings.value(name)
            if isinstance(state, QByteArray):
                splitter.restoreState(state)
                self._is_default = False
        for area, tabs in self.tabs.items():
            title = settings.value(f"areas/{area}")
            for index in range(tabs.count()):
                if tabs.tabText(index) == title:
                    tabs.setCurrentIndex(index)


def _takes_keys(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _splitter(orientation: Qt.Orientation, widgets: Iterable[QWidget]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(GAP)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
