"""The actions that examine a network before its training."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QWidget

from gui.desk import Desk
from gui.exam.doctor_dialog import DoctorDialog
from gui.exam.rate_dialog import RateDialog
from gui.runs.choices import Choices, why_not


class ExamActions(QObject):
    """In the menu Train; usable when the text could be trained."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self.desk, self._window = desk, window
        self.dialog: QDialog | None = None
        self.find_rate = QAction("Find a learning rate …", self)
        self.find_rate.triggered.connect(lambda _=False: self.open_rates())
        desk.add_action("train.find_rate", self.find_rate, "Train")
        self.doctor = QAction("Doctor …", self)
        self.doctor.triggered.connect(lambda _=False: self.open_doctor())
        desk.add_action("train.doctor", self.doctor, "Train")
        desk.document.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow the document."""
        can_train = why_not(self.desk.document.state, Choices()) is None
        self.find_rate.setEnabled(can_train)
        self.doctor.setEnabled(can_train)

    def open_rates(self) -> RateDialog:
        """The range test, begun at once."""
        dialog = RateDialog(self.desk, self._window)
        self._show(dialog)
        dialog.start()
        return dialog

    def open_doctor(self) -> DoctorDialog:
        """All checks, begun at once."""
        dialog = DoctorDialog(self.desk, self._window)
        self._show(dialog)
        dialog.start()
        return dialog

    def _show(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
        self.dialog = dialog
        dialog.show()
