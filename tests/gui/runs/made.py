"""Histories made up for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def run_line(labels: tuple[str, ...] = ("adam",), *, epochs: int = 4, steps_per_epoch: int = 5, **more: Any) -> Line:
    return {
        "event": "run", "optimizer": "", "step": 0, "epoch": 0, "seconds": 0.0, "name": "made", "optimizers": list(labels),
        "types": list(labels), "epochs": epochs, "batch_size": 8, "steps_per_epoch": steps_per_epoch,
        "total_steps": epochs * steps_per_epoch, "samples": {"train": 40}, "parameters": 9, "trainable_parameters": 9,
        "frozen_parameters": 0, "seed": 0, "dtype": "float32", "spec_hash": "", "data_fingerprint": "",
        "started": "2026-11-21T10:00:00+00:00", "resumed": False, "notes": [], "warnings": [], **more,
    }  # fmt: skip


def step_line(step: int, loss: Any = 1.0, label: str = "adam", *, seconds: float | None = None, lr: float = 0.1) -> Line:
    return {
        "event": "step", "optimizer": label, "step": step, "epoch": (step - 1) // 5 + 1,
        "seconds": step / 10 if seconds is None else seconds, "loss": loss, "lr": lr, "samples": 8,
    }  # fmt: skip


def line(event: str, step: int, label: str = "adam", **more: Any) -> Line:
    return {"event": event, "optimizer": label, "step": step, "epoch": step // 5, "seconds": step / 10, **more}


def write(folder: Path, lines: Iterable[Line], *, more: bool = False) -> Path:
    """history.jsonl in a run folder; more: behind what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "history.jsonl").open("a" if more else "w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(item) + "\n" for item in lines)
    return folder


def whole_run(labels: tuple[str, ...] = ("adam",), *, steps: int = 20) -> list[Line]:
    """A run that came to its end; later lanes are a little worse."""
    found = [run_line(labels)]
    for step in range(1, steps + 1):
        found += [step_line(step, (1 + 0.1 * place) / step, label) for place, label in enumerate(labels)]
        if step % 5 == 0:
            for place, label in enumerate(labels):
                loss = (1 + 0.2 * place) / step
                found += [
                    line("validation", step, label, loss=loss, samples=8, part="validation", accuracy=1 - loss),
                    line("epoch", step, label, running_loss=loss, loss=loss, lr=0.1, samples=40, samples_per_second=80.0,
                         running_accuracy=1 - loss),
                    line("checkpoint", step, label, kind="best", path="", monitor="val_loss", value=loss),
                ]  # fmt: skip
    ends = [line("end", steps, label, reason="completed", message="4 epochs, 20 steps") for label in labels]
    return found + ends
