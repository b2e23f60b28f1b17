"""The freeze proof: after each epoch a hash shows that no frozen tensor has changed.

It covers the parameters of the frozen layers and the statistics of those among them that compute in inference mode; with
bn = "train" under [transfer] the statistics of frozen layers are meant to change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from netspec.training.contract import Program
from netspec.training.events import FROZEN_CHANGED, Event, FrozenProof, Stage
from netspec.training.training import Training


def covered(program: Program) -> dict[str, list[str]]:
    """Layers whose parameters and whose statistics the digest is taken of."""
    return {"parameters": sorted(program.frozen), "statistics": sorted(program.frozen & program.start.inference_mode)}


def announce_frozen(training: Training, epoch: int, unfrozen: frozenset[str] = frozenset()) -> Iterator[Event]:
    """A stage begins: its events and the first proof. Nothing when no layer is frozen, nor has been.

    unfrozen: the layers that learn from here on and did not before.
    """
    frozen, stage = training.program.frozen, training.stage
    total, fixed = count_parameters(training.program)
    for run in training.lanes if frozen or unfrozen else ():
        if not run.ended:
            yield Stage(
                optimizer=run.label,
                step=training.position.step,
                epoch=epoch,
                seconds=training.clock.read(),
                frozen=sorted(frozen),
                number=stage.number,
                stages=len(training.stages),
                until=training.stage_end(),
                unfrozen=[name for name in stage.rates if name in unfrozen],
                trainable_parameters=total - fixed,
                frozen_parameters=fixed,
                rates=None if set(stage.rates.values()) <= {1.0} else dict(stage.rates),
            )
    yield from prove_frozen(training, epoch, begins=True)


def count_parameters(program: Program) -> tuple[int, int]:
    """Numbers learned in all, and those in layers that are frozen now ("layer.weight" belongs to "layer")."""
    sizes = {name: math.prod(array.shape) for name, array in program.parameters.items()}
    frozen = [size for name, size in sizes.items() if name.rpartition(".")[0] in program.frozen]
    return sum(sizes.values()), sum(frozen)


def prove_frozen(training: Training, epoch: int, *, begins: bool = False) -> Iterator[Event]:
    """One proof for each lane with frozen tensors. If one has changed, every lane ends: no result can be trusted."""
    changed, layers = [], covered(training.program)
    has_all = layers["parameters"] == layers["statistics"]
    for run in training.lanes:
        if run.ended or not run.frozen_digest:
            continue
        digest = run.lane.frozen_digest()
        unchanged = digest == run.frozen_digest
        yield FrozenProof(
            optimizer=run.label,
            step=training.position.step,
            epoch=epoch,
            seconds=training.clock.read(),
            digest=digest,
            covers="parameters and statistics" if has_all else 'parameters, not statistics (bn = "train")',
            unchanged=unchanged,
            begins=begins,
            layers=len(training.program.frozen),
            number=training.stage.number,
            stages=len(training.stages),
        )
        if not unchanged:
            changed.append(run)
    for run in training.lanes if changed else ():
        if not run.ended:
            names = ", ".join(other.label for other in changed)
            run.reason = FROZEN_CHANGED
            run.message = (
                f"frozen tensors changed in epoch {epoch} (lane {names}); please report this defect of netspec"
            )
