"""Sums of floating-point numbers without rounding, so that no order and no cut into batches changes the result."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from netspec.metrics.base import Array

_LIMB_BITS = 32
_MASK = np.int64(2**_LIMB_BITS - 1)
_LOWEST_BIT = 1126  # frexp of the smallest subnormal has exponent −1073, and its 53 digits reach down to 2**−1126
_LIMBS = 70  # from 2**−1126 to beyond 2**1024 times 2**60 summands: (1126 + 1024 + 60) / 32, rounded up


class ExactSum:
    """`columns` sums of float64 numbers, each one an integer in limbs of 32 bits, in units of 2**−1126.

    560 bytes per column. Numbers that are not finite are added up apart, by the rules of IEEE 754.
    """

    def __init__(self, columns: int) -> None:
        self._limbs = np.zeros((columns, _LIMBS), np.int64)
        self._not_finite = np.zeros(columns)

    @property
    def columns(self) -> int:
        """How many sums these are."""
        return len(self._limbs)

    def add(self, values: Array) -> None:
        """Adds each column of values (N, columns) to its sum."""
        finite = np.isfinite(values)
        with np.errstate(invalid="ignore"):  # ∞ − ∞ is NaN, as it should be
            self._not_finite += np.where(finite, 0.0, values).sum(axis=0)
        mantissa, exponent = np.frexp(np.where(finite, values, 0.0))
        digits = np.ldexp(mantissa, 53).astype(np.int64)
        limb, bit = np.divmod(exponent.astype(np.int64) - 53 + _LOWEST_BIT, _LIMB_BITS)
        low, high = (digits & _MASK) << bit, (digits >> _LIMB_BITS) << bit
        column = np.broadcast_to(np.arange(values.shape[1]), values.shape)
        np.add.at(self._limbs, (column, limb), low & _MASK)
        np.add.at(self._limbs, (column, limb + 1), (low >> _LIMB_BITS) + (high & _MASK))
        np.add.at(self._limbs, (column, limb + 2), high >> _LIMB_BITS)
        self._carry()

    def _carry(self) -> None:
        """Brings every limb but the last back to 0 … 2³² − 1: room for the next 2³⁰ summands, and one form per sum."""
        for i in range(_LIMBS - 1):
            self._limbs[:, i + 1] += self._limbs[:, i] >> _LIMB_BITS
            self._limbs[:, i] &= _MASK

    def totals(self) -> list[Fraction]:
        """The exact sums of the finite numbers, one per column."""
        return [Fraction(number, 2**_LOWEST_BIT) for number in self._integers()]

    def not_finite(self) -> list[float]:
        """The sums of what was not finite, one per column: 0, ±∞ or NaN."""
        return [float(value) for value in self._not_finite]

    def _integers(self) -> list[int]:
        return [sum(limb << (_LIMB_BITS * i) for i, limb in enumerate(limbs)) for limbs in self._limbs.tolist()]

    def state(self) -> dict[str, Any]:
        """JSON values; numbers that JSON lacks are texts."""
        return {"limbs": self._limbs.tolist(), "not_finite": [str(value) for value in self.not_finite()]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> ExactSum:
        """The sums of which `state` was taken."""
        sums = cls(len(state["limbs"]))
        sums._limbs[:] = state["limbs"]
        sums._not_finite[:] = [float(text) for text in state["not_finite"]]
        return sums


def exact_squares(values: Array) -> list[Array]:
    """Three arrays whose exact sum is values², element by element.

    Veltkamp's split: the products of two halves of 26 bits are exact.
    Holds while values² neither overflows nor has bits below 2**−1074; ∞ where it overflows.
    """
    mantissa, exponent = np.frexp(values)
    high = np.ldexp(np.rint(np.ldexp(mantissa, 26)), exponent - 26)
    low = values - high
    with np.errstate(over="ignore"):
        return [high * high, 2 * high * low, low * low]
