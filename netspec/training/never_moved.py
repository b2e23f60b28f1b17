"""The opposite of the freeze proof: a tensor that is to learn, but that an epoch has left as it was, to the bit.

It is told once, when it happens for the first time: in a training that works no bit pattern of a whole tensor survives an
epoch, and an accuracy that stands still would be searched for elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.training.events import Event, Warned
from netspec.training.training import Training

SHOWN = 6


def begin_epoch(training: Training) -> None:
    """Remember what every lane that trains begins with."""
    training.movement.begin(training.program, {run.label: run.lane for run in training.active()})


def alarm_unmoved(training: Training, epoch: int) -> Iterator[Event]:
    """One warning for each lane in which tensors have not moved during the epoch that ends."""
    for run in training.lanes:
        if run.ended or (not run.lr and run.lane.optimizer.lr):
            continue  # a schedule that rests at 0 means it
        names = training.movement.still(training.program, run.label, run.lane)
        if names:
            shown = ", ".join(names[:SHOWN]) + (f", … {len(names) - SHOWN} more" if len(names) > SHOWN else "")
            message = (
                f"{run.label}: trainable, but not moved by any step of epoch {epoch}: {shown}; the gradients or the rate "
                "are 0 there: `netspec doctor` shows which"
            )
            yield Warned(step=training.position.step, epoch=epoch, seconds=training.clock.read(), message=message)
