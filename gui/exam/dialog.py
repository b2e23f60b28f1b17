"""What the doctor's dialog and the one for a learning rate share: an examination in a process of its own, and its end."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QLabel, QProgressBar, QPushButton, QWidget

from gui.desk import Desk
from gui.exam.process import Exam


class ExamDialog(QDialog):
    """Base of both; closing it in any way ends the examination."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.exam = desk, Exam(self)
        self.words, self.busy, self.again = QLabel(), QProgressBar(), QPushButton("Again")
        self.exam.running_changed.connect(self._follow)

    def _follow(self) -> None:
        """The button begins an examination, or cancels the one that runs."""
        self.busy.setVisible(self.exam.is_running)
        self.again.setText("Cancel" if self.exam.is_running else "Again")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self.exam.cancel()
        super().closeEvent(event)

    def reject(self) -> None:
        self.exam.cancel()
        super().reject()
