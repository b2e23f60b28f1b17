"""What a network has learned to look for: a convolution's filters, and a layer's activation maps for a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.insight.asking import Asker, Reply
from gui.insight.bars import Bars
from gui.insight.drops import PICTURES, pictures_in
from gui.insight.halves import fill, filter_side, half, picture_tiles
from gui.insight.looks import looks_of
from gui.insight.pages import Pages, paragraph, quiet
from gui.insight.pictures import enlarged, filter_pictures, image, map_pictures
from gui.insight.service import service_of
from gui.insight.source import SourceBar
from gui.insight.tiles import TileView
from gui.panel import Area, Panel
from gui.theme import current_theme
from netspec.look import shape as say_shape

NOTHING = "Open a spec: its first layer's filters appear here, trained or not."
SEEN = 80
"""Side of the picture that the network sees, in pixels."""


class Filters(Panel):
    """Filters at the left, a picture and its activation maps at the right."""

    title: ClassVar[str] = "Filters"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 62

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.looks, self.source = looks_of(desk), SourceBar(desk)
        self.asker, self.weigher, self.watcher = (Asker(service_of(desk), self) for _ in range(3))
        self.filter_layer, self.layer, self.index = QComboBox(), QComboBox(), QSpinBox()
        self.filters, self.maps = TileView("Filters", side=56, lines=1), TileView("Activation maps", side=64, lines=1)
        self.filters_said, self.maps_said = quiet(), quiet()
        self.seen, self.sample, self.bars = QLabel(), paragraph(), Bars()
        self.picture: dict[str, Any] = {"index": 0}
        self._weight: NDArray[Any] | None = None
        self._activations: NDArray[Any] | None = None
        self._is_stale = True
        self.pages = self._lay_out()
        self._connect()

    def look(self) -> None:
        """Ask for everything anew, if anybody sees it."""
        self._is_stale = True
        if not self.isVisible():
            return
        self._is_stale = False
        source = self.source.source()
        if source is None:
            self.pages.say(NOTHING)
            return
        self.asker.ask("describe", self._describe, self._fail, source=source)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._is_stale:
            self.look()

    def show_sample(self, part: str, index: int) -> None:
        """Look at a sample of the data."""
        self.index.blockSignals(True)
        self.index.setValue(index)
        self.index.blockSignals(False)
        self.picture = {"part": part, "index": index}
        self.raise_panel()
        self._ask_maps()

    def show_picture(self, path: Path) -> None:
        """Look at a picture in a file."""
        self.picture = {"file": str(path)}
        self._ask_maps()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if pictures_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        files = pictures_in(event)
        if files:
            event.acceptProposedAction()
            self.show_picture(files[0])

    def _describe(self, reply: Reply) -> None:
        """What can be looked at."""
        self.pages.show_content()
        self.source.tell(reply.values)
        fill(self.filter_layer, reply.values["filters"], 0)
        names = [layer["name"] for layer in reply.values["layers"]]
        families = [layer["family"] for layer in reply.values["layers"]]
        first = families.index("activation") if "activation" in families else 0
        fill(self.layer, names, first)
        self._ask_filters()

    def _ask_filters(self) -> None:
        source = self.source.source()
        if source is None:
            return
        if self.filter_layer.count() == 0:
            self._weight = None
            self.filters.show_tiles([])
            self.filters_said.setText("The network has no convolution.")
            self._ask_maps()
            return
        self.weigher.ask(
            "filters", self._show_filters, self._fail, source=source, layer=self.filter_layer.currentText()
        )

    def _show_filters(self, reply: Reply) -> None:
        self._weight = reply.arrays["weight"]
        shape, shown = reply.values["shape"], len(self._weight)
        first = "" if shown == shape[0] else f", the first {shown} filters"
        self.filters_said.setText(f"{say_shape(shape)} weights{first}")
        self._paint_filters()
        self._ask_maps()

    def _ask_maps(self) -> None:
        source = self.source.source()
        if source is None or self.layer.count() == 0:
            return
        self.watcher.ask(
            "activations",
            self._show_maps,
            self._fail_maps,
            source=source,
            layer=self.layer.currentText(),
            picture=self.picture,
        )

    def _show_maps(self, reply: Reply) -> None:
        values, self._activations = reply.values, reply.arrays["maps"]
        shown = "" if len(self._activations) == values["shape"][0] else f", the first {len(self._activations)} channels"
        said = f"{say_shape(values['shape'])} values from {values['low']:.3g} to {values['high']:.3g}{shown}"
        self.maps_said.setText(said)
        true = f", true class {values['true']}" if values["true"] is not None else ""
        plain = "" if values["is_normalized"] else ", pixels from 0 to 1: the spec names no data to normalize by"
        self.sample.setText(f"{values['name']}{true}{plain}")
        self.sample.setToolTip(f"{values['origin']} of the set" if values["origin"].isdigit() else values["origin"])
        seen = reply.arrays.get("seen")
        if seen is not None:
            self.seen.setPixmap(enlarged(image(seen), SEEN))
        self.seen.setVisible(seen is not None)
        self.bars.show_chances(values["top"] or [])
        self._paint_maps()

    def _fail(self, problem: str, hint: str) -> None:
        self.pages.say(f"{problem}\n{hint}" if hint else problem)

    def _fail_maps(self, problem: str, hint: str) -> None:
        """The filters stay."""
        self._activations = None
        self.maps.show_tiles([])
        self.bars.show_chances([])
        self.seen.hide()
        self.maps_said.setText("")
        self.sample.setText(f"{problem}; {hint}" if hint else problem)

    def _paint(self) -> None:
        self._paint_filters()
        self._paint_maps()

    def _paint_filters(self) -> None:
        if self._weight is not None:
            self.filters.set_side(filter_side(self._weight.shape[-1]))
            self.filters.show_tiles(picture_tiles(filter_pictures(self._weight, current_theme()), "filter"))

    def _paint_maps(self) -> None:
        if self._activations is not None:
            pictures = map_pictures(self._activations, current_theme())
            self.maps.set_side(160 if len(pictures) == 1 else 72)
            self.maps.show_tiles(picture_tiles(pictures, "channel"))

    def _follow_chosen(self) -> None:
        """The layer that is chosen on the canvas is the one to look at."""
        if len(self.desk.chosen) != 1:
            return
        name = next(iter(self.desk.chosen))
        for box, ask in ((self.layer, self._ask_maps), (self.filter_layer, self._ask_filters)):
            place = box.findText(name)
            if place >= 0 and place != box.currentIndex():
                box.setCurrentIndex(place)
                ask()

    def _open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "A picture", str(Path.cwd()), PICTURES)
        if name:
            self.show_picture(Path(name))

    def _choose_index(self, index: int) -> None:
        self.picture = {"part": self.picture.get("part"), "index": index}
        self._ask_maps()

    def _connect(self) -> None:
        self.source.changed.connect(self.look)
        self.filter_layer.activated.connect(lambda _: self._ask_filters())
        self.layer.activated.connect(lambda _: self._ask_maps())
        self.index.valueChanged.connect(self._choose_index)
        self.looks.sample_wanted.connect(self.show_sample)
        self.desk.chosen_changed.connect(self._follow_chosen)
        self.desk.theme_changed.connect(self._paint)

    def _lay_out(self) -> Pages:
        self.setAcceptDrops(True)
        self.filter_layer.setAccessibleName("Layer whose filters are shown")
        self.layer.setAccessibleName("Layer whose activations are shown")
        self.index.setAccessibleName("Sample of the validation part")
        self.index.setRange(0, 9_999_999)
        self.index.setWrapping(True)
        self.index.setPrefix("sample ")
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(12)
        halves.addWidget(half("Filters of", self.filter_layer, [self.filters_said], self.filters))
        opened = QPushButton("Open …")
        opened.setToolTip("A picture in a file; pictures can be dropped here, too")
        opened.clicked.connect(self._open)
        right = half("Activations of", self.layer, [self.maps_said, self.index, opened], self._lay_out_picture())
        halves.addWidget(right)
        halves.setSizes([380, 620])
        pages = Pages(halves)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 8, 12, 8)
        outer.addWidget(self.source)
        outer.addWidget(pages, 1)
        pages.say("Looking …")
        return pages

    def _lay_out_picture(self) -> QWidget:
        """What the network sees and says, beside the maps."""
        above = QHBoxLayout()
        above.addWidget(self.seen, 0, Qt.AlignmentFlag.AlignTop)
        above.addWidget(self.bars, 1, Qt.AlignmentFlag.AlignTop)
        self.bars.setFixedWidth(150)
        self.sample.setFixedWidth(SEEN + 160)
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addLayout(above)
        side.addWidget(self.sample)
        side.addStretch(1)
        holder = QWidget()
        across = QHBoxLayout(holder)
        across.setContentsMargins(0, 0, 0, 0)
        across.addLayout(side)
        across.addWidget(self.maps, 1)
        return holder
