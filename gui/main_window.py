"""The window: a welcome page until a spec is open, then the panels around it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow, QMessageBox, QStackedWidget, QWidget

from gui.actions import Actions
from gui.areas import Areas
from gui.desk import Desk
from gui.document import Document
from gui.panel import find_panels
from gui.state import State
from gui.theme import apply_theme, system_theme
from gui.welcome.page import Welcome
from netspec.look import count, plural
from netspec.problems import tally
from netspec.spec.source import FORMATS

FILE_FILTER = f"Specs ({' '.join(f'*{suffix}' for suffix in FORMATS)})"
MESSAGE = 6000
"""Milliseconds that a message stays in the status bar."""


class MainWindow(QMainWindow):
    """Shows one document; `path` is opened at once."""

    def __init__(self, path: str | Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = Document(self)
        self.desk = Desk(self.document, self)
        self.welcome = Welcome()
        self.areas = Areas()
        self.pages = QStackedWidget()
        self.status = QLabel()
        self.actions_ = Actions(self, self.desk)
        self.panels = tuple(panel(self.desk) for panel in find_panels())
        self._assemble()
        self._connect()
        self.show_state()
        if path is not None:
            self.open(path)

    def panel(self, title: str) -> QWidget:
        """The panel of this title."""
        return next(panel for panel in self.panels if panel.title == title)

    def open(self, path: str | Path) -> bool:
        """Show a spec file; unsaved changes of the one before are asked about."""
        return self.may_discard() and self.document.open(Path(path))

    def new(self) -> None:
        """Start with the smallest network."""
        if self.may_discard():
            self.document.new()

    def save(self) -> bool:
        """Save to the file, or ask for one."""
        return self.document.save() if self.document.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and save there."""
        state = self.document.state
        if state is None:
            return False
        start = str(state.path or Path.cwd() / state.name)
        name, _ = QFileDialog.getSaveFileName(self, "Save the spec", start, FILE_FILTER)
        if not name:
            return False
        path = Path(name)
        return self.document.save_as(path if path.suffix else path.with_suffix(f".{state.format}"))

    def close_spec(self) -> None:
        """Back to the welcome page."""
        if self.may_discard():
            self.document.close()

    def may_discard(self) -> bool:
        """Ask what becomes of unsaved changes; False: stay."""
        state = self.document.state
        if state is None or not self.document.is_modified:
            return True
        button = QMessageBox.StandardButton
        question = f"Save the changes of {state.name}?"
        answer = QMessageBox.question(self, "netspec", question, button.Save | button.Discard | button.Cancel)
        return self.save() if answer == button.Save else answer == button.Discard

    def show_state(self) -> None:
        """Bring page and status bar into line with the document."""
        state = self.document.state
        self.pages.setCurrentWidget(self.welcome if state is None else self.areas)
        self.status.setText("No spec is open." if state is None else totals(state))

    def show_title(self) -> None:
        """The file's name, with the marker of unsaved changes."""
        state = self.document.state
        self.setWindowTitle("netspec" if state is None else f"{state.name}[*] — netspec")
        self.setWindowModified(self.document.is_modified)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.may_discard():
            event.ignore()
            return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        self.areas.store(settings)
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if spec_in(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path = spec_in(event)
        if path is not None:
            event.acceptProposedAction()
            self.open(path)

    def ask_for_file(self) -> None:
        """The file dialog, starting beside the open spec."""
        path = self.document.path
        name, _ = QFileDialog.getOpenFileName(self, "Open a spec", str(path.parent if path else Path.cwd()), FILE_FILTER)
        if name:
            self.open(name)

    def _assemble(self) -> None:
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.areas)
        self.setCentralWidget(self.pages)
        self.areas.put(self.panels)
        self.status.setObjectName("status")
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        settings = QSettings()
        geometry = settings.value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.areas.restore(settings)
        self.actions_.assemble()

    def _connect(self) -> None:
        self.document.changed.connect(self.show_state)
        self.document.title_changed.connect(self.show_title)
        self.document.refused.connect(lambda message, hint: self.desk.message(f"{message}; {hint}" if hint else message))
        self.desk.message_shown.connect(lambda text: self.statusBar().showMessage(text, MESSAGE))
        self.desk.panel_wanted.connect(self.areas.show_panel)
        self.welcome.spec_chosen.connect(self.open)
        self.welcome.open_wanted.connect(self.ask_for_file)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    def _follow_system(self) -> None:
        apply_theme(system_theme())
        self.desk.theme_changed.emit()
        self.show_state()


def totals(state: State) -> str:
    """The status bar's line: problems, then what the network costs."""
    parts = [tally(state.problems) or "no problems"]
    if state.report is not None:
        sums = state.report.totals
        parts += [
            plural(len(state.report.table), "layer"),
            f"{plural(sums.params, 'param')} ({count(sums.trainable_params)} trainable, {count(sums.frozen_params)} frozen)",
            f"{count(sums.macs)} MACs for one sample",
        ]
    return "   ·   ".join(parts) + ("   ·   totals of the last good text" if state.is_stale else "")


def spec_in(event: QDropEvent) -> Path | None:
    """The spec file that is being dragged; None for anything else, or several files."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.suffix.lower() in FORMATS else None
