"""What a run has measured, as curves that grow with its history."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gui.runs.points import Points
from gui.runs.smoothing import Smoothed
from gui.runs.tail import Line
from netspec.look import lane_colours, plural
from netspec.metrics.monitor import direction_of
from netspec.training.series import smoothing_factor

RECENT = 256
"""Steps over which the speed is taken."""
RANKED = ("run", "validation", "epoch", "end")
COMMON = {
    "event", "stage", "optimizer", "step", "epoch", "seconds", "loss", "samples", "expected_loss", "part", "lr",
    "running_loss", "train_loss", "samples_per_second", "from_cache",
}  # fmt: skip
"""Keys of validations and epochs that are no metrics."""


@dataclass
class Best:
    """The best value so far, which a checkpoint holds."""

    step: int
    value: float
    monitor: str


@dataclass
class Lane:
    """One optimizer's curves. metrics: of the validation part; training: running and train metrics, once an epoch."""

    label: str
    kind: str
    colour: str
    smoothed: Smoothed
    loss: Points = field(default_factory=Points)
    lr: Points = field(default_factory=Points)
    validation: Points = field(default_factory=Points)
    metrics: dict[str, Points] = field(default_factory=dict)
    training: dict[str, Points] = field(default_factory=dict)
    best: Best | None = None
    end: Line | None = None
    proofs: int = 0
    is_proven: bool = True
    """Whether every proof has found the frozen tensors unchanged."""


@dataclass(frozen=True)
class Stage:
    """From `step` on these layers are frozen. number: from 0, of `count` in all; unfrozen: what learns from here on."""

    step: int
    frozen: tuple[str, ...]
    number: int = 0
    count: int = 1
    unfrozen: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """ "stage 2 of 3: 4 layers learn from here on; 12 layers frozen: conv1, …"."""
        name = f"stage {self.number + 1} of {self.count}: " if self.count > 1 else ""
        verb = "learns" if len(self.unfrozen) == 1 else "learn"
        joined = f"{plural(len(self.unfrozen), 'further layer')} {verb}; " if self.unfrozen else ""
        frozen = f"{plural(len(self.frozen), 'layer')} frozen: {', '.join(self.frozen)}" if self.frozen else "nothing is frozen"
        return name + joined + frozen


class History:
    """The lines of a history.jsonl, sorted by what they tell."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything: another run, or one that was read anew."""
        self.run: Line | None = None
        self.lanes: dict[str, Lane] = {}
        self.stages: list[Stage] = []
        self.controls: list[Line] = []
        self.milestones: list[Line] = []
        """Lines of runs, validations, epochs and ends: all that a ranking looks at."""
        self.warnings: list[str] = []
        self.cached: dict[int, float] = {}
        """Epoch → share of its samples whose way through the frozen layers had been computed before."""
        self.step = self.epoch = 0
        self.seconds = 0.0
        self.is_paused = False
        self.until: str | None = None
        """What is trained before the run pauses: "step" or "epoch"; None: it has not been asked to."""
        self.damaged = 0
        self.part_began = (0, 0.0)
        """Step and seconds at which this part of the run (after the last resume) began."""
        self.recent: deque[tuple[float, int]] = deque(maxlen=RECENT)

    @property
    def weights(self) -> str:
        """What became of the weights that the run began with; "" when it began anew."""
        load = self.run.get("load") if self.run else None
        if not isinstance(load, dict):
            return ""
        parts = [f"{plural(part['tensors'], 'tensor')} {name.replace('_', ' ')}" for name, part in load.items()
                 if isinstance(part, dict) and part["tensors"]]  # fmt: skip
        return f"weights from {load['source']}: " + "; ".join([", ".join(parts), *load["notes"], *load["warnings"]])

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return int(self.run["total_steps"]) if self.run else 0

    @property
    def is_over(self) -> bool:
        """Whether every lane has told its end."""
        return bool(self.lanes) and all(lane.end is not None for lane in self.lanes.values())

    def add(self, lines: Iterable[Line]) -> None:
        """Take in more lines, in their order."""
        waiting: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.get("event") == "step":
                waiting[line["optimizer"]].append(line)
                continue
            self._add_steps(waiting)
            handler = _HANDLERS.get(str(line.get("event")))
            if handler is not None:
                self._see(line)
                handler(self, line)
                if line["event"] in RANKED:
                    self.milestones.append(line)
        self._add_steps(waiting)

    def _see(self, line: Line) -> None:
        self.step, self.epoch = max(self.step, line["step"]), max(self.epoch, line["epoch"])
        self.seconds = max(self.seconds, line["seconds"])

    def _add_steps(self, waiting: dict[str, list[Line]]) -> None:
        for label, lines in waiting.items():
            lane = self.lanes.get(label)
            if lane is None:
                self.damaged += len(lines)
                continue
            x = [line["step"] for line in lines]
            lane.loss.extend(x, [float(line["loss"]) for line in lines])
            lane.lr.extend(x, [line["lr"] for line in lines])
            lane.smoothed.follow(lane.loss)
            lane.end = None
            self.recent.extend((line["seconds"], line["samples"]) for line in lines[-RECENT:])
            self._see(lines[-1])
        waiting.clear()

    def _add_run(self, line: Line) -> None:
        self.run = line
        kinds = dict(zip(line["optimizers"], line["types"], strict=True))
        colours = lane_colours(kinds)
        beta = smoothing_factor(line["total_steps"], line["steps_per_epoch"])
        for label, kind in kinds.items():
            self.lanes.setdefault(label, Lane(label, kind, colours[label], Smoothed(beta)))
        self._warn(line.get("warnings", []))
        self.is_paused, self.until = False, None
        self.part_began = line["step"], line["seconds"]
        self.recent.clear()

    def _add_warning(self, line: Line) -> None:
        self._warn([line["message"]])

    def _warn(self, texts: Iterable[str]) -> None:
        self.warnings += [text for text in texts if text not in self.warnings]

    def _add_validation(self, line: Line) -> None:
        lane = self.lanes.get(line["optimizer"])
        if lane is None or line.get("part") != "validation":
            return
        if "loss" in line:
            lane.validation.add(line["step"], float(line["loss"]))
        _add_numbers(lane.metrics, line)

    def _add_epoch(self, line: Line) -> None:
        lane = self.lanes.get(line["optimizer"])
        if line.get("from_cache"):
            self.cached[line["epoch"]] = line["from_cache"] / max(line["samples"], 1)
        if lane is not None:
            _add_numbers(lane.training, line)
            if "train_loss" in line:
                lane.training.setdefault("train_loss", Points()).add(line["step"], float(line["train_loss"]))

    def _add_stage(self, line: Line) -> None:
        if line.get("stage") == "frozen proof":
            lane = self.lanes.get(line["optimizer"])
            if lane is not None:
                lane.proofs += 1
                lane.is_proven &= bool(line["unchanged"])
        elif line.get("stage") == "frozen layers":
            unfrozen = tuple(line.get("unfrozen", ()))
            stage = Stage(line["step"], tuple(line["frozen"]), line.get("number", 0), line.get("stages", 1), unfrozen)
            if not self.stages or self.stages[-1] != stage:
                self.stages.append(stage)

    def _add_checkpoint(self, line: Line) -> None:
        lane = self.lanes.get(line["optimizer"])
        if lane is not None and line.get("kind") == "best":
            lane.best = Best(line["step"], float(line["value"]), line["monitor"])

    def _add_control(self, line: Line) -> None:
        self.controls.append(line)
        if line.get("command") not in ("save", "refused"):  # these change nothing
            self.until = line.get("until")
        self.is_paused = bool(line["paused"]) and self.until is None

    def _add_end(self, line: Line) -> None:
        lane = self.lanes.get(line["optimizer"])
        if lane is not None:
            lane.end = line

    def metric_names(self) -> list[str]:
        """Metrics of the validation (else of the training) that are one number, those with a better and a worse first."""
        names = dict.fromkeys(name for lane in self.lanes.values() for name in lane.metrics)
        if not names:
            names = dict.fromkeys(
                name.removeprefix("running_") for lane in self.lanes.values() for name in lane.training
                if name.startswith("running_")
            )  # fmt: skip
        return sorted(names, key=lambda name: direction_of(name) is None)


def _add_numbers(curves: dict[str, Points], line: Line) -> None:
    """Metrics that are one number; those of classes and confusion matrices are shown elsewhere."""
    for name, value in line.items():
        if name not in COMMON and not isinstance(value, list | dict | bool | None):
            curves.setdefault(name, Points()).add(line["step"], _number(value))


def _number(value: Any) -> float:
    """JSON has no NaN: the history writes it as text."""
    return float(value)


_HANDLERS = {
    "run": History._add_run,
    "validation": History._add_validation,
    "epoch": History._add_epoch,
    "stage": History._add_stage,
    "checkpoint": History._add_checkpoint,
    "control": History._add_control,
    "warning": History._add_warning,
    "end": History._add_end,
}
