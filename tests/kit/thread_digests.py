"""Trains the networks of `every_plugin.py` with given numbers of threads and prints a digest of every tensor, as JSON.

    NUMBA_NUM_THREADS=4 python -m tests.kit.thread_digests 1 2 3 4

A process of its own, because Numba fixes the greatest number of threads when it is imported.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import netspec
from netspec.kernels import grain
from netspec.lane import Lane
from netspec.layers.base import volume
from netspec.loss_value import LossValue
from netspec.memory import to_stored
from netspec.program import Program
from netspec.spec.model import Spec
from tests.kit.every_plugin import network_of_every_layer, networks_of_every_loss
from tests.kit.networks import CROSS_ENTROPY, spec_of
from tests.losses.cases import CASES

STEPS = 2
FINE = 64
"""Operations worth a chunk of its own: small tensors are then cut as only large ones are."""
MOMENTUM = {"type": "momentum", "lr": 0.01}
WINOGRAD = {"type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1, "algorithm": "winograd"}
LARGE = spec_of(
    [
        {"name": "conv1", "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1, "bias": False},
        {"type": "batch_norm"},
        {"type": "relu"},
        {"type": "max_pool2d", "kernel_size": 3, "stride": 2, "padding": 1},
        {"type": "dropout", "p": 0.2},
        {"name": "conv2", **WINOGRAD},  # block by block
        {"type": "add", "inputs": ["conv2", "dropout"]},
        {"name": "pool2", "type": "max_pool2d", "kernel_size": 4},
        {"name": "conv3", **WINOGRAD},  # stage by stage
        {"type": "global_avg_pool"},
        {"type": "linear", "out_features": 10},
    ],
    [3, 96, 96], loss=CROSS_ENTROPY, optimizer=MOMENTUM,
)  # fmt: skip


Digests = dict[int, dict[str, str]]
"""By number of threads, by "network: lane tensor"."""


def digests(counts: list[int]) -> Digests:
    """Digests of everything that a few training steps and a backward pass give."""
    found: Digests = {threads: {} for threads in counts}
    every_layer = network_of_every_layer()
    for batch in (24, 7):  # 24 samples are cut into shards, 7 are not
        _train(found, f"layers {batch}", every_layer, batch)
    _train(found, "large", LARGE, 5)
    usual, grain.GRAIN = grain.GRAIN, FINE
    _train(found, "layers in many chunks", every_layer, 7)
    for name, spec in networks_of_every_loss().items():
        _train(found, name, spec, 9)
    grain.GRAIN = usual
    return found


def _train(found: Digests, label: str, spec: Spec, batch: int) -> None:
    """Train the network from the same start with every number of threads; the plans are made once."""
    rng = np.random.default_rng(3)
    program = netspec.compile(spec, batch_size=batch, threads=max(found))
    x = {name: rng.standard_normal((batch, *program.shapes[name])).astype("float32") for name in program.start.inputs}
    for name in x:
        if name.startswith("indices"):
            x[name] = rng.integers(0, 3, x[name].shape).astype("float32")
    y = _targets(label, program, x, batch, rng)
    starts = [(lane.tensors(), lane.slots()) for lane in program.lanes]
    for threads in sorted(found, reverse=True):  # plans are made for the most threads
        program.threads = threads
        for lane, (start, slots) in zip(program.lanes, starts, strict=True):
            lane.load_tensors(start)
            lane.load_slots(slots)
            lane.step = 0
        results = dict(_results(program, x, y))
        found[threads] |= {f"{label}: {name}": _digest(value) for name, value in results.items()}


def _results(program: Program, x: Mapping[str, Any], y: Any) -> Iterator[tuple[str, Any]]:
    stored = {name: to_stored(array, "float32") for name, array in x.items()}
    for lane in program.lanes:
        for name, value in _lane(lane, stored, y).items():
            yield f"{lane.label} {name}", value
    yield from _differentiated(program, x)


def _parts(value: LossValue | None) -> Any:
    assert value is not None
    return value.parts


def _targets(label: str, program: Program, x: Mapping[str, Any], batch: int, rng: np.random.Generator) -> Any:
    if label in CASES:
        return program.form.stored_targets(CASES[label][1](rng, batch)[1], x)
    return rng.integers(0, volume(program.shapes[program.start.outputs[-1]]), batch)


def _lane(lane: Lane, x: Mapping[str, Any], y: Any) -> dict[str, Any]:
    """Losses, outputs, gradients, and then the tensors and slots that they led to."""
    found: dict[str, Any] = {}
    for step in range(STEPS):
        found[f"loss {step}"] = np.array(lane.train_step(x, y, lr=0.01).parts)
    found |= {f"output {name}": value for name, value in lane.all_outputs().items()}
    found |= {f"gradient of {name}": value for name, value in lane.gradients().items()}
    found["evaluation"] = np.array(_parts(lane.evaluate(x, y)))
    return found | lane.tensors() | lane.slots()


def _differentiated(program: Program, x: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    y = program.forward(x, training=True)
    yield "forward", y
    dx = program.backward(np.cos(np.asarray(y)))
    yield from dx.items() if isinstance(dx, dict) else [("dx", dx)]


def _digest(value: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    json.dump(digests([int(number) for number in sys.argv[1:]]), sys.stdout)
