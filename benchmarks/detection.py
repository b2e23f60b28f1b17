"""The network, data, loss and budget of a single-shot detector in PyTorch, beside `netspec train`, one after the other.

python -m benchmarks.detection specs/detector_bccd.toml --root DATA/bccd --epochs 10

Same initial weights, batches in the same order, AdamW and its schedule; without augmentation on either side. Both are scored by
netspec's decoding and mean average precision on the validation part, after the last epoch.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import netspec
from benchmarks.peers import Twin
from benchmarks.single_shot_torch import torch_loss
from netspec.datasets.load import Data
from netspec.datasets.loader import Loader, epoch_order
from netspec.detection.candidates import best_of
from netspec.losses.single_shot import SingleShot
from netspec.metrics.mean_average_precision import MeanAveragePrecision
from netspec.spec.model import Spec
from netspec.training.events import Validation
from netspec.training.inputs import data_for


def main(argv: Sequence[str] | None = None) -> int:
    """Train both and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("--root", help="instead of data.root")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(argv)
    torch.set_num_threads(given.threads)
    overrides = [f"train.epochs={given.epochs}", "data.augment=[]", f"train.validation_every={given.epochs}"]
    spec = netspec.load(given.spec, overrides + ([f"data.root={given.root}"] if given.root else []))
    data = data_for(spec, None)
    print(f"netspec: {_ours(spec, data, given.threads)}", flush=True)
    print(f"PyTorch {torch.__version__}: {_theirs(spec, data)}", flush=True)
    return 0


def _ours(spec: Spec, data: Data, threads: int) -> str:
    """Seconds of training, the two validations left out, and the score."""
    start, scores, steps = time.perf_counter(), [], []
    with tempfile.TemporaryDirectory() as folder:
        for event in netspec.train(spec, data=data, output=Path(folder) / "run", threads=threads):
            now = time.perf_counter()
            if isinstance(event, Validation):
                scores.append(event.metrics["mean_average_precision"])
                steps.append(now - start)
                start = now
        last = scores[-1]
    return f"{steps[-1]:.0f} s with one validation, mean average precision {last:.4f}"


def _theirs(spec: Spec, data: Data) -> str:
    twin = Twin(spec, torch.channels_last)
    model, (rule,), loss = twin.in_training(), spec.optimizers, spec.losses[0]
    assert isinstance(loss, SingleShot)
    size, epochs = spec.train.batch_size, spec.train.epochs
    steps, warmup = -(-len(data.train) // size) * epochs, spec.schedule.warmup_steps  # type: ignore[union-attr]
    optimizer = torch.optim.AdamW(_decayed(model, getattr(rule, "weight_decay", 0.0)), lr=rule.lr, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _factor(step, steps, warmup))
    start = time.perf_counter()
    for epoch in range(epochs):
        order = epoch_order(len(data.train), spec.seed, epoch, spec.train.shuffle)
        for batch in Loader(data.train, data.normalization, size, order):
            optimizer.zero_grad(set_to_none=True)
            torch_loss(torch, loss, model(_pictures(batch.x)), batch.y).backward()
            optimizer.step()
            schedule.step()
    trained = time.perf_counter() - start
    score = _score(twin.in_inference(), data, loss, size)
    validated = time.perf_counter() - start - trained
    return f"{trained + validated:.0f} s with one validation ({validated:.0f} s), mean average precision {score:.4f}"


def _decayed(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay, biases and normalization do not, as in netspec."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _factor(step: int, steps: int, warmup: int) -> float:
    """Of the learning rate: a linear start, then half a cosine over the rest."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def _score(model: nn.Module, data: Data, loss: SingleShot, size: int) -> float:
    assert data.validation is not None
    counted = MeanAveragePrecision().start()
    for batch in Loader(data.validation, data.normalization, size, np.arange(len(data.validation))):
        with torch.inference_mode():
            outputs = model(_pictures(batch.x)).numpy()
        found = np.stack([best_of([one], loss) for one in loss.candidates({"": outputs}, None)])
        counted.update(found, batch.y)
    return float(counted.compute())


def _pictures(x: np.ndarray) -> Tensor:
    """(N, H, W, C) as PyTorch reads it, in channels_last without a copy."""
    return torch.from_numpy(x).permute(0, 3, 1, 2)


if __name__ == "__main__":
    sys.exit(main())
