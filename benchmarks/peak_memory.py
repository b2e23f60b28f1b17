"""Peak memory of a training step (forward, loss, backward, momentum SGD), netspec against PyTorch, each in its own process.

python -m benchmarks.peak_memory [vgg16 resnet18 …]     (extra `peers`; Linux)

Growth: what the steps add to the resident memory of a process that has loaded its libraries and, netspec, its kernels.
Whole: the greatest resident memory of the process, libraries included. PyTorch: eager, the better of both memory formats.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import require_torch

BATCHES = {"vgg16": 4, "resnet18": 8}
STEPS = 3
MIB = 2**20


class Measured(NamedTuple):
    """Bytes."""

    growth: int
    predicted: int
    whole: int


def resident(key: str) -> int:
    """VmRSS or VmHWM of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def forget_peak() -> None:
    """Let VmHWM begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def measure_netspec(name: str, batch: int) -> Measured:
    """Compile and train a few steps."""
    import numpy as np

    import netspec
    from netspec.plan.forecast import forecast
    from netspec.plan.pipeline import make_plan, start_plan
    from netspec.plan.stream import training_goal
    from netspec.shipped import shipped_specs

    spec = netspec.load(shipped_specs()[name])
    start = start_plan(spec, dtype="float32", seed=0)
    load_kernels(spec)
    plan = make_plan(start, training_goal(start, spec.optimizers[0], batch))
    for call in plan.calls:
        call.kernel.address("float32")
    before = resident("VmRSS")
    forget_peak()
    rng = np.random.default_rng(0)
    channels, height, width = spec.inputs[0].shape
    x = rng.standard_normal((batch, height, width, channels), dtype=np.float32)
    y = rng.integers(0, 1000, batch)
    program = netspec.compile(spec, batch_size=batch)
    for _ in range(STEPS):
        program.lanes[0].train_step(x, y, lr=0.01)
    predicted = forecast(plan, spec.optimizers, program.threads).peak
    return Measured(resident("VmHWM") - before, predicted, resident("VmHWM"))


def load_kernels(spec: object) -> None:
    """Load the machine and the updates: a tiny network takes the same optimizer."""
    import numpy as np

    from netspec.program import compile
    from netspec.spec.model import Spec

    assert isinstance(spec, Spec)
    layers = [{"name": "fc", "type": "linear", "out_features": 2}]
    tiny = Spec.model_validate({
        "inputs": [{"name": "x", "shape": [2]}], "layers": layers, "loss": {"type": "cross_entropy"},
        "optimizers": [optimizer.model_dump() for optimizer in spec.optimizers],
    })  # fmt: skip
    compile(tiny, batch_size=2).train_step(np.zeros((2, 2)), np.zeros(2, dtype=np.int64))


def measure_torch(name: str, batch: int, *, channels_last: bool) -> Measured:
    """The same network, built from the spec, in eager mode."""
    import torch

    import netspec
    from benchmarks.peers import peer
    from benchmarks.theirs import training_step  # first of all, see there
    from netspec.shipped import shipped_specs

    spec = netspec.load(shipped_specs()[name])
    before = resident("VmRSS")
    forget_peak()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = peer(spec).train().to(memory_format=layout)
    x = torch.randn(batch, *spec.inputs[0].shape).to(memory_format=layout)
    step = training_step(model, x, torch.randint(0, 1000, (batch,)))
    for _ in range(STEPS):
        step()
    return Measured(resident("VmHWM") - before, 0, resident("VmHWM"))


def in_a_process(*arguments: str) -> Measured:
    """What a fresh process measures."""
    command = [sys.executable, "-m", "benchmarks.peak_memory", "--child", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(*map(int, ended.stdout.split()))


def child(who: str, name: str, batch: int) -> Measured:
    """Measure in this process."""
    if who == "netspec":
        return measure_netspec(name, batch)
    return measure_torch(name, batch, channels_last=who == "channels_last")


def report(name: str, batch: int) -> None:
    """Print one network's figures."""
    ours = in_a_process("netspec", name, str(batch))
    peers = [in_a_process(form, name, str(batch)) for form in ("default", "channels_last")]
    growth, whole = min(peer.growth for peer in peers), min(peer.whole for peer in peers)
    print(f"{name}, batch {batch}: peak memory of a training step")
    print(f"  netspec   growth {ours.growth / MIB:7.0f} MiB   whole {ours.whole / MIB:7.0f} MiB")
    print(f"  PyTorch   growth {growth / MIB:7.0f} MiB   whole {whole / MIB:7.0f} MiB")
    print(f"  ratio            {ours.growth / growth:7.2f}             {ours.whole / whole:7.2f}")
    print(f"  predicted        {ours.predicted / MIB:7.0f} MiB   ({ours.growth / ours.predicted - 1:+.1%} measured)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(BATCHES))
    parser.add_argument("--child", nargs=3, metavar=("WHO", "NETWORK", "BATCH"), help="measure in this process")
    options = parser.parse_args()
    if options.child:
        who, name, batch = options.child
        print(*child(who, name, int(batch)))
        return
    require_torch()
    for name in options.networks:
        report(name, BATCHES[name])


if __name__ == "__main__":
    main()
