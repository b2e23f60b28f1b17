"""The window: a welcome page until a spec is open, then its table, its text and its problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow, QMenu, QStackedWidget, QWidget

from gui.document import Document, State
from gui.panels.welcome import Welcome
from gui.panels.workplace import Workplace
from gui.theme import apply_theme, system_theme
from netspec.look import count, plural
from netspec.problems import tally
from netspec.shipped import shipped_specs
from netspec.spec.source import FORMATS

FILE_FILTER = f"Specs ({' '.join(f'*{suffix}' for suffix in FORMATS)})"


class MainWindow(QMainWindow):
    """Shows one document; `path` is opened at once."""

    def __init__(self, path: str | Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = Document(self)
        self.welcome = Welcome()
        self.workplace = Workplace()
        self.pages = QStackedWidget()
        self.status = QLabel()
        self._assemble()
        self._connect()
        self._fill_menus()
        self.show_state()
        if path is not None:
            self.open(path)

    def open(self, path: str | Path) -> None:
        """Show a spec file; what is wrong with it is listed, also when it cannot be read."""
        self.document.open(Path(path))
        self.workplace.text.setFocus()  # not the table: a table with the focus chooses its first row

    def show_state(self) -> None:
        """Bring title, page and status bar into line with the document."""
        state = self.document.state
        self.pages.setCurrentWidget(self.welcome if state is None else self.workplace)
        for action in (self.reload_action, self.close_action):
            action.setEnabled(state is not None)
        self.setWindowTitle("netspec" if state is None else f"{state.path.name} — netspec")
        self.status.setText("No spec is open." if state is None else totals(state))
        if state is not None:
            self.workplace.show_state(state)

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
        state = self.document.state
        folder = str(state.path.parent if state else Path.cwd())
        name, _ = QFileDialog.getOpenFileName(self, "Open a spec", folder, FILE_FILTER)
        if name:
            self.open(name)

    def _assemble(self) -> None:
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.workplace)
        self.setCentralWidget(self.pages)
        self.status.setObjectName("status")
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.setAcceptDrops(True)
        self.resize(1200, 760)

    def _connect(self) -> None:
        self.document.changed.connect(self.show_state)
        self.welcome.spec_chosen.connect(self.open)
        self.welcome.open_wanted.connect(self.ask_for_file)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    def _follow_system(self) -> None:
        apply_theme(system_theme())
        self.show_state()

    def _fill_menus(self) -> None:
        menu = self.menuBar().addMenu("&File")
        self.open_action = _action(menu, "&Open …", QKeySequence.StandardKey.Open, self.ask_for_file)
        shipped = menu.addMenu("Open a &shipped spec")
        for name, path in shipped_specs().items():
            shipped.addAction(name).triggered.connect(lambda _=False, path=path: self.open(path))
        self.reload_action = _action(menu, "&Reload", "Ctrl+R", self.document.reload)
        self.close_action = _action(menu, "&Close spec", QKeySequence.StandardKey.Close, self.document.close)
        menu.addSeparator()
        self.quit_action = _action(menu, "&Quit", QKeySequence.StandardKey.Quit, self.close)


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


def _action(menu: QMenu, text: str, key: QKeySequence.StandardKey | str, slot: Callable[[], object]) -> QAction:
    action = menu.addAction(text)
    action.setShortcut(QKeySequence(key))
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda _=False: slot())
    return action
