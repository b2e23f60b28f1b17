"""Averages of two samples."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.augment.base import Floats, Integers, Mixing, Scene
from netspec.augment.beta import beta_quantiles


class Mixup(Mixing):
    """Averages each picture with that of another sample, and their classes: λ·x + (1 − λ)·x′, λ drawn from Beta(α, α).

    Source: Zhang et al. 2018, arXiv:1710.09412; there the partner is drawn from the batch, here from the whole training part.
    """

    type: Literal["mixup"] = "mixup"
    aliases = ("MixUp", "mix_up")
    draws: ClassVar[int] = 1

    alpha: float = Field(default=0.2, gt=0, le=100)
    """λ is drawn from Beta(alpha, alpha): near 0 or 1 for a small alpha, near a half for a large one."""

    def shares(self, draws: Floats, scene: Scene) -> tuple[Floats, Integers | None]:
        return beta_quantiles(draws[:, 0], self.alpha), None
