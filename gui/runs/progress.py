"""Where a run stands, in numbers and in words: elapsed, time left, speed, status and the reason of its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gui.runs.history import History, Lane
from netspec.look import count, duration, plural
from netspec.training.events import COMPLETED, EARLY_STOPPING, INTERRUPTED, NAN

Phase = Literal["none", "preparing", "training", "paused", "finishing", "ended", "died", "failed", "unreadable"]
ALIVE: tuple[Phase, ...] = ("preparing", "training", "paused", "finishing")
BEFORE = ("starting", "reading data", "compiling", "cancelled")
"""Phases of a trainer before it can be asked for anything; of a resumed run there is a history then, which says how it was."""
GOOD = (COMPLETED, EARLY_STOPPING)
"""Reasons for which nobody has to worry."""


@dataclass(frozen=True)
class Started:
    """What the trainer has written about itself in start/status.json. phase: "reading data", "compiling", …, "failed"."""

    phase: str = ""
    message: str = ""
    done: int = 0
    count: int = 0
    exit_code: int | None = None


@dataclass(frozen=True)
class Standing:
    """phase, and the same in a few words; tone: how the words are coloured."""

    phase: Phase
    words: str
    tone: Literal["plain", "ok", "warning", "error"] = "plain"

    @property
    def is_alive(self) -> bool:
        """Whether a process works on the run."""
        return self.phase in ALIVE


def standing(history: History, started: Started, *, is_alive: bool, has_folder: bool, death: str = "") -> Standing:
    """What is going on. death: what is known of how the trainer's process ended; "": nothing is."""
    if not has_folder:
        return Standing("none", "No run yet.")
    if is_alive:
        return _alive(history, started)
    if history.is_over:
        return _over(history)
    if started.phase == "failed":
        return Standing("failed", started.message, "error")
    if started.phase == "cancelled":
        when = "the first step" if history.run is None else f"it went on after step {count(history.step)}"
        return Standing("failed", f"Stopped before {when}.", "warning")
    where = f"after step {count(history.step)}" if history.run is not None else "before the first step"
    return Standing("died", f"The trainer ended {where} without a last word{f': {death}' if death else '.'}", "error")


def _alive(history: History, started: Started) -> Standing:
    if history.run is None or started.phase in BEFORE:
        bar = f" {started.done} of {started.count}" if started.count else ""
        names = f": {started.message}" if started.message else ""
        return Standing("preparing", f"{(started.phase or 'starting').capitalize()}{bar}{names}")
    if history.is_over:
        return Standing("finishing", "Training is over; evaluating the test part.")
    if history.is_paused:
        return Standing("paused", f"Paused after step {count(history.step)}.", "warning")
    if history.until is not None:
        rest = "one step" if history.until == "step" else "to the end of the epoch"
        return Standing("training", f"Training {rest}, then pausing.")
    if history.step == history.part_began[0]:
        return Standing("training", "Looking at the network before its first step.")
    return Standing("training", "Training.")


def _over(history: History) -> Standing:
    ends = [lane.end for lane in history.lanes.values() if lane.end is not None]
    bad = [end for end in ends if end["reason"] not in (*GOOD, INTERRUPTED)]
    interrupted = [end for end in ends if end["reason"] == INTERRUPTED]
    first = (bad or interrupted or ends)[0]
    name = f"{first['optimizer']}: " if len(ends) > 1 and (bad or len(interrupted) not in (0, len(ends))) else ""
    tone: Literal["ok", "warning", "error"] = "error" if bad else "warning" if interrupted else "ok"
    reason, message = first["reason"], str(first["message"])
    says_reason = message.startswith(reason) or reason in (INTERRUPTED, NAN)
    said = name + (message.replace("loss is nan", "loss is NaN") if says_reason else f"{reason}: {message}")
    return Standing("ended", said[:1].upper() + said[1:] + ".", tone)


def samples_per_second(history: History) -> float | None:
    """Training samples of all lanes over the last steps; None before there are two."""
    if len(history.recent) < 2:
        return None
    (first, _), (last, _) = history.recent[0], history.recent[-1]
    samples = sum(samples for _, samples in history.recent) - history.recent[0][1]
    return samples / (last - first) if last > first else None


def seconds_left(history: History) -> float | None:
    """By the pace of this part of the run, validations included; None before its first steps."""
    step, seconds = history.part_began
    taken = history.step - step
    if taken < 1 or history.seconds <= seconds:
        return None
    return (history.total_steps - history.step) * (history.seconds - seconds) / taken


def facts(history: History, *, is_running: bool) -> list[tuple[str, str]]:
    """Names and values for the status line."""
    run = history.run
    if run is None:
        return []
    found = [
        ("epoch", f"{history.epoch}/{run['epochs']}"),
        ("step", f"{count(history.step)}/{count(history.total_steps)}"),
        ("elapsed", duration(history.seconds)),
    ]
    left, speed = seconds_left(history), samples_per_second(history)
    if is_running and left is not None:
        found.append(("left", duration(left)))
    if speed is not None:
        found.append(("samples/s", count(round(speed))))
    found += _rates(list(history.lanes.values()))
    return found


def _rates(lanes: list[Lane]) -> list[tuple[str, str]]:
    """The learning rate; of several lanes from the lowest to the highest."""
    rates = sorted({float(lane.lr.y[-1]) for lane in lanes if len(lane.lr)})
    if not rates:
        return []
    return [("lr", f"{rates[0]:.4g}" if len(rates) == 1 else f"{rates[0]:.4g} – {rates[-1]:.4g}")]


def proof(history: History) -> tuple[bool, str] | None:
    """Whether the frozen tensors are unchanged, and how often that was proven; None when nothing is frozen."""
    lanes = [lane for lane in history.lanes.values() if lane.proofs]
    if not lanes or not history.stages:
        return None
    frozen, times = len(history.stages[-1].frozen), sum(lane.proofs for lane in lanes)
    holds = all(lane.is_proven for lane in lanes)
    how = "unchanged" if holds else "CHANGED"
    if not frozen:  # all of them learn by now
        frozen, how = max(len(stage.frozen) for stage in history.stages), f"{how} until they learned"
    return holds, f"{plural(frozen, 'frozen layer')} {how}, proven {plural(times, 'time')}"
