"""Python's collection of garbage only in the thread of the window.

Python collects in whatever thread happens to allocate. A Qt object that dies in another thread than its own takes the
process with it, so the automatic collection is turned off, and a timer of the window does it instead.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QCoreApplication, QObject, QTimer

INTERVAL = 400
"""Milliseconds between two looks at whether there is something to collect."""


class Collector(QObject):
    """Collects by Python's own thresholds, generation by generation."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """The oldest generation whose count is beyond its threshold, with the younger ones."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return


def keep_start_up() -> None:
    """Leave what the start has made (modules, kernels, the window) out of all later collections.

    Looking at it took 0.1 s each time, 0.3 s while all cores train.
    """
    gc.collect()
    gc.freeze()


def collect_here() -> None:
    """From now on garbage is collected in this thread alone, which must be that of the window."""
    app = QCoreApplication.instance()
    if app is not None and app.findChild(Collector) is None:
        Collector(app)
