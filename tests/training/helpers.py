"""Running the trainer in tests, and comparing what it wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netspec.spec.model import Spec
from netspec.training.events import Event, FeatureProof, Run
from netspec.training.history import read_history
from netspec.training.run import train
from netspec.weights import digest, read_weights
from tests.training.fake import FakeProgram, make_data, make_program

TIMES = ("seconds", "started", "samples_per_second", "from_cache")


def run(spec: Spec, folder: Path | None = None, **options: Any) -> tuple[list[Event], FakeProgram]:
    """Train the fake program to its end; its events and the program."""
    program = options.pop("program", None) or make_program(spec)
    data = options.pop("data", None) or make_data()
    events = list(train(spec, data, folder, program=program, **options))
    return events, program


def without_times(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Events as JSON without what differs from run to run."""
    lines = [event.to_json() for event in events]
    return [{key: value for key, value in line.items() if key not in TIMES} for line in lines]


def numbers(folder: Path) -> list[dict[str, Any]]:
    """What a run computed: its history without times, run events, checkpoints that only a stop made, and proofs of features,
    which every process that trains the run computes for itself."""
    lines = without_times(event for event in read_history(folder) if not isinstance(event, Run | FeatureProof))
    return [line for line in lines if line["event"] in ("step", "validation", "epoch", "stage", "end")]


def of(events: Iterable[Event], kind: type[Event], optimizer: str | None = None) -> list[Any]:
    """Events of one kind, of one lane."""
    return [e for e in events if isinstance(e, kind) and (optimizer is None or e.optimizer == optimizer)]


class StopAfter:
    """Asks to stop when it has been asked `calls` times."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self) -> bool:
        self.calls -= 1
        return self.calls < 0


def weights_digest(path: Path) -> str:
    """Digest of a file's tensors."""
    return digest(read_weights(path).tensors)
