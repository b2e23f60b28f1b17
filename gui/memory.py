"""The memory of a training step, planned in a thread when the text has been quiet for a moment."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache

from PySide6.QtCore import QObject, QTimer, Signal

from gui.state import State
from netspec.spec.model import Spec

QUIET, POLL = 700, 50
"""Milliseconds: without changes before planning starts, and between looks at the thread."""
MOST_LAYERS = 400
"""Larger networks take seconds to plan; their memory is told by `netspec plan`."""


class MemoryForecast(QObject):
    """`told` carries the peak in bytes, or None where there is none to tell, and the samples of a step."""

    told = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec: Spec | None = None
        self._planned: Spec | None = None
        self._running: Future[int | None] | None = None
        self._quiet, self._poll = QTimer(self), QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET)
        self._quiet.timeout.connect(self._start)
        self._poll.setInterval(POLL)
        self._poll.timeout.connect(self._look)

    def want(self, state: State) -> None:
        """Plan this state's network soon; what is wrong or unfinished has no plan."""
        spec = state.found.spec if state.found is not None and state.found.ok and not state.is_stale else None
        if spec is not None and (spec.loss is None or len(spec.layers) > MOST_LAYERS):
            spec = None
        if spec == self._spec and spec is not None:
            return
        self._spec = spec
        if spec is None:
            self._quiet.stop()
            self.told.emit(None, 0)
        else:
            self._quiet.start()

    def _start(self) -> None:
        if self._spec is not None and self._running is None:
            self._planned = self._spec
            self._running = _threads().submit(peak_bytes, self._spec)
            self._poll.start()

    def _look(self) -> None:
        if self._running is None or not self._running.done():
            return
        peak = self._running.result()
        self._running = None
        self._poll.stop()
        if self._planned is self._spec and self._planned is not None:
            self.told.emit(peak, self._planned.train.batch_size)
        elif self._spec is not None:
            self._quiet.start()


def peak_bytes(spec: Spec) -> int | None:
    """What `netspec plan` tells for this spec, of its last stage; None when it cannot be planned."""
    from netspec.freezing import stages
    from netspec.graph import build_graph
    from netspec.plan.forecast import forecast
    from netspec.plan.pipeline import make_plan, start_plan
    from netspec.plan.plan import Goal
    from netspec.plan.stream import training_goal
    from netspec.thread_count import checked_threads

    try:
        last = len(stages(spec, build_graph(spec))) - 1  # when most layers learn, most memory is needed
        start = start_plan(spec, dtype=spec.train.dtype, seed=spec.seed, stage=last)
        goals = [training_goal(start, optimizer, 1) for optimizer in spec.optimizers or (None,)]
        goal: Goal = min(goals, key=lambda goal: goal.update)
        accumulates = spec.train.gradient_accumulation_steps > 1
        goal = replace(goal, update="") if accumulates else goal
        plan = make_plan(start, replace(goal, batch=spec.train.batch_size))
        return forecast(plan, spec.optimizers, checked_threads(None), accumulates=accumulates).peak
    except (ValueError, RuntimeError, MemoryError):
        return None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="forecast")
