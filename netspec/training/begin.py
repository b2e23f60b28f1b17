"""How a run begins: its first event, the look at the untrained network, the first saved state; or how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from netspec.rendering import spec_hash
from netspec.training.checkpoints import commit, complete_commit
from netspec.training.ending import conclude_stopped
from netspec.training.events import Event, Run
from netspec.training.features import begin_features
from netspec.training.freeze_proof import announce_frozen, count_parameters
from netspec.training.training import Training
from netspec.training.validation import first_look


def begin(training: Training) -> Iterator[Event]:
    """The events before the first step."""
    begin_features(training)
    yield run_event(training)
    if training.resumed:
        yield from complete_commit(training)
        yield from conclude_stopped(training, training.last_commit["epoch"])
        if training.has_new_frozen:
            yield from announce_frozen(training, training.last_commit["epoch"], training.unfrozen)
        return
    yield from announce_frozen(training, 0)
    yield from first_look(training)
    yield from commit(training, 0, [], due=False)


def run_event(training: Training) -> Run:
    """What is trained on what."""
    spec, data, settings = training.spec, training.data, training.settings
    total, frozen = count_parameters(training.program)
    return Run(
        step=training.position.step,
        epoch=training.position.epoch,
        seconds=training.clock.read(),
        name=spec.name,
        folder=None if training.folder is None else str(training.folder.path),
        optimizers=[run.label for run in training.lanes],
        types=[run.lane.optimizer.type_name() for run in training.lanes],
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        steps_per_epoch=settings.steps_per_epoch,
        total_steps=settings.total_steps,
        samples={name: len(part) for name, part in data.parts().items()},
        classes=None if data.classes is None else list(data.classes),
        parameters=total,
        trainable_parameters=total - frozen,
        frozen_parameters=frozen,
        seed=spec.seed,
        threads=training.threads,
        dtype=str(training.dtype),
        spec_hash=spec_hash(spec),
        data_fingerprint=data.fingerprint,
        started=datetime.now().astimezone().isoformat(timespec="seconds"),
        resumed=training.resumed,
        limit_batches=training.options.limit_batches,
        overfit_batches=training.options.overfit_batches,
        notes=[*data.notes, *training.notes],
        warnings=[*settings.warnings, *training.warnings],
        load=None if training.load is None else training.load.to_json(),
    )
