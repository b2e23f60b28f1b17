"""What cutting out and erasing share: sides of a random area and shape, and the limits they are drawn between."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from netspec.augment.base import Floats, between

ATTEMPTS = 10
"""Sides that are drawn for each sample; the first that fits is taken."""

Positive = Annotated[float, Field(gt=0)]
Limits = tuple[Positive, Positive]


def check_limits(scale: Limits, ratio: Limits) -> None:
    """Raise ValueError for limits in the wrong order, and for more than the whole picture."""
    for name, (least, most) in (("scale", scale), ("ratio", ratio)):
        if least > most:
            raise ValueError(f"{name} = [{least:g}, {most:g}] has its limits the wrong way round; write the lesser first")
    if scale[1] > 1:
        raise ValueError(f"scale {scale[1]:g} is more than the whole picture; use at most 1")


def random_sides(draws: Floats, area: int, scale: Limits, ratio: Limits) -> tuple[Floats, Floats]:
    """(n, ATTEMPTS) each: √(a·r) and √(a/r), rounded, with a = area·U(scale) and r = exp(U(ln ratio)).

    draws: (n, 2·ATTEMPTS) in [0, 1), first those of the areas, then those of the ratios.
    """
    areas = area * between(draws[:, :ATTEMPTS], *scale)
    ratios = np.exp(between(draws[:, ATTEMPTS:], math.log(ratio[0]), math.log(ratio[1])))
    return np.rint(np.sqrt(areas * ratios)), np.rint(np.sqrt(areas / ratios))
