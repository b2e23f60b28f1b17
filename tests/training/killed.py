"""A process that trains in children and kills them at random moments; run by test_checkpoints in a fresh interpreter.

Children are forked: no compiled kernel runs in them, and importing everything anew would take most of the time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netspec.training.events import Event
from netspec.training.run import train
from netspec.training.state import read_state
from netspec.weights import read_weights
from tests.training.fake import make_data, make_program, make_spec

SPEC = make_spec(
    ("momentum", "sgd"),
    train={"epochs": 20, "validation_every": {"steps": 2}},
    checkpoint={"top_k": 2, "every": {"steps": 11}},
)


def training(folder: Path) -> Iterator[Event]:
    """Begin, or go on where the last child died."""
    is_begun = (folder / "checkpoints/last.state.safetensors").exists()
    options: dict[str, Any] = {"resume": folder} if is_begun else {"output": folder}
    return train(SPEC, make_data(), program=make_program(SPEC), **options)


def start(folder: Path) -> tuple[int, int]:
    """A child that trains, and a pipe in which it leaves a byte for each event."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for _ in training(folder):
                os.write(writing, b".")
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    return child, reading


def wait(child: int, reading: int) -> int:
    """The child's status, when it has ended."""
    os.close(reading)
    return os.waitpid(child, 0)[1]


def main(folder: Path, kills: int) -> None:
    """Kill so many children, look at the files after each, let the last one finish; report as JSON."""
    rng, killed, steps = random.Random(0), 0, []
    while killed < kills:
        child, reading = start(folder)
        events = rng.randint(1, 40)
        while events > 0 and (found := os.read(reading, events)):
            events -= len(found)
        time.sleep(rng.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        status = wait(child, reading)
        state = folder / "checkpoints/last.state.safetensors"
        if not state.exists():  # killed before the first commit was through
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            continue
        if not os.WIFSIGNALED(status):
            break
        killed += 1
        steps.append(read_state(state).position.step)
        for path in (folder / "checkpoints").glob("*.safetensors"):
            if not path.name.startswith("."):
                read_weights(path)
    child, reading = start(folder)
    while os.read(reading, 4096):
        pass
    status = wait(child, reading)
    print(json.dumps({"killed": killed, "steps": steps, "status": status}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
