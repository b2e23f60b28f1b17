"""What speaks against keeping the values of the frozen prefix (`[transfer] cache`), as far as the plan and the spec tell it."""

from __future__ import annotations

import math

from netspec.datasets.base import Dataset
from netspec.plan.plan import Plan
from netspec.plan.prefix import macs_of
from netspec.spec.model import Spec

WORTH = 64
"""Multiply-adds of the prefix for each number that it hands on, below which computing it is as quick as fetching it."""
AUGMENTED = "as augment varies the samples anew in each epoch; leave augment out to train from features"
MADE_ANEW = "as data of this kind are made anew in each epoch"
ONCE = "as each sample is trained on only once while these layers are frozen"
AS_ASKED = "as [transfer] cache says"


def obstacle(spec: Spec, start: Plan, epochs: int) -> str:
    """Why no run of this spec keeps the prefix of a stage that lasts so many epochs; "" where that is up to the machine."""
    asked = spec.transfer.cache if spec.transfer is not None else "auto"
    if asked == "off":
        return AS_ASKED
    if spec.data is not None and spec.data.augment:
        return AUGMENTED
    if spec.data is not None and type(spec.data).finish is not Dataset.finish:
        return MADE_ANEW
    if epochs < 2:
        return ONCE
    return not_worth(start) if asked == "auto" else ""


def span(start: Plan) -> str:
    """ "conv1 … layer4.1.relu2": the first and the last layer of the prefix."""
    names = [name for name in start.graph if name in start.prefix]
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def not_worth(start: Plan) -> str:
    """Why computing the prefix is as quick as fetching what it computes; "" where it is not."""
    macs, numbers = macs_of(start, start.prefix), sum(math.prod(start.shapes[name]) for name in start.cut)
    if macs >= WORTH * numbers:
        return ""
    return (
        f"as {span(start)} takes {macs / numbers:.0f} multiply-adds for each of the {numbers:,} numbers that it hands on, and "
        f'from {WORTH} on it is worth keeping them; [transfer] cache = "memory" keeps them all the same'
    )
