"""Soft Jaccard loss of regions: one minus intersection over union."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.losses.overlap import OverlapLoss


class IoU(OverlapLoss):
    """Soft Jaccard loss of regions: one minus intersection over union.

    p = softmax(x) over C, or sigmoid(x);  t: 1 where the label is c, else 0 (or the dense targets)
    J_c = (Σ p_c·t_c + s) / (Σ p_c + Σ t_c − Σ p_c·t_c + s)  over the pixels whose label is not ignore_index, s = smooth
    ℓ = 1 − Σ_c w_c·J_c / Σ_c w_c, the mean over all C classes, also those that the sample lacks;  loss = Σ ℓ / N
    over = "sample": J and ℓ of each sample, N the samples with a pixel that counts; the loss of an epoch is then the same
    however it is cut into batches. over = "batch": one J of all pixels of a batch; the loss of an epoch is the mean over
    its batches, weighed by their samples, and so depends on batch_size.
    x: (N, C, H, W) logits; target: int64 labels (N, H, W), for one channel 0 or 1, or numbers 0 … 1 of the shape of x
    dp_c = −w_c·(t_c/U − (1 − t_c)·M/U²) / Σ w / N with M above and U below the line;  dx: dp through softmax or sigmoid
    A target that is none makes the value and that sample's (batch's) gradient NaN. Not for boxes.
    Raises ShapeError when output, data and keys do not fit.  Source: Rahman & Wang 2016, ISVC, 234–244, eq. 3.
    """

    type: Literal["iou"] = "iou"
    aliases: ClassVar[tuple[str, ...]] = ("jaccard", "JaccardLoss", "soft_iou", "IoULoss")
    ratio: ClassVar[tuple[float, float]] = (1.0, 1.0)
