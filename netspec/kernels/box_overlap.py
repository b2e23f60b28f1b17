"""Generalized intersection over union of two boxes, and its derivative, inside kernels."""

from __future__ import annotations

from netspec.kernels.abi import inlined

Five = tuple[float, float, float, float, float]


@inlined
def giou_loss(
    x1: float, y1: float, x2: float, y2: float, u1: float, v1: float, u2: float, v2: float
) -> Five:
    """1 − GIoU of the boxes (x1, y1, x2, y2) and (u1, v1, u2, v2), and its derivatives by x1, y1, x2 and y2.

    I: shared area, U: area of both, E: area of the smallest box around both;  1 − GIoU = 2 − I/U − U/E, from 0 to 2.
    The lower edges of both boxes are below their upper ones.
    Source: Rezatofighi et al. 2019, CVPR, arXiv:1902.09630, algorithm 1.
    """
    shared_w, shared_h = min(x2, u2) - max(x1, u1), min(y2, v2) - max(y1, v1)
    meets = shared_w > 0 and shared_h > 0
    shared = shared_w * shared_h if meets else 0.0
    w, h = x2 - x1, y2 - y1
    union = w * h + (u2 - u1) * (v2 - v1) - shared
    outer_w, outer_h = max(x2, u2) - min(x1, u1), max(y2, v2) - min(y1, v1)
    outer = outer_w * outer_h
    # the loss's derivatives by U alone, by I (which U contains), and by E
    by_union = shared / (union * union) - 1.0 / outer
    by_shared = -1.0 / union - by_union
    by_outer = union / (outer * outer)
    across, along = by_shared * shared_h if meets else 0.0, by_shared * shared_w if meets else 0.0
    d_x1 = -by_union * h - (across if x1 > u1 else by_outer * outer_h)
    d_y1 = -by_union * w - (along if y1 > v1 else by_outer * outer_w)
    d_x2 = by_union * h + (across if x2 < u2 else by_outer * outer_h)
    d_y2 = by_union * w + (along if y2 < v2 else by_outer * outer_w)
    return 2.0 - shared / union - union / outer, d_x1, d_y1, d_x2, d_y2
