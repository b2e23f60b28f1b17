"""Constant learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from netspec.schedules.base import Moment, Schedule


class Constant(Schedule):
    """The optimizer's learning rate throughout, after the warm-up if there is one. factor = 1"""

    type: Literal["constant"] = "constant"
    aliases: ClassVar[tuple[str, ...]] = ("fixed", "ConstantLR", "none")

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        return 1.0
