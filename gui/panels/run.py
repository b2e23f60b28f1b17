"""Training: controls, what is going on, and the curves of the run while it trains."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.exam.actions import ExamActions
from gui.panel import Area, Panel
from gui.runner import log_end
from gui.runs.actions import actions_of
from gui.runs.choices import why_not
from gui.runs.controls import Controls
from gui.runs.finding import label_of
from gui.runs.picture import write_picture
from gui.runs.plot_area import PlotArea
from gui.runs.points_csv import write_points
from gui.runs.session import session_of
from gui.runs.status_line import StatusLine
from gui.theme import code_font

NOTHING = "Nothing has been trained yet. Choose optimizers, then press F5; several make a race from the same start."
CANNOT = "Nothing can be trained yet. {reason}."

ONCE = "Kernels are compiled once for this machine; from then on every network starts at once."


class RunPanel(Panel):
    """The shown run, with those that are laid over it for comparison."""

    title: ClassVar[str] = "Training"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 10

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.session = session_of(desk)
        self.controls = Controls(self.session, actions_of(self.session))
        self.status = StatusLine()
        self.plots = PlotArea()
        self.nothing = QLabel(NOTHING)
        self.exams = ExamActions(desk, self)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self.nothing.setObjectName("placeholder")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.view = _menu_button("View", self._view_menu())
        self.export = _menu_button("Export", self._export_menu())
        for button in (self.view, self.export):
            self.controls.row.addWidget(button)
        holder = QWidget()
        self.pages = QStackedLayout(holder)
        self.pages.addWidget(self.plots)
        self.pages.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(6)
        for widget in (self.controls, self.status, holder):
            column.addWidget(widget)
        column.setStretch(2, 1)

    def _connect(self) -> None:
        session = self.session
        session.watch.changed.connect(self.refresh)
        session.overlays_changed.connect(self.refresh)
        session.asked.connect(lambda _: self.refresh())
        session.pointed.connect(self.plots.point)
        self.plots.pointed.connect(session.pointed)
        self.plots.lane_chosen.connect(self._choose_run)
        self.status.words.clicked.connect(self._show_log)
        self.desk.run_changed.connect(self._show_all)
        self.desk.document.changed.connect(self._tell_why_empty)
        session.choices_changed.connect(self._tell_why_empty)
        self.desk.theme_changed.connect(self.plots.retheme)
        self.desk.theme_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Bring everything into line with the shown run."""
        watch = self.session.watch
        self.status.show_run(watch, self.session.waiting, is_own=self.desk.is_own_run)
        runs = self.session.shown_runs()
        has_curves = any(run.history.run is not None for run in runs)
        self.pages.setCurrentWidget(self.plots if has_curves else self.nothing)
        once = f"\n{ONCE}" if watch.started.count and watch.standing.phase == "preparing" else ""
        self.nothing.setText(self._why_empty() if watch.folder is None else watch.standing.words + once)
        self.export.setEnabled(has_curves)
        self.plots.show_runs(runs)

    def _why_empty(self) -> str:
        """How to begin, or what stands in the way."""
        reason = why_not(self.desk.document.state, self.session.choices)
        return NOTHING if reason is None else CANNOT.format(reason=reason)

    def _tell_why_empty(self) -> None:
        if self.session.watch.folder is None:
            self.nothing.setText(self._why_empty())

    def _show_all(self) -> None:
        """Another run: all of its steps, and the panel in front."""
        self.plots.show_all()
        if self.desk.run_folder is not None:
            self.raise_panel()

    def _choose_run(self, run: Path, lane: str) -> None:
        """A curve of a run that is laid over was clicked: show that run."""
        if run in self.session.overlays and run != self.session.watch.folder:
            self.desk.show_run(run)
        else:
            self.desk.message(f"{label_of(run)}: {lane}")

    def _view_menu(self) -> QMenu:
        menu = QMenu(self)
        self.scales = QActionGroup(menu)
        for text, value in (("Scale of the loss as fits", None), ("Linear loss", False), ("Logarithmic loss", True)):
            action = self.scales.addAction(text)
            action.setCheckable(True)
            action.setChecked(value is None)
            action.triggered.connect(lambda _=False, value=value: self._set_scale(value))
        menu.addActions(self.scales.actions())
        menu.addSeparator()
        self.raw = menu.addAction("Each batch, faint")
        self.raw.setCheckable(True)
        self.raw.setChecked(True)
        self.raw.toggled.connect(self._set_raw)
        self.metrics = menu.addMenu("Metric")
        self.metrics.aboutToShow.connect(self._fill_metrics)
        menu.addSeparator()
        menu.addAction("Show all steps").triggered.connect(lambda _=False: self.plots.show_all())
        menu.addAction("Show the trainer's log").triggered.connect(lambda _=False: self._show_log())
        return menu

    def _fill_metrics(self) -> None:
        self.metrics.clear()
        for name in self.plots.metric_names():
            action = self.metrics.addAction(name.replace("_", " "))
            action.setCheckable(True)
            action.setChecked(name == self.plots.shown_metric())
            action.triggered.connect(lambda _=False, name=name: self.show_metric(name))

    def show_metric(self, name: str) -> None:
        """Plot this metric."""
        self.plots.metric_name = name
        self.plots.update_soon()

    def _set_scale(self, is_log: bool | None) -> None:
        self.plots.log_wanted = is_log
        self.plots.update_soon()

    def _set_raw(self, is_shown: bool) -> None:
        self.plots.shows_raw = is_shown
        self.plots.update_soon()

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Every point as CSV …").triggered.connect(lambda _=False: self._ask_for_points())
        menu.addAction("Picture (PNG, SVG, PDF) …").triggered.connect(lambda _=False: self._ask_for_picture())
        return menu

    def _ask_for_points(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export every point", "curves.csv", "CSV (*.csv)")
        if name:
            self.export_points(Path(name))

    def _ask_for_picture(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export the picture", "curves.svg", "Pictures (*.svg *.png *.pdf)")
        if name:
            self.export_picture(Path(name))

    def export_points(self, path: Path) -> None:
        """Every point of the runs that are shown."""
        try:
            with path.open("w", encoding="utf-8", newline="") as stream:
                points = write_points([(run.name, run.history) for run in self.session.shown_runs()], stream)
        except OSError as problem:
            self.desk.message(f"{path.name} cannot be written: {problem.strerror}; choose another place")
            return
        self.desk.message(f"{points} points are in {path}")

    def export_picture(self, path: Path) -> None:
        """The plots as they are."""
        try:
            write_picture(self.plots, path)
        except (OSError, ValueError) as problem:
            self.desk.message(f"The picture cannot be written: {problem}")
            return
        self.desk.message(f"The picture is in {path}")

    def _show_log(self) -> None:
        """What the trainer printed."""
        run = self.session.watch.folder
        if run is None:
            return
        self.log = QDialog(self)
        self.log.setWindowTitle(f"The trainer's log — {run.name}")
        text = QPlainTextEdit(log_end(run) or "The trainer has printed nothing, or no window has started it.")
        text.setReadOnly(True)
        text.setFont(code_font())
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        QVBoxLayout(self.log).addWidget(text)
        self.log.resize(760, 420)
        self.log.open()


def _menu_button(text: str, menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setObjectName("runChoice")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(menu)
    return button
