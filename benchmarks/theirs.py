"""PyTorch as contestants: eager and compiled, each in its default layout and in channels_last."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch  # before netspec: so PyTorch gets an OpenMP library as it likes it, not one with sleeping threads
from torch import Tensor, nn

from benchmarks.batch import noise
from benchmarks.contest import (
    COMPILED,
    COMPILED_LAST,
    EAGER,
    LAST,
    LR,
    Contest,
    Team,
    Timer,
    calling,
    calling_after,
)
from benchmarks.peers import Twin
from netspec.spec.model import Spec


def team(contest: Contest) -> Team:
    """PyTorch's contestants for a task."""
    torch.set_num_threads(contest.threads)
    spec, found = Spec.model_validate(contest.table), Team()
    pictures, labels = noise(spec, contest.batch)
    x, y = torch.from_numpy(pictures), torch.from_numpy(labels)
    _enter(contest, found, (EAGER, COMPILED), Twin(spec), x, y)
    if x.ndim == 4:
        last = torch.channels_last
        _enter(contest, found, (LAST, COMPILED_LAST), Twin(spec, last), x.to(memory_format=last), y)
    return found


def _enter(contest: Contest, found: Team, names: tuple[str, str], twin: Twin, x: Tensor, y: Tensor) -> None:
    """One layout, eager and compiled: both work on the same tensors."""
    if contest.task in ("training", "inference"):
        with torch.inference_mode():
            found.logits[names[0]] = twin.in_inference()(x).numpy()
    makers: dict[str, Callable[[bool], Timer]] = {
        "training": lambda compiles: calling(training_step(twin.in_training(), x, y, compiles=compiles)),
        "inference": lambda compiles: calling(inference_step(twin.in_inference(), x, compiles=compiles)),
    }
    if contest.task not in makers:
        found.enter(names[0], lambda: calling_after(_direction(twin.in_training(), x, contest.task)))
        return
    make = makers[contest.task]
    found.enter(names[0], lambda: make(False))
    if contest.compiles:

        def limited() -> Timer:
            with time_limit(contest.compile_limit):
                timer = make(True)
                timer(1)
            return timer

        found.enter(names[1], limited)


def training_step(model: nn.Module, x: Tensor, y: Tensor, *, compiles: bool = False) -> Callable[[], object]:
    """Forward, loss, backward and the fused optimizer; torch.compile gets network and loss as one function."""
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learned, lr=LR, momentum=0.9, fused=True)

    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.cross_entropy(model(x), y)

    forward: Callable[[Tensor, Tensor], Tensor] = torch.compile(loss_of, dynamic=False) if compiles else loss_of

    def step() -> object:
        optimizer.zero_grad(set_to_none=True)
        loss = forward(x, y)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss

    return step


def inference_step(model: nn.Module, x: Tensor, *, compiles: bool = False) -> Callable[[], object]:
    """Logits; compiled with the weights as constants, packed once."""
    forward: Callable[[Tensor], Tensor] = model
    if compiles:
        forward = torch.compile(model, dynamic=False, options={"freezing": True})

    def step() -> object:
        with torch.inference_mode():
            return forward(x)

    return step


def _direction(model: nn.Module, x: Tensor, task: str) -> Callable[[], Callable[[], object]]:
    """Forward, or the gradient with respect to the input, the parameters, or both."""
    x = x.clone(memory_format=torch.preserve_format).requires_grad_(task in ("forward", "backward", "dx"))
    parameters = [p.requires_grad_(task in ("forward", "backward", "dw")) for p in model.parameters()]
    wanted = [value for value in (x, *parameters) if value.requires_grad]
    with torch.no_grad():
        dy = torch.ones_like(model(x))

    def prepare() -> Callable[[], Any]:
        if task == "forward":
            return lambda: model(x)
        y = model(x)
        return lambda: torch.autograd.grad(y, wanted, dy)

    return prepare


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the main thread after so many seconds, on systems that have alarms."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"not compiled within {seconds:g} s; give it more with --compile-limit")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
