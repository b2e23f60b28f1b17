"""Whether and where the values of the frozen prefix are kept (`[transfer] cache`), and why not."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netspec.look import size as amount
from netspec.plan.keeping import AS_ASKED, AUGMENTED, MADE_ANEW, ONCE, not_worth, span
from netspec.plan.plan import Plan
from netspec.room import KEPT_BYTES, available_bytes
from netspec.training.feature_loader import Reads

if TYPE_CHECKING:
    from netspec.training.training import Training

Place = Literal["memory", "disk", "off"]
SHARE = 2
"""Of what is free, one part in so many is taken without having been asked for."""
UNKNOWN_ROOM = 1 << 30
"""Bytes that are taken where the system does not tell what is free."""


@dataclass(frozen=True)
class Choice:
    """What is done, and what people are told of it."""

    place: Place
    message: str = ""
    """"" where there is nothing to say: no layer is frozen."""
    is_refusal: bool = False
    """Whether somebody has asked for a place and does not get it."""
    reads: Reads | None = None
    bytes: int = 0
    """For all samples of both parts."""


def choose(training: Training) -> Choice:
    """For the layers that are frozen now."""
    transfer = training.spec.transfer
    asked = transfer.cache if transfer is not None else "auto"
    start: Plan = training.program.start
    if not training.program.frozen:
        return Choice("off")
    if asked == "off":
        return Choice("off", f"frozen-prefix cache: off, {AS_ASKED}")
    why = _obstacle(training) or (not_worth(start) if asked == "auto" else "")
    if why:
        return _off(asked, why)
    reads = reads_of(training)
    parts = [training.data.train, *([training.data.validation] if training.data.validation is not None else [])]
    numbers = sum(math.prod(start.shapes[name]) for name in reads.kept)
    size = numbers * training.dtype.itemsize * sum(len(part) for part in parts)
    place, why = _place(training, asked, size)
    if place == "off":
        return _off(asked, why)
    where = f"{amount(size)} {'in memory' if place == 'memory' else 'on disk'}"
    return Choice(place, f"frozen-prefix cache: {span(start)} → {numbers:,} numbers a sample, {where}", False, reads, size)


def reads_of(training: Training) -> Reads:
    """Names of what is kept: the cut, and inputs that losses compare with."""
    start: Plan = training.program.start
    others = training.data.train.inputs
    main = next(name for name in start.inputs if name not in others)
    compared = tuple(dict.fromkeys(loss.target for loss in training.settings.losses if loss.target in start.inputs))
    return Reads(start.cut, main, tuple(name for name in compared if name is not None))


def _off(asked: str, why: str) -> Choice:
    if asked == "auto":
        return Choice("off", f"frozen-prefix cache: off, {why}")
    return Choice("off", f'[transfer] cache = "{asked}": nothing is kept, {why}', is_refusal=True)


def _obstacle(training: Training) -> str:
    """Why a sample's values are not the same in every epoch, or not used again; "" where they are."""
    start: Plan = training.program.start
    if not start.cut:
        return (
            "as no layer at the front is frozen for good: layers that learn, draw random numbers or take statistics of a "
            "batch stand before the frozen ones; freeze from the input on, and leave [transfer] bn at \"eval\""
        )
    if training.augmenter is not None:
        return AUGMENTED
    if training.data.finish is not None:
        return MADE_ANEW
    if training.options.dry_run:
        return "as a dry run takes one step"
    if _epochs_left(training) < 2:
        return ONCE
    digests = {run.lane.frozen_digest() for run in training.lanes}
    if len(digests) > 1:
        return "as the frozen tensors of the optimizers' lanes differ"
    return ""


def _epochs_left(training: Training) -> int:
    """In which the same layers are frozen."""
    return (training.stage_end() or training.settings.epochs) - training.position.epoch


def _place(training: Training, asked: str, size: int) -> tuple[Place, str]:
    """Where so many bytes go, or why nowhere."""
    available = available_bytes()
    if asked == "memory":
        if available is not None and size > available - KEPT_BYTES:
            return "off", f'as {amount(size)} are needed and {amount(available)} of memory are free; use cache = "disk"'
        return "memory", ""
    limit = UNKNOWN_ROOM if available is None else available // SHARE
    if asked == "auto" and size <= limit:
        return "memory", ""
    if training.folder is None:
        return "off", "as a run without a folder has no place on disk"
    free = shutil.disk_usage(training.folder.path).free
    if size > (free if asked == "disk" else free // SHARE):
        wanted = "" if asked == "disk" else f"{amount(available or 0)} of memory and "
        return "off", f"as {amount(size)} are needed, and {wanted}{amount(free)} on the disk are free; make room"
    return "disk", ""
