"""Drop a picture, get its class: with the weights of the shown run, prepared as the training pictures were."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.asking import Asker, Reply
from gui.insight.cards import Card, Note
from gui.insight.drops import PICTURES, pictures_in
from gui.insight.flow import Flow
from gui.insight.pages import Pages, quiet
from gui.insight.seen import WhenSeen
from gui.insight.service import service_of
from gui.insight.source import SourceBar
from gui.panel import Area, Panel

DROP = "Drop pictures here, PNG or JPEG, or .npy arrays of samples."
MOST = 60
"""Cards that are kept; the oldest go."""
PER_FILE = 12
"""Cards for the samples of one array."""


class Predict(Panel):
    """Cards, the newest first. Other weights make all of them anew."""

    title: ClassVar[str] = "Predict"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 64

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.source, self.asker = SourceBar(desk), Asker(service_of(desk), self)
        self.cards: list[Card] = []
        self.files: list[Path] = []
        self.busy, self.clear_button = quiet("Looking …"), QPushButton("Clear")
        self._flow = Flow()
        self.pages = self._lay_out()
        self.busy.hide()
        self.asker.busy_changed.connect(self.busy.setVisible)
        self.source.changed.connect(WhenSeen(self, self._again).ask)
        desk.predict_wanted.connect(lambda path: self.predict([path]))
        self.pages.say(DROP)
        opened = QAction("Predict pictures …", self)
        opened.triggered.connect(self._open)
        desk.add_action("predict.open", opened, "Train")

    def predict(self, files: list[Path]) -> None:
        """Ask about files; those asked about before stay."""
        self.files = [*files, *(file for file in self.files if file not in files)][:MOST]
        self._remove(files)
        self.raise_panel()
        self._ask([*files])

    def clear(self) -> None:
        """Forget all."""
        self.files = []
        self._remove(None)
        self.pages.say(DROP)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if pictures_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        files = pictures_in(event)
        if files:
            event.acceptProposedAction()
            self.predict(files)

    def _again(self) -> None:
        """The weights are others: everything is asked again."""
        if self.files:
            self._ask(self.files)

    def _ask(self, files: list[Path]) -> None:
        source = self.source.source()
        if source is None:
            self.pages.say("Open a spec or show a run first: predictions need a network.")
            return
        if self.asker.is_busy:  # the question in work is given up; its files are asked about again
            files = self.files
        names = [str(file) for file in reversed(files)]  # the last answer comes to the front
        self.asker.ask("predict", self._finish, self._fail, self._show, source=source, files=names)

    def _show(self, reply: Reply) -> None:
        """The cards of one file."""
        file, seen = Path(reply.values["file"]), reply.arrays.get("seen")
        self._remove([file])
        notes = [Note(text) for text in reply.values.get("notes", ())]
        if "problem" in reply.values:
            hint = reply.values["hint"]
            text = f"{reply.values['problem']}; {hint}" if hint else reply.values["problem"]
            self._add([Card(file, None, None, [Note(text, is_error=True)])])
            return
        samples = reply.values["samples"]
        if len(samples) > PER_FILE:
            notes.append(Note(f"The first {PER_FILE} of {len(samples)} samples; `netspec predict` lists all."))
        self._add([
            Card(file, sample, seen[index] if seen is not None else None, notes if index == 0 else [])
            for index, sample in enumerate(samples[:PER_FILE])
        ])  # fmt: skip

    def _add(self, cards: list[Card]) -> None:
        for place, card in enumerate(cards):
            self._flow.insert(place, card)
        self.cards[:0] = cards
        for card in self.cards[MOST:]:
            self._drop(card)
        del self.cards[MOST:]
        self.pages.show_content()

    def _remove(self, files: list[Path] | None) -> None:
        """Take away the cards of these files, or all."""
        gone = [card for card in self.cards if files is None or card.file in files]
        self.cards = [card for card in self.cards if card not in gone]
        for card in gone:
            self._drop(card)

    def _drop(self, card: Card) -> None:
        self._flow.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _finish(self, reply: Reply) -> None:
        self.source.tell(reply.values)

    def _fail(self, problem: str, hint: str) -> None:
        self.pages.say(f"{problem}\n{hint}" if hint else problem)

    def _open(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Pictures", str(Path.cwd()), PICTURES)
        if names:
            self.predict([Path(name) for name in names])

    def _lay_out(self) -> Pages:
        self.setAcceptDrops(True)
        opened = QPushButton("Open pictures …")
        opened.clicked.connect(self._open)
        self.clear_button.clicked.connect(self.clear)
        head = QHBoxLayout()
        head.addWidget(self.source)
        head.addStretch(1)
        for widget in (self.busy, opened, self.clear_button):
            head.addWidget(widget)
        inside = QWidget()
        inside.setLayout(self._flow)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        pages = Pages(area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 8, 12, 8)
        outer.addLayout(head)
        outer.addWidget(pages, 1)
        return pages
