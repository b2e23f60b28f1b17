"""Going on with a run: what must agree, what may differ but is told, and bringing everything back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netspec.training.contract import Array
from netspec.training.errors import TrainError
from netspec.training.run_folder import STATE
from netspec.training.state import State, identity, read_state
from netspec.training.training import Clock, Training

SILENT = ("name", "description", "spec_version", "checkpoint", "early_stopping", "metrics")
"""Parts of the spec that do not change the numbers of a step."""
_MID_EPOCH = ("train.batch_size", "train.shuffle", "train.last_batch", "train.gradient_accumulation_steps", "metrics")
"""Parts on which the place inside an epoch, or the counts of the epoch so far, depend."""


def find_state(path: str | Path) -> tuple[Path, State]:
    """Run folder and state for --resume: a run folder, or the state file in it. Raises TrainError and WeightsError."""
    path = Path(path).expanduser()
    file = path / "checkpoints" / STATE if path.is_dir() else path
    if not file.is_file():
        raise TrainError(
            f"{path}: no run to resume, {file} does not exist", "give the folder of a run (netspec runs lists them)"
        )
    return file.parent.parent, read_state(file)


def restore(training: Training, state: State) -> None:
    """Bring position, clock, lanes and warnings to where the state was saved. Raises TrainError when it does not fit."""
    saved = state.values["identity"]
    changes = differences(saved["spec"], identity(training.spec, "", training.options)["spec"])
    _refuse_other_lanes(training, state)
    if state.position.batch:
        _refuse_mid_epoch(state, changes, saved["options"], training)
    training.warnings += _warnings(training, saved, changes)
    for index, run in enumerate(training.lanes):
        values = state.values["lanes"][run.label]
        if not state.position.batch:  # between epochs the counts are empty, whatever the metrics
            values = {**values, "running": run.running.state()}
        state.load_into(index, run, values)
    training.position, training.saved = state.position, state.position
    training.clock = Clock(before=state.values["seconds"])
    training.last_commit, training.resumed = state.values["commit"], True


def differences(old: Any, new: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Keys ("train.batch_size", "optimizers.0.lr") whose values differ, with both; None for absent."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        items: Iterator[tuple[Any, Any, Any]] = ((key, old.get(key), new.get(key)) for key in {**old, **new})
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        items = ((i, a, b) for i, (a, b) in enumerate(zip(old, new, strict=True)))
    else:
        return {} if old == new else {path: (old, new)}
    found: dict[str, tuple[Any, Any]] = {}
    for key, before, after in items:
        found |= differences(before, after, f"{path}.{key}" if path else str(key))
    return found


def _refuse_other_lanes(training: Training, state: State) -> None:
    """Lanes and the shapes of their tensors and slots must be those of the state."""
    saved, here = list(state.values["lanes"]), [run.label for run in training.lanes]
    if saved != here:
        raise TrainError(
            f"resume: the run trains {', '.join(saved)}, the spec {', '.join(here)}", "resume with the run's own spec"
        )
    for index, run in enumerate(training.lanes):
        _refuse_other_shapes(state.lane_tensors(index, "tensor"), run.lane.tensors())
        _refuse_other_shapes(state.lane_tensors(index, "slot"), run.lane.slots())


def _refuse_other_shapes(saved: Mapping[str, Array], here: Mapping[str, Array]) -> None:
    for name in {**saved, **here}:
        old, new = (list(tensors[name].shape) if name in tensors else None for tensors in (saved, here))
        if old != new:
            raise TrainError(
                f"resume: {name} is {old or 'absent'} in the run and {new or 'absent'} in the spec",
                "resume with the run's own spec, or start a new run with --weights",
            )
        if saved[name].dtype != here[name].dtype:
            raise TrainError(
                f"resume: {name} is {saved[name].dtype} in the run and {here[name].dtype} in the spec",
                f'set dtype = "{saved[name].dtype}" under [train]',
            )


def _refuse_mid_epoch(
    state: State, changes: Mapping[str, tuple[Any, Any]], options: Mapping[str, Any], training: Training
) -> None:
    """Inside an epoch the same batches must follow."""
    found = {key: change for key, change in changes.items() if key.startswith(_MID_EPOCH)}
    now = identity(training.spec, "", training.options)["options"]
    found |= {key: (options[key], now[key]) for key in options if options[key] != now[key]}
    if found:
        key, (old, new) = next(iter(found.items()))
        raise TrainError(
            f"resume: the run stopped inside epoch {state.position.epoch + 1}, and {key} has changed from {old} to {new}",
            "finish that epoch with the run's own spec and options first",
        )


def _warnings(training: Training, saved: Mapping[str, Any], changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Everything that makes the resumed run another one than the uninterrupted."""
    found = [
        f"resume: {key} has changed from {old} to {new}"
        for key, (old, new) in changes.items()
        if not key.startswith(SILENT) and not (key == "train.epochs" and training.spec.schedule is None)
    ]
    now = identity(training.spec, training.data.fingerprint, training.options)
    if now["data_fingerprint"] != saved["data_fingerprint"]:
        found.append("resume: the data are not those of the run (their fingerprint differs)")
    for what in ("options", "versions"):
        for key, old in saved[what].items():
            if old != now[what].get(key):
                found.append(f"resume: {key} was {old}, now it is {now[what].get(key)}")
    if now["cpu"] != saved["cpu"]:
        found.append(
            f"resume: the run was made on a {saved['cpu']}, this is a {now['cpu']}; sums may round differently"
        )
    return found
