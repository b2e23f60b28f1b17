"""The window: a welcome page until a spec is open, then the panels around it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QStackedWidget, QVBoxLayout, QWidget

from gui.actions import Actions
from gui.areas import Areas
from gui.banner import Banner
from gui.desk import Desk
from gui.document import Document
from gui.insight.drops import pictures_in, weights_in
from gui.panel import Panel, find_panels
from gui.recovery import LeftBehind, Recovery, left_behind
from gui.settings import ThemeChoice, choose_theme, remember_file
from gui.status import Status
from gui.theme import apply_chosen_theme
from gui.welcome.finetune_dialog import FinetuneDialog
from gui.welcome.page import Welcome
from netspec.shipped import shipped_specs
from netspec.spec.source import FORMATS

FILE_FILTER = f"Specs ({' '.join(f'*{suffix}' for suffix in FORMATS)})"
TRAIN = "train.start"
"""Name of the action with which training starts."""


class MainWindow(QMainWindow):
    """Shows one document; `path` is opened at once."""

    def __init__(self, path: str | Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.templates = shipped_specs()
        self.document = Document(self)
        self.desk = Desk(self.document, self)
        self.recovery = Recovery(self.document, self)
        self.banner = Banner()
        self.panels: tuple[Panel, ...] = tuple(panel(self.desk) for panel in find_panels())
        self.welcome = Welcome(self.templates)
        self.areas = Areas()
        self.pages = QStackedWidget()
        self.status = Status(self.desk)
        self.actions_ = Actions(self, self.desk)
        self._assemble()
        self._connect()
        self.show_state()
        self.show_title()
        if path is not None:
            self.open(path)
        self.offer_recovery()

    def panel(self, title: str) -> Panel:
        """The panel of this title."""
        return next(panel for panel in self.panels if panel.title == title)

    def open(self, path: str | Path) -> bool:
        """Show a spec file; unsaved changes of the one before are asked about."""
        path = Path(path).absolute()
        if not self.may_discard() or not self.document.open(path):
            return False
        remember_file(path)
        self.offer_recovery()
        return True

    def open_template(self, name: str) -> bool:
        """Start from a shipped spec, which stays as it is."""
        if not self.may_discard():
            return False
        path = self.templates[name]
        self.document.new(path.read_text(encoding="utf-8"), name=path.name, folder=path.parent)
        return True

    def train_digits(self) -> None:
        """From nothing to a training network."""
        if self.open_template("digits"):
            QTimer.singleShot(0, self, self._train_opened)  # the network is seen first: both take a tenth of a second

    def _train_opened(self) -> None:
        if TRAIN in self.desk.actions:
            self.document.settle()
            self.desk.actions[TRAIN].trigger()

    def finetune(self) -> None:
        """Ask for a network and a folder of pictures, and open the spec that fine-tunes the one on the other."""
        dialog = FinetuneDialog(self)
        dialog.made.connect(self._open_made)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _open_made(self, text: str, name: str, folder: Path) -> None:
        if self.may_discard():
            self.document.new(text, name=name, folder=folder, is_modified=True)

    def new(self) -> None:
        """Start with the smallest network."""
        if self.may_discard():
            self.document.new()

    def save(self) -> bool:
        """Save to the file, or ask for one; what somebody else has written meanwhile is not replaced unasked."""
        if self.document.is_overtaken():
            if not self._may_replace(f"{self.document.path} was changed by another program."):
                return False
            self.document.keep()
        saved = self.document.save() if self.document.path is not None else self.save_as()
        if saved and self.document.path is not None:
            self.desk.message(f"Saved {self.document.path}")
        return saved

    def _may_replace(self, reason: str) -> bool:
        button, question = QMessageBox.StandardButton, f"{reason} Replace it?"
        return QMessageBox.question(self, "netspec", question, button.Save | button.Cancel, button.Cancel) == button.Save

    def save_as(self) -> bool:
        """Ask for a file and save there."""
        state = self.document.state
        if state is None:
            return False
        start = str(state.path or Path.home() / state.name)
        name, _ = QFileDialog.getSaveFileName(self, "Save the spec", start, FILE_FILTER)
        if not name:
            return False
        path = Path(name) if Path(name).suffix else Path(f"{name}.{state.format}")
        if path != Path(name) and path.exists() and not self._may_replace(f"{path} is already there."):
            return False  # the dialog has asked about the name without its suffix only
        saved = self.document.save_as(path)
        if saved and self.document.path is not None:
            remember_file(self.document.path)
        return saved

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
        answer = QMessageBox.question(self, "netspec", question, button.Save | button.Discard | button.Cancel, button.Save)
        return self.save() if answer == button.Save else answer == button.Discard

    def split(self, is_beside: bool) -> None:
        """The text beside the canvas, or as a tab behind it."""
        for panel in self.panels:
            if panel.title == "Text":
                self.areas.split(panel, is_beside=is_beside)

    def show_problems(self) -> None:
        """Check the text, and show what is wrong with it."""
        self.document.settle()
        state = self.document.state
        if state is not None:
            self.areas.show_panel(self.panel("Problems"))
            if not state.problems:
                self.desk.message("Check: no problems.")

    def show_state(self) -> None:
        """The page that fits the document."""
        is_open = self.document.state is not None
        page = self.workplace if is_open else self.welcome
        if self.pages.currentWidget() is not page:
            self.welcome.refresh()
            self.pages.setCurrentWidget(page)
            self.actions_.toolbar.setVisible(is_open)
            if not is_open:
                self.banner.clear()
                self.offer_recovery()

    def show_title(self) -> None:
        """The file's name, with the marker of unsaved changes."""
        state = self.document.state
        self.setWindowTitle("netspec" if state is None else f"{state.name}[*] — netspec")
        self.setWindowFilePath(str(state.path) if state is not None and state.path is not None else "")
        self.setWindowModified(self.document.is_modified)

    def offer_recovery(self) -> None:
        """Say what a crash has left behind: all of it on the welcome page, beside an open spec what belongs to it."""
        state = self.document.state
        left = left_behind()
        self.welcome.show_left(left if state is None else [])
        mine = [entry for entry in left if state is not None and entry.path is not None and entry.path == state.path]
        if mine:
            self.banner.ask(
                f"netspec ended before changes of {mine[0].name} were saved.",
                {"Restore": lambda: self.restore(mine[0]), "Discard": mine[0].discard},
            )

    def restore(self, entry: LeftBehind) -> None:
        """Take up what a crash has left."""
        is_shown = entry.path is not None and entry.path == self.document.path  # its text can be had back by undo
        if is_shown or self.may_discard():
            self.recovery.restore(entry)
            self.desk.message(f"Restored the unsaved changes of {entry.name}")

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the system."""
        choose_theme(choice)
        self.follow_theme()

    def follow_theme(self) -> None:
        """Colours have changed, by the menu or by the system."""
        apply_chosen_theme()
        self.desk.theme_changed.emit()
        self.welcome.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.may_discard():
            event.ignore()
            return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        self.areas.store(settings)
        self.recovery.forget()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if spec_in(event) is not None or self._pictures(event) or self._weights(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path, pictures = spec_in(event), self._pictures(event)
        if pictures:
            event.acceptProposedAction()
        if (weights := self._weights(event)) is not None:
            event.acceptProposedAction()
            self.desk.weights_wanted.emit(weights)
        for picture in pictures:
            self.desk.predict_wanted.emit(picture)
        if path is not None:
            event.acceptProposedAction()
            self.open(path)

    def _pictures(self, event: QDropEvent) -> list[Path]:
        """Pictures to be classified; none while no network is open."""
        return pictures_in(event) if self.document.state is not None else []

    def _weights(self, event: QDropEvent) -> Path | None:
        """Weights to look at; none while no network is open."""
        return weights_in(event) if self.document.state is not None else None

    def ask_for_file(self) -> None:
        """The file dialog, starting beside the open spec."""
        path = self.document.path
        name, _ = QFileDialog.getOpenFileName(self, "Open a spec", str(path.parent if path else Path.home()), FILE_FILTER)
        if name:
            self.open(name)

    def ask_about_conflict(self) -> None:
        """The file was changed by somebody else while there are unsaved changes here."""
        state = self.document.state
        if state is not None:
            self.banner.ask(
                f"{state.name} was changed on the disk, and there are unsaved changes here.",
                {"Take the disk's": self.document.reload, "Keep mine": self.document.keep},
            )

    def _assemble(self) -> None:
        self.workplace = QWidget()
        column = QVBoxLayout(self.workplace)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.areas, 1)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.workplace)
        self.setCentralWidget(self.pages)
        self.areas.put(self.panels)
        if QSettings().value("areas/is_split", False, bool):
            self.split(True)
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        settings = QSettings()
        geometry = settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.areas.restore(settings)
        self.actions_.assemble()
        self.actions_.toolbar.setVisible(False)

    def _connect(self) -> None:
        document, welcome = self.document, self.welcome
        document.opened.connect(self.banner.clear)  # what it asked was about the one before
        document.changed.connect(self.show_state)
        document.text_changed.connect(self.show_state)
        document.title_changed.connect(self.show_title)
        document.conflict.connect(self.ask_about_conflict)
        document.refused.connect(lambda message, hint: self.desk.message(f"{message}; {hint}" if hint else message))
        self.desk.panel_wanted.connect(self.areas.show_panel)
        self.desk.run_changed.connect(lambda: self.areas.make_room_for_curves(self.desk.run_folder is not None))
        self.status.problems_wanted.connect(self.show_problems)
        welcome.file_chosen.connect(self.open)
        welcome.template_chosen.connect(self.open_template)
        welcome.open_wanted.connect(self.ask_for_file)
        welcome.new_wanted.connect(self.new)
        welcome.train_wanted.connect(self.train_digits)
        welcome.finetune_wanted.connect(self.finetune)
        welcome.restore_wanted.connect(self.restore)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.follow_theme)


def spec_in(event: QDropEvent) -> Path | None:
    """The spec file that is being dragged; None for anything else, or several files."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.suffix.lower() in FORMATS else None
