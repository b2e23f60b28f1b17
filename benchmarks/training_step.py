"""Training step (forward, loss, backward, optimizer) of LeNet-5 and an MLP, netspec against PyTorch.

python -m benchmarks.training_step [lenet5|mlp] [--threads 2] [--compile]     (extra `peers`)
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

import netspec
from benchmarks.harness import race, report
from netspec.shipped import shipped_specs

BATCH = 64


def lenet5() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def mlp() -> nn.Module:
    layers = (nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(nn.Flatten(), *layers)


def torch_step(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Callable[[], object]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    loss_function = nn.CrossEntropyLoss()

    def step() -> object:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def netspec_step(name: str, x: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], object]:
    spec = netspec.load(shipped_specs()[name])
    momentum = type(spec).model_validate({**spec.model_dump(), "optimizers": [{"type": "momentum", "lr": 0.001}]})
    lane = netspec.compile(momentum, batch_size=BATCH, threads=threads).lanes[0]
    stored = np.ascontiguousarray(x.transpose(0, 2, 3, 1)) if len(momentum.inputs[0].shape) == 3 else x.reshape(BATCH, -1)
    return lambda: lane.train_step(stored, y, lr=0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", nargs="?", default="lenet5", choices=["lenet5", "mlp"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="let PyTorch take part with torch.compile, too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, 1, 28, 28)).astype(np.float32)
    y = rng.integers(0, 10, BATCH)
    make = {"lenet5": lenet5, "mlp": mlp}[options.network]
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    last = torch.channels_last
    contestants = {
        "netspec": netspec_step(options.network, x, y, options.threads),
        "torch eager": torch_step(make(), tx, ty),
        "torch channels_last": torch_step(make().to(memory_format=last), tx.to(memory_format=last), ty),
    }
    if options.compile:
        contestants["torch compile"] = torch_step(torch.compile(make()), tx, ty)
    title = f"{options.network} training step, batch {BATCH}, {options.threads} threads, torch {torch.__version__}"
    report(title, race(contestants))


if __name__ == "__main__":
    main()
