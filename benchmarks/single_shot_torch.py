"""The detector's loss once more, in PyTorch and with its own way of choosing cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec.losses.single_shot import SingleShot


def owners(loss: SingleShot, boxes: Any, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """For one picture the row of each cell's box (−1: none), and which cells take no part."""
    s = loss.stride
    found, apart = np.full((height, width), -1), np.zeros((height, width), bool)
    y, x = (np.mgrid[0:height, 0:width] + 0.5) * s
    real = [k for k in range(len(boxes)) if boxes[k, 0] != -1 and (boxes[k, 3:] > boxes[k, 1:3]).all()]
    area = {k: float(np.prod(boxes[k, 3:] - boxes[k, 1:3])) for k in real}
    for k in sorted(real, key=lambda k: (area[k], k), reverse=True):
        label, x1, y1, x2, y2 = boxes[k]
        inside = (x >= x1) & (x < x2) & (y >= y1) & (y < y2)
        if label < 0:
            apart |= inside
            continue
        cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
        near = (abs(x - cx) < loss.radius * s) & (abs(y - cy) < loss.radius * s)
        holds = np.zeros_like(inside)
        holds[np.clip(int(cy // s), 0, height - 1), np.clip(int(cx // s), 0, width - 1)] = True
        found[(inside & near) | holds] = k
    return found, apart & (found < 0)


def loss_in_torch(torch: Any, loss: SingleShot, x: Any, target: Any, dtype: str) -> tuple[float, Any]:
    """weight · loss, and its gradient to x (N, C + 4, H, W)."""
    output = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    value = loss.weight * torch_loss(torch, loss, output, target)
    value.backward()
    return value.item(), output.grad.numpy()


def torch_loss(torch: Any, loss: SingleShot, output: Any, target: Any) -> Any:
    """The loss as a tensor; target: NumPy boxes (N, M, 5)."""
    n, channels, height, width = output.shape
    classes = channels - 4
    chosen = [owners(loss, boxes, height, width) for boxes in np.asarray(target, np.float64)]
    owner = torch.tensor(np.stack([found for found, _ in chosen]))
    counts = torch.tensor(np.stack([~apart for _, apart in chosen]))
    boxes = torch.tensor(np.asarray(target), dtype=output.dtype)
    mine = boxes[torch.arange(n)[:, None, None], owner.clamp(min=0)]  # n, H, W, 5
    has = owner >= 0
    labels = torch.where(has, mine[..., 0].long(), -torch.ones_like(owner))
    y = (labels[:, None] == torch.arange(classes)[None, :, None, None]).to(output.dtype)
    logits = output[:, :classes]
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, reduction="none")
    p = torch.sigmoid(logits)
    focal = (loss.alpha * y + (1 - loss.alpha) * (1 - y)) * torch.where(y > 0, 1 - p, p) ** loss.gamma * bce
    total = (focal * counts[:, None]).sum()
    reach = torch.exp(output[:, classes:].clamp(-8, 8)).permute(0, 2, 3, 1)[has]
    i, j = (torch.arange(size, dtype=output.dtype) + 0.5 for size in (height, width))
    middle = torch.stack([j[None, None, :].expand(n, height, width), i[None, :, None].expand(n, height, width)], -1)[has]
    a = torch.cat([middle - reach[:, :2], middle + reach[:, 2:]], 1)
    b = mine[has][:, 1:] / loss.stride
    total = total + loss.box_weight * (1 - _giou(torch, a, b)).sum()
    return total / has.sum(dim=(1, 2)).clamp(min=1).sum()


def _giou(torch: Any, a: Any, b: Any) -> Any:
    def area(low: Any, high: Any) -> Any:
        return (high - low).clamp(min=0).prod(1)

    shared = area(torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:]))
    union = area(a[:, :2], a[:, 2:]) + area(b[:, :2], b[:, 2:]) - shared
    outer = area(torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:]))
    return shared / union - (outer - union) / outer
