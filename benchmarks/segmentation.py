"""The network, data and budget of a segmentation spec in PyTorch: seconds an epoch and mean IoU, beside `netspec train`.

python -m benchmarks.segmentation specs/unet_membrane.toml --root DATA/membrane/train --epochs 15

Same initial weights, batches in the same order, Adam and its schedule; without augmentation on either side.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

import netspec
from benchmarks.peers import Twin
from netspec.datasets.base import Part
from netspec.datasets.loader import Loader, epoch_order
from netspec.datasets.normalization import Normalization
from netspec.spec.model import Spec
from netspec.training.inputs import data_for


def main(argv: Sequence[str] | None = None) -> int:
    """Train in PyTorch and print a line for each epoch, at last the held-out scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("--root", help="instead of data.root")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    given = parser.parse_args(argv)
    torch.set_num_threads(given.threads)
    overrides = ['losses=[{ type = "cross_entropy" }]', *given.overrides]  # the only loss that is written for PyTorch here
    overrides += [f"data.root={given.root}"] if given.root else []
    overrides += [f"train.epochs={given.epochs}"] if given.epochs else []
    spec = netspec.load(given.spec, overrides)
    data = data_for(spec, None)
    twin = Twin(spec, torch.channels_last)
    seconds = _train(spec, twin, data.train, data.normalization)
    assert data.test is not None
    counts = confusion(twin.in_inference(), data.test, data.normalization, spec.train.batch_size)
    print(f"PyTorch {torch.__version__}: {seconds:.0f} s; test accuracy {np.trace(counts) / counts.sum():.4f}, "
          f"mean IoU {mean_iou(counts):.4f}")  # fmt: skip
    return 0


def _train(spec: Spec, twin: Twin, part: Part, normalization: Normalization) -> float:
    """Seconds of all epochs."""
    model, (rule,) = twin.in_training(), spec.optimizers
    steps = -(-len(part) // spec.train.batch_size) * spec.train.epochs
    optimizer = torch.optim.Adam(model.parameters(), lr=rule.lr, fused=True)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    begin = time.perf_counter()
    for epoch in range(spec.train.epochs):
        total = 0.0
        order = epoch_order(len(part), spec.seed, epoch, "every_epoch")
        for x, y in _batches(part, normalization, spec.train.batch_size, order):
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            falling.step()
            total += float(loss.detach()) * len(x) / len(part)
        print(f"epoch {epoch + 1}: loss {total:.4f}, {time.perf_counter() - begin:.0f} s", flush=True)
    return time.perf_counter() - begin


def confusion(model: nn.Module, part: Part, normalization: Normalization, batch: int) -> np.ndarray:
    """Pixels by true class (rows) and predicted class."""
    counts = np.zeros((2, 2), np.int64)
    with torch.inference_mode():
        for x, y in _batches(part, normalization, batch, np.arange(len(part))):
            predicted = model(x).argmax(1)
            counts += torch.bincount((2 * y + predicted).reshape(-1), minlength=4).reshape(2, 2).numpy()
    return counts


def mean_iou(counts: np.ndarray) -> float:
    """Mean over the classes of intersection over union."""
    right = np.diag(counts)
    return float(np.mean(right / (counts.sum(0) + counts.sum(1) - right)))


def _batches(part: Part, normalization: Normalization, size: int, order: np.ndarray) -> Sequence[tuple[Tensor, Tensor]]:
    """Pictures as channels_last (N, C, H, W) and labels (N, H, W)."""
    return [
        (torch.from_numpy(batch.x).permute(0, 3, 1, 2), torch.from_numpy(batch.y.astype(np.int64)))
        for batch in Loader(part, normalization, size, order)
    ]


if __name__ == "__main__":
    sys.exit(main())
