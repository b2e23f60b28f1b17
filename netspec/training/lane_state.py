"""What a lane remembers beside its tensors, into a state file and back; what the spec has changed since starts anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netspec.schedules.base import Schedule
from netspec.training.events import EARLY_STOPPING
from netspec.training.lane_run import LaneRun

_ENDING = ("reason", "message", "digest", "ended")
_SIMPLE = (*_ENDING, "frozen_digest", "lr")


def lane_state(run: LaneRun) -> dict[str, Any]:
    """Everything but the tensors, as JSON values."""
    return {
        "step": run.lane.step,
        "schedule": {"measures": _measures(run.settings.schedule), "memory": run.schedule_state},
        "running": run.running.state(),
        "kept": run.kept.state() if run.kept else None,
        "patience": run.patience.state() if run.patience else None,
        **{key: getattr(run, key) for key in _SIMPLE},
    }


def restore_lane(run: LaneRun, state: Mapping[str, Any], step: int) -> list[str]:
    """Continues from what `lane_state` gave, the tensors apart; warnings about what cannot be continued.

    step: that of the whole run; a lane that stopped early goes on only if that is where it stopped.
    """
    run.lane.step = state["step"]
    run.running.restore(state["running"])
    for key in _SIMPLE:
        setattr(run, key, state[key])
    told = [*_restore_schedule(run, state["schedule"]), *_restore_patience(run, state["patience"], step)]
    told += _restore_kept(run, state["kept"])
    return [f"resume: {run.label}: {text}" for text in told]


def _measures(schedule: Schedule) -> list[Any]:
    """What the memory of a schedule is about: that of another kind, or of another monitor, means nothing to it."""
    return [schedule.type_name(), schedule.monitored(), getattr(schedule, "mode", None)]


def _restore_schedule(run: LaneRun, state: Mapping[str, Any]) -> list[str]:
    schedule, before = run.settings.schedule, state["measures"]
    if before == _measures(schedule):
        run.schedule_state = dict(state["memory"])
        return []
    run.schedule_state = schedule.initial_state()
    if not run.schedule_state and not state["memory"]:
        return []  # neither of the two remembers anything
    then, now = (f"{kind} of {monitor}" if monitor else kind for kind, monitor, _ in (before, _measures(schedule)))
    return [f"the schedule was {then} and is now {now}, which starts with an empty memory"]


def _restore_patience(run: LaneRun, state: Mapping[str, Any] | None, step: int) -> list[str]:
    """Early stopping as it now stands decides anew about a lane that it had stopped."""
    told, patience = [], run.patience
    if patience is not None and state is not None and not patience.restore(state):
        told.append(
            f"early_stopping watched {state['monitor']} ({state['mode']}) and now watches {patience.monitor} "
            f"({patience.mode}): its count starts anew"
        )
    if run.reason != EARLY_STOPPING or (patience is not None and patience.is_over):
        return told
    if run.lane.step != step:
        where = f"it stopped early at step {run.lane.step}, and the run stands at step {step}"
        return [f"{where}: it stays stopped, whatever early_stopping now says"]
    run.reason, run.message, run.digest, run.ended = None, "", "", False
    return [*told, f"it had stopped early at step {step}, and goes on because early_stopping has changed"]


def _restore_kept(run: LaneRun, state: Mapping[str, Any] | None) -> list[str]:
    if run.kept is None or state is None or run.kept.restore(state):
        return []
    if not run.is_training:  # its best is decided, by what counted then
        run.kept = replace(run.kept, monitor=state["monitor"], mode=state["mode"])
        run.kept.restore(state)
        return []
    return [
        f"the best was that of {state['monitor']} ({state['mode']}) and is now that of {run.kept.monitor} "
        f"({run.kept.mode}): it is chosen anew among the steps to come"
    ]
