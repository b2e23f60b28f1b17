"""What is raced: plain values that go to every contestant's process. Loads neither netspec nor PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float32]

Task = Literal["training", "inference", "forward", "backward", "dx", "dw"]
"""A training step, an inference, or of one layer: forward as in training, both gradients, or one of them."""
Timer = Callable[[int], float]
"""Calls so many times; the seconds that this took."""

LR = 1e-5
"""So small that thousands of steps on one batch leave the network as it is: a loss near 0 would bring denormal numbers."""
OURS, EAGER, LAST, COMPILED, COMPILED_LAST, ONNX = (
    "netspec", "torch eager", "torch channels_last", "torch.compile", "torch.compile channels_last", "onnxruntime",
)  # fmt: skip
NAMES = (OURS, EAGER, LAST, COMPILED, COMPILED_LAST, ONNX)


@dataclass(frozen=True)
class Contest:
    """One network as a table of its spec, one batch of noise, one task. compile_limit: seconds for each torch.compile."""

    table: Mapping[str, Any]
    batch: int
    task: Task = "training"
    threads: int = 2
    compiles: bool = True
    compile_limit: float = 300.0


@dataclass
class Team:
    """The contestants of one library. absent: why others do not take part; logits: in inference mode, by network."""

    timers: dict[str, Timer] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    logits: dict[str, Array] = field(default_factory=dict)

    def enter(self, name: str, make: Callable[[], Timer]) -> None:
        """Add a contestant after its first call; one that fails is named with its error, not left out in silence."""
        try:
            timer = make()
            timer(1)
        except Exception as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), "")
            self.absent[name] = f"{type(error).__name__}: {reason.strip()}"
        else:
            self.timers[name] = timer


def calling(step: Callable[[], object]) -> Timer:
    """A timer of whole calls."""
    from time import perf_counter

    def timer(repeats: int) -> float:
        start = perf_counter()
        for _ in range(repeats):
            step()
        return perf_counter() - start

    return timer


def calling_after(prepare: Callable[[], Callable[[], object]]) -> Timer:
    """A timer of what `prepare` returns, which is not timed itself."""
    from time import perf_counter

    def timer(repeats: int) -> float:
        total = 0.0
        for _ in range(repeats):
            step = prepare()
            start = perf_counter()
            step()
            total += perf_counter() - start
        return total

    return timer
