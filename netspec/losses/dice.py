"""Soft Dice loss of regions."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.losses.overlap import OverlapLoss


class Dice(OverlapLoss):
    """Soft Dice loss of regions.

    p = softmax(x) over C, or sigmoid(x);  t: 1 where the label is c, else 0 (or the dense targets)
    D_c = (2·Σ p_c·t_c + s) / (Σ p_c + Σ t_c + s)  over the pixels whose label is not ignore_index, s = smooth
    ℓ = 1 − Σ_c w_c·D_c / Σ_c w_c, the mean over all C classes, also those that the sample lacks;  loss = Σ ℓ / N
    over = "sample": D and ℓ of each sample, N the samples with a pixel that counts; the loss of an epoch is then the same
    however it is cut into batches. over = "batch": one D of all pixels of a batch, which small regions bear better; the
    loss of an epoch is the mean over its batches, weighed by their samples, and so depends on batch_size.
    x: (N, C, H, W) logits; target: int64 labels (N, H, W), for one channel 0 or 1, or numbers 0 … 1 of the shape of x
    dp_c = −w_c·(2·t_c/U − M/U²) / Σ w / N with M above and U below the line;  dx: dp through the softmax or sigmoid
    A target that is none makes the value and that sample's (batch's) gradient NaN.
    Raises ShapeError when output, data and keys do not fit.  Source: Milletari et al. 2016, arXiv:1606.04797, §3, with
    Σ p instead of Σ p² below the line, as Sudre et al. 2017, arXiv:1707.03237.
    """

    type: Literal["dice"] = "dice"
    aliases: ClassVar[tuple[str, ...]] = ("DiceLoss", "dice_loss", "soft_dice")
    ratio: ClassVar[tuple[float, float]] = (2.0, 0.0)
