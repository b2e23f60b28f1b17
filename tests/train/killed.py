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
from pathlib import Path

from netspec.train.state import read_state
from netspec.weights import read_weights
from tests.train.fake import make_data, make_program, make_spec
from tests.train.helpers import run

SPEC = make_spec(
    ("momentum", "sgd"),
    train={"epochs": 40, "validation_every": {"steps": 2}},
    checkpoint={"top_k": 2, "every": {"steps": 11}},
)


def train(folder: Path) -> None:
    """Begin, or go on where the last child died."""
    started = (folder / "checkpoints/last.state.safetensors").exists()
    options = {"resume": folder} if started else {}
    run(SPEC, None if started else folder, data=make_data(), program=make_program(SPEC), **options)


def start(folder: Path) -> int:
    """A child that trains; its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            train(folder)
            code = 0
        finally:
            os._exit(code)
    return child


def main(folder: Path, kills: int) -> None:
    """Kill so many children, look at the files after each, let the last one finish; report as JSON."""
    rng, killed, steps = random.Random(0), 0, []
    while killed < kills:
        child = start(folder)
        time.sleep(rng.uniform(0.01, 0.06))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
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
    child = start(folder)
    _, status = os.waitpid(child, 0)
    print(json.dumps({"killed": killed, "steps": steps, "status": status}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
