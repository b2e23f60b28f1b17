"""What a training run tells: one immutable event after the other, each one line of history.jsonl.

Every line has "event", "optimizer" (the lane; "" for the whole run), "step" (updates done), "epoch" (from 1; 0 before
the first step) and "seconds" (training time since the start of the run, resumed time included). Metrics stand beside
these keys under their own names. Floats read back to the same bits; NaN and the infinities, which JSON lacks, are
the strings "NaN", "Infinity" and "-Infinity". Keys whose value is None are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from netspec.training.json_values import from_json_value, to_json_value

Metrics: TypeAlias = Mapping[str, Any]
"""Metric name → number, or a list (of lists) of numbers."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events: where in the run something happened."""

    event: ClassVar[str]
    subtype: ClassVar[str | None] = None
    """Value of the key "stage", which tells events of one name apart."""

    optimizer: str = ""
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The event as JSON values, ready for `json.dumps(…, allow_nan=False)`."""
        line: dict[str, Any] = {"event": self.event}
        if self.subtype is not None:
            line["stage"] = self.subtype
        for name in _NAMES[type(self)]:
            value = getattr(self, name)
            if name == "metrics":
                line.update((key, to_json_value(item)) for key, item in value.items())
            elif value is not None:
                line[name] = to_json_value(value)
        return line


@dataclass(frozen=True, kw_only=True)
class Run(Event):
    """The run begins, or goes on (`resumed`)."""

    event: ClassVar[str] = "run"

    name: str
    folder: str | None = None
    """None for a dry run, which writes no files."""
    optimizers: list[str]
    """Labels of the lanes; `types` has the type of each."""
    types: list[str]
    epochs: int
    batch_size: int
    steps_per_epoch: int
    total_steps: int
    samples: dict[str, int]
    """Number of samples of each part: {"train": …, "validation": …, "test": …}."""
    classes: list[str] | None = None
    parameters: int
    trainable_parameters: int
    frozen_parameters: int
    seed: int
    threads: int | None = None
    dtype: str
    spec_hash: str
    data_fingerprint: str
    started: str
    """Wall-clock time, ISO 8601 with offset."""
    resumed: bool = False
    limit_batches: int | None = None
    overfit_batches: int | None = None
    notes: list[str] = field(default_factory=list)
    """What was decided about the data on the way."""
    warnings: list[str] = field(default_factory=list)
    load: dict[str, Any] | None = None
    """What became of every tensor of pretrained weights (`LoadReport.to_json`); None without such."""


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """One optimizer update. loss: mean over the batch before the update; lr: the rate of this update."""

    event: ClassVar[str] = "step"

    loss: float
    lr: float
    samples: int


@dataclass(frozen=True, kw_only=True)
class Validation(Event):
    """The validation part with fixed weights, in inference mode. loss: mean over all its samples, not over batches.

    penalty: ½·λ·Σθ² or λ·Σ|θ| of these weights, and ½·α·Σ(θ − θ⁰)² with l2_sp, whose gradient the updates add to that of
    the loss; it is not in `loss`.
    None without such a penalty, as with decoupled weight decay.
    """

    event: ClassVar[str] = "validation"

    loss: float | None = None
    samples: int
    expected_loss: float | None = None
    """Only before step 0: the loss of a network that cannot tell the classes apart, such as ln C."""
    part: str = "validation"
    penalty: float | None = None
    metrics: Metrics = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Epoch(Event):
    """An epoch is over.

    running_loss (and running_… among the metrics): over the epoch's batches as they were trained on, while the
    weights changed. train_loss, train_…: over the training part with the weights of the epoch's end, in inference
    mode; only with evaluate_train = true. penalty: as in Validation, of the weights at the epoch's end.
    """

    event: ClassVar[str] = "epoch"

    running_loss: float
    lr: float
    samples: int
    samples_per_second: float
    train_loss: float | None = None
    penalty: float | None = None
    from_cache: int | None = None
    """Of the samples those whose way through the frozen prefix had been computed before the epoch; None without a cache."""
    metrics: Metrics = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """`loss` repeats the running loss under the name every event has."""
        line = super().to_json()
        return {**line, "loss": line["running_loss"]}


@dataclass(frozen=True, kw_only=True)
class Stage(Event):
    """A stage of training begins: which layers are frozen from here on (`netspec/freezing.py`)."""

    event: ClassVar[str] = "stage"
    subtype: ClassVar[str | None] = "frozen layers"

    frozen: list[str]
    number: int = 0
    """From 0; of `stages` in all."""
    stages: int = 1
    until: int | None = None
    """Epochs that are done when the next stage begins; None: it lasts to the end of the run."""
    unfrozen: list[str] = field(default_factory=list)
    """Layers with parameters that learn from here on and did not before."""
    trainable_parameters: int | None = None
    frozen_parameters: int | None = None
    rates: dict[str, float] | None = None
    """lr_mult of the layers that learn; None when all are 1."""


@dataclass(frozen=True, kw_only=True)
class FrozenProof(Event):
    """SHA-256 over the frozen tensors that `covers` names, and whether it is still that of the start."""

    event: ClassVar[str] = "stage"
    subtype: ClassVar[str | None] = "frozen proof"

    digest: str
    unchanged: bool
    covers: str = "parameters and statistics"
    begins: bool = False
    """Taken when these layers begin to be frozen, after `epoch` epochs; else at the end of that epoch."""
    layers: int = 0
    """How many are frozen."""
    number: int = 0
    """Of the stage, from 0; of `stages` in all."""
    stages: int = 1


@dataclass(frozen=True, kw_only=True)
class FeatureCache(Event):
    """Other layers are frozen from here on: whether and where the values of their prefix are kept. Of the first ones the
    notes in `Run` tell.

    place: memory, disk or off; bytes: for all samples; layers: how many the prefix has; cut: those of its values that the
    rest of the network reads.
    """

    event: ClassVar[str] = "stage"
    subtype: ClassVar[str | None] = "frozen-prefix cache"

    message: str
    place: str
    bytes: int = 0
    layers: int = 0
    cut: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class FeatureProof(Event):
    """Whether kept values of so many samples, and the outputs from them, are the bits that direct computation gives."""

    event: ClassVar[str] = "stage"
    subtype: ClassVar[str | None] = "frozen-prefix proof"

    identical: bool
    samples: int


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Event):
    """A checkpoint is on the disk. kind: last, best, top or every; path: seen from the run folder."""

    event: ClassVar[str] = "checkpoint"

    kind: str
    path: str
    monitor: str | None = None
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Control(Event):
    """Somebody asked the running training for something (control.jsonl), and this is what was done.

    command: pause, continue, step, save, stop, or refused; "paused" when the steps that were asked for have been taken.
    paused: whether the run stands still from here on, but for those steps. until: of "step", what is trained before the
    run stands still, "step" or "epoch". waited: seconds of a pause that is over, which are no training time.
    """

    event: ClassVar[str] = "control"

    command: str
    message: str
    paused: bool
    waited: float | None = None
    until: str | None = None


@dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something beside the training went wrong, and the training goes on. Warnings known at the start are in `Run`."""

    event: ClassVar[str] = "warning"

    message: str


@dataclass(frozen=True, kw_only=True)
class End(Event):
    """A lane is done. reason: one of REASONS; message: the same for people."""

    event: ClassVar[str] = "end"

    reason: str
    message: str
    best_step: int | None = None
    best_value: float | None = None
    monitor: str | None = None
    restored: bool = False
    """Whether the lane's tensors in memory are now those of the best step (restore_best, or stopped keeping the best)."""
    kept: str | None = None
    """Stopped on request: which weights stand for the run in `evaluate` and `predict`, "best" or "last". Both files stay."""
    digest: str = ""
    """SHA-256 of all tensors of the last step, before anything was restored: equal runs have equal digests."""
    bundle: str | None = None
    """After NaN: folder with what is needed to replay the step, seen from the run folder."""


COMPLETED, EARLY_STOPPING, INTERRUPTED, NAN, NO_WEIGHT, FROZEN_CHANGED, DRY_RUN = (
    "completed",
    "early stopping",
    "interrupted",
    "nan",
    "no weight",
    "frozen tensors changed",
    "dry run",
)
REASONS = (COMPLETED, EARLY_STOPPING, INTERRUPTED, NAN, NO_WEIGHT, FROZEN_CHANGED, DRY_RUN)
_KINDS: dict[tuple[str, str | None], type[Event]] = {
    (kind.event, kind.subtype): kind
    for kind in (Run, Step, Validation, Epoch, Stage, FrozenProof, FeatureCache, FeatureProof, Checkpoint, Control, Warned, End)
}


def event_from_json(line: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote. Raises ValueError for a line that is none."""
    kind = _KINDS.get((str(line.get("event")), line.get("stage")))
    if kind is None:
        raise ValueError(f"no event of netspec: {dict(line)!r}")
    known = set(_NAMES[kind])
    values = {name: from_json_value(line[name], name) for name in known if name in line}
    if "metrics" in known:
        rest = line.keys() - known - {"event", "stage", "loss"}
        values["metrics"] = {name: from_json_value(line[name], name) for name in line if name in rest}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"not a whole {kind.event} event: {error}") from error


_NAMES: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(item.name for item in fields(kind)) for kind in _KINDS.values()
}
