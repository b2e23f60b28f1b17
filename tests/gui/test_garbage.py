from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QCoreApplication, QObject

from gui.garbage import Collector, collect_here


def test_qt_objects_in_cycles_die_in_the_thread_of_the_window(qapp: QCoreApplication) -> None:
    collect_here()
    collect_here()
    (collector,) = qapp.findChildren(Collector)
    assert not gc.isenabled()
    died: list[threading.Thread] = []

    def make() -> None:
        cycle = QObject()
        cycle.myself = cycle  # type: ignore[attr-defined]
        weakref.finalize(cycle, lambda: died.append(threading.current_thread()))

    make()
    other = threading.Thread(target=lambda: [[] for _ in range(50_000)])
    other.start()
    other.join()
    assert died == []
    junk = [[] for _ in range(5_000)]
    collector.collect()
    gc.collect()
    assert junk
    assert died == [threading.main_thread()]
