"""PyTorch's epochs of a network with a frozen trunk: a plain loop over pictures that lie in memory, no metrics, no files.

Three ways: requires_grad = False and batch normalization in inference mode; the trunk under no_grad, which keeps nothing for a
backward pass; and the head alone on features that were computed before. Each eager and compiled, in both layouts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.batch import noise_of_every_class
from benchmarks.contest import LR, Team, Timer, calling
from benchmarks.frozen_contest import FEATURES, FROZEN, FULL, NO_GRAD, EpochContest
from benchmarks.peers import Twin
from benchmarks.theirs import time_limit
from netspec.spec.model import Spec

LAYOUTS = (("", torch.contiguous_format), (" channels_last", torch.channels_last))


def team(contest: EpochContest) -> Team:
    """All of PyTorch's contestants."""
    torch.set_num_threads(contest.threads)
    found = Team()
    table = dict(contest.table)
    spec, whole = Spec.model_validate(table), Spec.model_validate({**table, "transfer": None})
    trunk = Spec.model_validate({**table, "layers": table["layers"][:-1], "losses": [], "optimizers": [], "transfer": None})
    last = spec.layers[-1].name
    pictures, labels = noise_of_every_class(spec, contest.samples)
    x, y = torch.from_numpy(pictures), torch.from_numpy(labels)
    with torch.inference_mode():
        found.logits["torch"] = Twin(spec).in_inference()(x[: contest.batch]).numpy()
        features = _in_batches(Twin(trunk).in_inference(), x, contest.batch)
    for suffix, layout in LAYOUTS:
        laid = x.to(memory_format=layout)
        for compiles in (False, True) if contest.compiles else (False,):
            kind = f"{'torch.compile' if compiles else 'torch eager'}{suffix}"
            model = Twin(spec, layout).in_training()
            _enter(contest, found, f"{kind}, {FROZEN}", lambda m=model, c=compiles: training_step_of(m, c), laid, y)
            below, head = Twin(trunk, layout).in_inference(), _head(spec, last)
            _enter(contest, found, f"{kind}, {NO_GRAD}", lambda b=below, h=head, c=compiles: _split_step(b, h, c), laid, y)
            if not compiles:
                model = Twin(whole, layout).in_training()
                _enter(contest, found, f"{kind}, {FULL}", lambda m=model: training_step_of(m, False), laid, y)
    for compiles in (False, True) if contest.compiles else (False,):
        kind, head = "torch.compile" if compiles else "torch eager", _head(spec, last)
        _enter(contest, found, f"{kind}, {FEATURES}", lambda h=head, c=compiles: training_step_of(h, c), features, y)
    return found


Step = Callable[[Tensor, Tensor], object]


def training_step_of(model: nn.Module, compiles: bool) -> Step:
    """A training step of any batch: as in the race, which has one batch."""
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learned, lr=LR, momentum=0.9, fused=True)

    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.cross_entropy(model(x), y)

    forward: Callable[[Tensor, Tensor], Tensor] = torch.compile(loss_of, dynamic=False) if compiles else loss_of

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        forward(x, y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def _split_step(trunk: nn.Module, head: nn.Module, compiles: bool) -> Step:
    """The trunk under no_grad, compiled with its weights as constants; the head learns."""
    below: Callable[[Tensor], Tensor] = trunk
    if compiles:
        below = torch.compile(trunk, dynamic=False, options={"freezing": True})
    learn = training_step_of(head, compiles)

    def step(x: Tensor, y: Tensor) -> None:
        with torch.no_grad():
            features = below(x)
        learn(features, y)

    return step


def _head(spec: Spec, last: str) -> nn.Module:
    head: nn.Module = Twin(spec).model.get_submodule(last)
    return nn.Sequential(nn.Flatten(), head).train()


def _in_batches(model: nn.Module, x: Tensor, batch: int) -> Tensor:
    return torch.cat([model(part) for part in x.split(batch)]).clone()


def _enter(
    contest: EpochContest, found: Team, name: str, make: Callable[[], Step], x: Tensor, y: Tensor
) -> None:
    """Epochs of a step: all samples in a new order each time."""

    def timer() -> Timer:
        step = make()

        def epoch() -> None:
            order = torch.randperm(len(x))
            for first in range(0, len(x), contest.batch):
                rows = order[first : first + contest.batch]
                step(x[rows], y[rows])

        return calling(epoch)

    def limited() -> Any:
        with time_limit(contest.compile_limit):
            made = timer()
            made(1)
        return made

    found.enter(name, limited if "compile" in name else timer)
