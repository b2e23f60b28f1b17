"""Going on with a run: what must agree, what may differ but is told, and bringing everything back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netspec.optimizers.l2_sp import PRETRAINED
from netspec.schedules.constant import Constant
from netspec.spec.model import Spec
from netspec.training.contract import Array
from netspec.training.errors import TrainError
from netspec.training.freeze_proof import covered
from netspec.training.lane_run import LaneRun
from netspec.training.lane_state import restore_lane
from netspec.training.pretrained import layer_of
from netspec.training.run_folder import RUNNING, STATE
from netspec.training.run_lock import refuse_running
from netspec.training.state import State, identity, read_state
from netspec.training.training import Clock, Training
from netspec.training.unfreezing import restore_stage

SILENT = ("name", "description", "spec_version", "checkpoint", "early_stopping", "metrics", "transfer.cache")
"""Parts of the spec that do not change the numbers of a step."""
_MID_EPOCH = ("train.batch_size", "train.shuffle", "train.last_batch", "train.gradient_accumulation_steps", "metrics")
"""Parts on which the place inside an epoch, or the counts of the epoch so far, depend."""


def find_state(path: str | Path) -> tuple[Path, State]:
    """Run folder and state for --resume: a run folder, or the state file in it.

    Raises TrainError, also while another process trains the run, and WeightsError.
    """
    path = Path(path).expanduser()
    file = path / "checkpoints" / STATE if path.is_dir() else path
    if not file.is_file():
        raise TrainError(
            f"{path}: no run to resume, {file} does not exist", "give the folder of a run (netspec runs lists them)"
        )
    refuse_running(file.parent.parent / RUNNING)
    return file.parent.parent, read_state(file)


def restore(training: Training, state: State) -> None:
    """Bring position, clock, lanes and warnings to where the state was saved. Raises TrainError when it does not fit."""
    saved = state.values["identity"]
    changes = differences(saved["spec"], identity(training.spec, "", training.options)["spec"])
    stage = state.values.get("stage", {"number": 0, "step": 0, "since": {}})
    restore_stage(training, stage, state.values["frozen"]["parameters"], state.position)
    training.has_new_frozen = state.values["frozen"] != covered(training.program)
    training.unfrozen = frozenset(state.values["frozen"]["parameters"]) - training.program.frozen
    _refuse_lost_pull(training, state)
    _refuse_other_lanes(training, state)
    if state.position.batch:
        _refuse_mid_epoch(state, changes, saved["options"], training)
    training.warnings += _warnings(training, saved, changes)
    for index, run in enumerate(training.lanes):
        values = state.values["lanes"][run.label]
        if not state.position.batch:  # between epochs the counts are empty, whatever the metrics
            values = {**values, "running": run.running.state()}
        _load(run, state, index)
        training.warnings += restore_lane(run, values, state.position.step)
    if training.has_new_frozen:
        training.warnings += _start_frozen_anew(training, state)
    training.position, training.saved = state.position, state.position
    training.clock = Clock(before=state.values["seconds"])
    training.last_commit, training.resumed = _still_kept(training, state), True


def _load(run: LaneRun, state: State, index: int) -> None:
    """A lane's tensors and slots, to the bit; slots of parameters that are frozen by now have no place any more."""
    run.lane.load_tensors(state.lane_tensors(index, "tensor"))
    run.lane.begin_slots()
    here = run.lane.slots()
    run.lane.load_slots({name: slot for name, slot in state.lane_tensors(index, "slot").items() if name in here})


def _start_frozen_anew(training: Training, state: State) -> list[str]:
    """Other layers are frozen now: the proof is taken of their tensors as they are."""
    for run in training.lanes:
        run.frozen_digest = run.lane.frozen_digest()
    told = []
    for what, layers in covered(training.program).items():
        before = set(state.values["frozen"][what])
        changes = (("no longer", sorted(before - set(layers))), ("newly", sorted(set(layers) - before)))
        told += [f"{what} {how} frozen: {', '.join(names)}" for how, names in changes if names]
    return [f"resume: {'; '.join(told)}; the proof starts anew, and so do the optimizer's slots of unfrozen parameters"]


def _still_kept(training: Training, state: State) -> dict[str, Any]:
    """The commit to be completed, without the best of lanes whose best is chosen anew."""
    commit: dict[str, Any] = state.values["commit"]
    kept = {run.label: run.kept.steps() if run.kept else [] for run in training.lanes}
    return {**commit, "best": [label for label in commit["best"] if state.position.step in kept[label]]}


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
        saved_slots, slots = state.lane_tensors(index, "slot"), run.lane.slots()
        moved = (
            set(state.values["frozen"]["parameters"]) ^ training.program.frozen
        )  # have slots only before, or only now
        _refuse_other_shapes(_without(saved_slots, moved), _without(slots, moved))


def _refuse_lost_pull(training: Training, state: State) -> None:
    """A layer that has learned, is frozen now and learns again later could not be pulled to its pretrained weights."""
    newly = training.program.frozen - set(state.values["frozen"]["parameters"])
    later = {name for stage in training.stages[training.stage_number + 1 :] for name in stage.pulls}
    names = {layer_of(name.removeprefix(f"{PRETRAINED}/")) for name in state.lane_tensors(0, "slot")
             if name.startswith(f"{PRETRAINED}/")}  # fmt: skip
    if lost := sorted(newly & later & names):
        raise TrainError(
            f"resume: {', '.join(lost)} has moved from the weights that l2_sp pulls it to, is frozen now and learns again "
            "later, and the pretrained weights of frozen layers are not kept",
            "leave it unfrozen, or start a new run with --weights",
        )


def _without(slots: Mapping[str, Array], layers: set[str]) -> dict[str, Array]:
    """The slots ("momentum/conv1.weight") of other layers than these."""
    return {name: array for name, array in slots.items() if layer_of(name.partition("/")[2]) not in layers}


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


def _is_constant(spec: Spec) -> bool:
    """Whether the learning rate does not depend on how long the training is."""
    return spec.schedule is None or isinstance(spec.schedule, Constant)


def _warnings(training: Training, saved: Mapping[str, Any], changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Everything that makes the resumed run another one than the uninterrupted."""
    found = [
        f"resume: {key} has changed from {old} to {new}"
        for key, (old, new) in changes.items()
        if not key.startswith(SILENT) and not (key == "train.epochs" and _is_constant(training.spec))
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
