"""The confusion matrix of the shown run's validations, live; earlier ones with the slider."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QSlider, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.lanes import LaneChips
from gui.insight.looks import looks_of
from gui.insight.matrix_view import MatrixArea, MatrixView
from gui.insight.pages import Line, Pages, quiet
from gui.insight.samples import SampleView
from gui.insight.scores import Matrix, percent
from gui.insight.seen import WhenSeen
from gui.panel import Area, Panel
from netspec.look import count
from netspec.training.insight_files import Look

LIST, HEAD = 224, 56
"""Width of the list of mistakes, height of what stands above the matrix."""
SAMPLES = 300
"""Width that is left to the samples of a cell."""
LISTED, PAIR = 30, int(Qt.ItemDataRole.UserRole)
AWAITED = "The confusion matrix appears with the first validation of a training"
NO_CLASSES = "The targets of this run are numbers, not classes."


class Confusion(Panel):
    """The matrix, what it sums up to, and which validation it is of."""

    title: ClassVar[str] = "Confusion"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 60

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.looks = looks_of(desk)
        self.matrix, self.slider = MatrixView(), QSlider(Qt.Orientation.Horizontal)
        self.summary = Line("", "panelTitle")
        self.where, self.mistakes = quiet(), QListWidget()
        self.scrolled = MatrixArea(self.matrix)
        self.samples, self.sampled = SampleView(self.looks, "Samples of the chosen cell"), quiet()
        self._validations: list[Look] = []
        self._follows = True
        self.pages = self._lay_out()
        self.matrix.cell_chosen.connect(self.looks.choose_cell)
        self.mistakes.itemClicked.connect(self._choose_mistake)
        self.mistakes.itemActivated.connect(self._choose_mistake)
        self.slider.valueChanged.connect(self._show_validation)
        self.slider.sliderMoved.connect(self._leave_or_follow)
        self.looks.changed.connect(WhenSeen(self, self.show_looks).ask)
        self.looks.cell_changed.connect(self._show_cell)
        desk.theme_changed.connect(self._restyle)
        self.show_looks()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Cells as large as the panel allows."""
        self.scrolled.set_room(QSize(max(self.width() - LIST - SAMPLES, 200), max(self.height() - HEAD, 100)))

    def show_looks(self) -> None:
        """Take in new validations; the newest is shown unless the slider has been moved back."""
        self._validations = self.looks.of("validation")
        last = len(self._validations) - 1
        if last < 0:
            self.pages.say(self.looks.why_none(AWAITED))
            return
        if Matrix.of(self._validations[last]) is None:
            self.pages.say(NO_CLASSES)
            return
        self.pages.show_content()
        place = last if self._follows else min(self.slider.value(), last)
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self.slider.setEnabled(last > 0)
        self._show_validation(place)

    def _show_validation(self, place: int) -> None:
        self._follows = place == len(self._validations) - 1
        look = self._validations[place]
        matrix = Matrix.of(look)
        if matrix is None:
            return
        self.matrix.show_matrix(matrix, self.looks.classes)
        self._fit()
        right = matrix.right / matrix.samples if matrix.samples else float("nan")
        self.summary.setText(f"{percent(right)} right  ·  {count(matrix.right)} of {count(matrix.samples)} samples")
        self._list_mistakes(matrix)
        self._show_cell()
        self.where.setText(f"{look['part']} after epoch {look['epoch']}, step {count(look['step'])}")

    def _show_cell(self) -> None:
        """Mark the chosen cell, and show its worst samples; they are kept of the newest validation alone."""
        self.matrix.show_chosen(self.looks.cell)
        has_cell = self.looks.cell is not None
        self.samples.setVisible(has_cell)
        self.sampled.setVisible(has_cell)
        if has_cell and self.isVisible():
            self.samples.show_samples(self.looks.worst())
            last = "" if self._follows else ", in the newest validation"
            self.sampled.setText(f"{self.samples.told()}{last}")

    def _restyle(self) -> None:
        self.matrix.update()
        self._show_cell()

    def _list_mistakes(self, matrix: Matrix) -> None:
        """The pairs that are taken for one another most often."""
        pairs, names = matrix.mistakes()[:LISTED], self.matrix.names
        self.mistakes.clear()
        for true, predicted, found in pairs:
            share = percent(found / int(matrix.of_class[true]))
            item = QListWidgetItem(f"{names[true]} → {names[predicted]}    {count(found)} ×,  {share}")
            item.setToolTip(self.matrix.told((true, predicted)))
            item.setData(PAIR, (true, predicted))
            self.mistakes.addItem(item)
        if not pairs:
            self.mistakes.addItem("Nothing is confused.")

    def _choose_mistake(self, item: QListWidgetItem) -> None:
        pair = item.data(PAIR)
        if pair is not None:
            self.looks.choose_cell((pair[0], pair[1]))

    def _leave_or_follow(self, place: int) -> None:
        self._follows = place == self.slider.maximum()

    def _lay_out(self) -> Pages:
        self.slider.setAccessibleName("Validation")
        self.slider.setToolTip("Which validation; the newest follows the training")
        self.slider.setMinimumWidth(60)
        self.slider.setMaximumWidth(180)
        head = QHBoxLayout()
        for widget in (self.summary, self.where):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(LaneChips(self.looks))
        head.addWidget(quiet("validation"))
        head.addWidget(self.slider)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(head)
        below = QHBoxLayout()
        below.setSpacing(24)
        below.addWidget(self.scrolled, 100)
        below.addLayout(self._lay_out_mistakes())
        below.addLayout(self._lay_out_samples(), 60)
        layout.addLayout(below, 1)
        pages = Pages(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pages)
        return pages

    def _lay_out_samples(self) -> QVBoxLayout:
        self.samples.setMinimumWidth(0)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.sampled)
        column.addWidget(self.samples, 1)
        return column

    def _lay_out_mistakes(self) -> QVBoxLayout:
        self.mistakes.setAccessibleName("Most confused classes")
        self.mistakes.setFixedWidth(LIST)
        self.mistakes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(quiet("Most often confused"))
        column.addWidget(self.mistakes, 1)
        return column
