"""Kullback–Leibler divergence of target probabilities from the softmax of logits."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.layers.base import Shape, ShapeError
from netspec.losses.base import Array, Link, Loss, LossIo, TargetKind
from netspec.losses.soft_targets import as_probabilities, emit_soft_targets


class KLDivergence(Loss):
    """Kullback–Leibler divergence of target probabilities from the softmax of logits.

    p = softmax(x) over C;  loss = Σ Σ_c t_c·(log t_c − log p_c) / n  over the n samples or pixels, with 0·log 0 = 0
    x: (N, C) or (N, C, H, W) logits, not probabilities and not their logarithms; target: numbers of the same shape,
    0 … 1, which should sum to 1 over C (labels are read as probabilities 0 and 1);  dx_c = (p_c·Σ_k t_k − t_c) / n
    The gradient is that of cross_entropy with targets = "probabilities"; the value is 0 when p = t. A negative target
    makes the value and that sample's gradient NaN.
    Raises ShapeError for outputs that are not C logits.  Source: Kullback & Leibler 1951, Ann. Math. Statist. 22,
    79–86; for vectors PyTorch's KLDivLoss(reduction = "batchmean") of log_softmax(x).
    """

    type: Literal["kl_divergence"] = "kl_divergence"
    aliases: ClassVar[tuple[str, ...]] = ("KLDivLoss", "kl_div", "kullback_leibler_divergence")

    @property
    def target_kind(self) -> TargetKind:
        return "dense"

    @property
    def link(self) -> Link | None:
        return "softmax"

    def check(self, shape: Shape, classes: int | None) -> None:
        if len(shape) not in (1, 3) or shape[0] == 1:
            raise ShapeError(
                f"kl_divergence reads logits [C] or [C, H, W] of 2 classes or more, the output is {list(shape)}",
                "end with a linear layer of C features, or with a convolution of C channels",
            )
        if classes is not None and classes != shape[0]:
            raise ShapeError(
                f"kl_divergence reads one logit a class, the data has {classes} classes, the output has {shape[0]}",
                f"set {'out_features' if len(shape) == 1 else 'out_channels'} = {classes}",
            )

    def as_target(self, y: Array, shape: Shape) -> Array:
        return as_probabilities(y, shape)

    def emit(self, io: LossIo) -> None:
        emit_soft_targets(io, self.weight, (1.0,) * io.x_shape[0], entropy=True)
