"""Pooling of regions in PyTorch, bin by bin and sample by sample, as torchvision describes it."""

from __future__ import annotations

import math
from typing import Any


def roi_pool(torch: Any, x: Any, rois: Any, size: tuple[int, int], scale: float) -> Any:
    """(N, C·P_h·P_w, R, 1)."""
    n, channels, h, w = x.shape
    samples = []
    for s in range(n):
        rows = []
        for roi in rois[s].detach().double().tolist():
            x1, y1, x2, y2 = (math.copysign(math.floor(abs(v * scale) + 0.5), v) for v in roi)
            high, wide = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
            bins = []
            for i in range(size[0]):
                for j in range(size[1]):
                    top, bottom = _cut(y1, i, high, size[0], h)
                    left, right = _cut(x1, j, wide, size[1], w)
                    window = x[s, :, top:bottom, left:right].reshape(channels, -1)
                    empty = window.shape[1] == 0 or roi == [-1] * 4
                    bins.append(window.sum(1) * 0 if empty else window.max(1).values)
            rows.append(torch.stack(bins, 1).reshape(-1))
        samples.append(torch.stack(rows, 1)[:, :, None])
    return torch.stack(samples) + 0 * rois.sum()


def _cut(start: float, k: int, length: float, parts: int, limit: int) -> tuple[int, int]:
    first, last = start + math.floor(k * length / parts), start + math.ceil((k + 1) * length / parts - 1e-9)
    return int(min(max(first, 0), limit)), int(min(max(last, 0), limit))


def roi_align(
    torch: Any, x: Any, rois: Any, size: tuple[int, int], scale: float, ratio: int = 0, aligned: bool = False
) -> Any:
    """(N, C·P_h·P_w, R, 1)."""
    n, _, h, w = x.shape
    offset = 0.5 if aligned else 0.0
    samples = []
    for s in range(n):
        rows = []
        for roi in rois[s].detach().double().tolist():
            x1, y1, x2, y2 = (v * scale - offset for v in roi)
            high, wide = (max(v, 1.0) if not aligned else v for v in (y2 - y1, x2 - x1))
            down, across = (ratio or max(math.ceil(v / p), 0) for v, p in ((high, size[0]), (wide, size[1])))
            bins = []
            for i in range(size[0]):
                for j in range(size[1]):
                    total = x[s, :, 0, 0] * 0
                    for a in range(down if roi != [-1] * 4 else 0):
                        for b in range(across):
                            y_at = y1 + (i + (a + 0.5) / down) * high / size[0]
                            x_at = x1 + (j + (b + 0.5) / across) * wide / size[1]
                            total = total + _sample(x[s], y_at, x_at, h, w)
                    bins.append(total / max(down * across, 1))
            rows.append(torch.stack(bins, 1).reshape(-1))
        samples.append(torch.stack(rows, 1)[:, :, None])
    return torch.stack(samples) + 0 * rois.sum()


def _sample(x: Any, y_at: float, x_at: float, h: int, w: int) -> Any:
    if not (-1 <= y_at <= h and -1 <= x_at <= w):
        return x[:, 0, 0] * 0
    y_at, x_at = min(max(y_at, 0), h - 1), min(max(x_at, 0), w - 1)
    i, j = min(int(y_at), max(h - 2, 0)), min(int(x_at), max(w - 2, 0))
    i1, j1 = min(i + 1, h - 1), min(j + 1, w - 1)
    fi, fj = y_at - i, x_at - j
    return (1 - fi) * ((1 - fj) * x[:, i, j] + fj * x[:, i, j1]) + fi * ((1 - fj) * x[:, i1, j] + fj * x[:, i1, j1])
