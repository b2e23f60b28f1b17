"""After NaN or infinity: back to the tensors before that step, the first one that broke, a bundle to replay it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netspec.datasets.batch import Batch
from netspec.freezing import stage_at
from netspec.rendering import spec_hash
from netspec.training.features import whole_batches
from netspec.training.json_values import to_json_value
from netspec.training.lane_run import LaneRun, update
from netspec.training.state import read_state
from netspec.training.targets import targets_for
from netspec.training.training import Training, groups
from netspec.training.unfreezing import stage_state
from netspec.weights import Tensors, write_text, write_weights


def examine(training: Training, run: LaneRun, batches: Sequence[Batch], loss: float) -> tuple[str, str | None]:
    """What people should read, and the bundle's folder seen from the run folder (None without one).

    The step has just been taken and the position not yet moved on. The lane is left with the tensors before the step
    when a saved state allows that.
    """
    step = training.position.step + 1
    is_before = rewind(training, run)
    batches = whole_batches(training, list(batches))
    where = _first(training, run, batches)
    message = f"the loss is {loss} at step {step}"
    if where is not None:
        layer, tensor, direction = where
        message += f"; the first value that is not finite is in layer {layer}, {tensor} ({direction})"
    if training.folder is None:
        return message, None
    report = {
        "message": message,
        "optimizer": run.label,
        "step": step,
        "epoch": training.position.epoch + 1,
        "batch": training.position.batch,
        "lr": run.lr,
        "loss": to_json_value(loss),
        "first": None if where is None else dict(zip(("layer", "tensor", "direction"), where, strict=True)),
        "tensors": "before the step" if is_before else "after the step",
        "stage": stage_state(training),
        "frozen": sorted(training.program.frozen),
        "seed": training.spec.seed,
        "spec_hash": spec_hash(training.spec),
        "rows": [batch.index.tolist() for batch in batches],
    }
    folder = training.folder.bundle(step, run.label)
    write_bundle(folder, report, run, batches)
    return message, training.folder.relative(folder)


def rewind(training: Training, run: LaneRun) -> bool:
    """Bring a lane back to where it was before the step just taken: from the saved state, the same steps again.

    False, and nothing changed, when no state was saved, or only one of an earlier stage.
    """
    saved, folder = training.saved, training.folder
    if saved is None or folder is None:
        return False
    if stage_at(training.stages, saved.epoch).number != training.stage_number:
        return False  # other layers were frozen then
    state = read_state(folder.state)
    index = training.lanes.index(run)
    run.lane.load_tensors(state.lane_tensors(index, "tensor"))
    run.lane.reset_slots()  # those of layers that began to learn after the state was saved are not in it
    here = run.lane.slots()  # a resumed run may have frozen layers since
    run.lane.load_slots({name: slot for name, slot in state.lane_tensors(index, "slot").items() if name in here})
    run.lane.step = state.values["lanes"][run.label]["step"]
    rates = iter(run.rates[:-1])
    for epoch in range(saved.epoch, training.position.epoch + 1):
        batches = training.batches(epoch, saved.batch if epoch == saved.epoch else 0)
        for group in groups(batches, training.settings.accumulation):
            rate = next(rates, None)
            if rate is None:
                return True
            update(run.lane, group, training.settings.losses, rate, training.dtype)
    return True


def write_bundle(folder: Path, report: dict[str, Any], run: LaneRun, batches: Sequence[Batch]) -> None:
    """report.json, the batches as the network saw them, tensors and optimizer slots."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: Tensors = {}
    for number, batch in enumerate(batches):
        arrays |= {f"x{number}": batch.x, f"index{number}": batch.index}
        arrays |= {f"{name}{number}": array for name, array in batch.inputs.items()}
        targets = targets_for(run.lane, batch, run.settings.losses, batch.x.dtype)
        arrays |= {f"y{number}" if not place else f"y{number}.{place}": y for place, y in enumerate(targets)}
    write_weights(folder / "batches.npz", arrays)
    write_weights(folder / "tensors.safetensors", run.lane.tensors())
    write_weights(folder / "slots.safetensors", run.lane.slots())
    write_text(folder / "report.json", json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _first(training: Training, run: LaneRun, batches: Sequence[Batch]) -> tuple[str, str, str] | None:
    for batch in batches:
        with np.errstate(all="ignore"):
            y = targets_for(run.lane, batch, training.settings.losses, training.dtype)
            found = run.lane.find_nonfinite(batch.feed, y)
        if found is not None:
            return found[0], found[1], found[2]
    return None
