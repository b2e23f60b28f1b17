"""last.state.safetensors: one file with all that an exact resume needs.

All lanes' tensors and slots, and as metadata the position, the schedules' and early stopping's memory, the best so far,
the counts of the running epoch and the sizes of the history files. One file, because one rename is atomic: after a
kill at any moment it is either the old state or the new one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netspec import __version__
from netspec.defaults import fill_defaults
from netspec.rendering import spec_hash
from netspec.spec.model import Spec
from netspec.training.contract import Array
from netspec.training.errors import TrainError
from netspec.training.freeze_proof import covered
from netspec.training.json_values import from_json_value, to_json_value
from netspec.training.lane_state import lane_state
from netspec.training.lock import machine, versions
from netspec.training.settings import Options, json_options
from netspec.training.training import Position, Training
from netspec.training.unfreezing import stage_state
from netspec.weights import Tensors, read_weights, write_weights

FORMAT = 2


@dataclass(frozen=True, eq=False)
class State:
    """A state file in memory. tensors: "LANE/tensor/NAME" and "LANE/slot/SLOT/NAME"."""

    tensors: Tensors
    values: dict[str, Any]

    @property
    def position(self) -> Position:
        """Where the run stood."""
        return Position(**self.values["position"])

    def lane_tensors(self, index: int, kind: str) -> dict[str, Array]:
        """Tensors ("tensor") or slots ("slot") of a lane by its number."""
        prefix = f"{index}/{kind}/"
        return {name.removeprefix(prefix): array for name, array in self.tensors.items() if name.startswith(prefix)}


def write_state(training: Training, path: Path) -> None:
    """Save a run between two steps."""
    assert training.history is not None
    tensors: Tensors = {}
    for index, run in enumerate(training.lanes):
        tensors |= {f"{index}/tensor/{name}": array for name, array in run.lane.tensors().items()}
        tensors |= {f"{index}/slot/{name}": array for name, array in run.lane.slots().items()}
    values = {
        "format": FORMAT,
        "position": asdict(training.position),
        "seconds": training.clock.read(),
        "history": training.history.sizes(),
        "commit": training.last_commit,
        "lanes": {run.label: lane_state(run) for run in training.lanes},
        "frozen": covered(training.program),
        "stage": stage_state(training),
        "identity": identity(training.spec, training.data.fingerprint, training.options),
    }
    metadata = {"netspec_version": __version__, "state": json.dumps(to_json_value(values), allow_nan=False)}
    write_weights(path, tensors, metadata)


def read_state(path: Path) -> State:
    """What `write_state` wrote. Raises WeightsError and TrainError."""
    weights = read_weights(path)
    text = weights.metadata.get("state")
    if text is None:
        raise TrainError(f"{path}: weights without the state of a run", "give a run folder, or use --weights")
    values = from_json_value(json.loads(text))
    if values["format"] != FORMAT:
        raise TrainError(
            f"{path}: state format {values['format']}, this netspec reads {FORMAT}",
            "resume with the version of netspec in lock.json",
        )
    return State(weights.tensors, values)


def identity(spec: Spec, fingerprint: str, options: Options) -> dict[str, Any]:
    """What must be the same for a resumed run to equal the uninterrupted one."""
    return {
        "spec": fill_defaults(spec).model_dump(mode="json", exclude_none=True),
        "spec_hash": spec_hash(spec),
        "data_fingerprint": fingerprint,
        "options": json_options(options),
        "versions": versions(),
        "cpu": machine()["llvm_name"],
    }
