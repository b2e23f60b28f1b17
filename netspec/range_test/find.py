"""`netspec.lr_find`: the range test on a spec, a run, or a program in use, which it leaves exactly as it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from netspec.datasets.load import fingerprint
from netspec.datasets.loader import epoch_order
from netspec.program import Program
from netspec.range_test.curve import LaneCurve
from netspec.range_test.snapshot import Snapshot, digest
from netspec.range_test.sweep import Range, sweep
from netspec.spec.model import Spec
from netspec.training.errors import TrainError, refuse
from netspec.training.inputs import DataArgument, augmenter_for, data_for
from netspec.training.lane_run import LaneRun
from netspec.training.settings import Options, make_settings
from netspec.training.setup import prepare
from netspec.training.targets import check_samples, check_targets
from netspec.training.training import Position, Training
from netspec.training.unfreezing import enter_stage


@dataclass(frozen=True)
class RangeTest:
    """The curves, and the hash of everything that training changes, before and after."""

    name: str
    lanes: tuple[LaneCurve, ...]
    lr_min: float
    lr_max: float
    steps: int
    samples: int
    """Of one update."""
    step: int
    """Updates that had been done before."""
    trainable: tuple[str, ...]
    frozen: tuple[str, ...]
    digest_before: str
    digest_after: str

    @property
    def unchanged(self) -> bool:
        """Whether the test left no trace."""
        return self.digest_before == self.digest_after


def lr_find(
    source: Spec | Program,
    data: DataArgument = None,
    *,
    weights: str | Path | None = None,
    resume: str | Path | None = None,
    lr_min: float = 1e-7,
    lr_max: float = 10.0,
    steps: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    limit_batches: int | None = None,
    program: Program | None = None,
) -> RangeTest:
    """Losses while the learning rate rises from lr_min to lr_max, for each optimizer, and the rates they suggest.

    source: a spec, or a program in use, which is brought back to the bit. data: as for `netspec.train`.
    weights: a file to start from; resume: a run folder, whose saved state is looked at and left alone.
    steps: rates that are tried; default 100, fewer with little data. Raises what `netspec.train` raises.
    Source: Smith 2017, "Cyclical learning rates for training neural networks", arXiv:1506.01186, §3.3.
    """
    wanted, options = Range(lr_min, lr_max, steps), Options(limit_batches=limit_batches)
    if isinstance(source, Program):
        if any(given is not None for given in (weights, resume, seed, threads, program)):
            raise ValueError("lr_find: a program has its weights, seed and threads; give a spec to choose them")
        training = _in_use(source, data, options)
    else:
        training, _ = prepare(
            source, data, None, resume, weights, options, seed=seed, threads=threads, stop=None, program=program
        )
        list(enter_stage(training))  # a run that was saved at an epoch's end goes on in the stage of the next one
    return range_test(training, wanted)


def range_test(training: Training, wanted: Range) -> RangeTest:
    """The test on a training that stands still; its program is as before afterwards, whatever happens meanwhile."""
    program = training.program
    assert isinstance(program, Program)
    rates = wanted.rates(training.settings.steps_per_epoch)
    with program.lock:
        snapshot = Snapshot(program)
        before = digest(program, _order(training))
        try:
            curves = sweep(training, rates, snapshot.restore)
        finally:
            snapshot.restore()
        after = digest(program, _order(training))
    learning = {entry.layer: None for entry in program.layout.updated()}
    return RangeTest(
        name=training.spec.name or "network",
        lanes=tuple(curves),
        lr_min=rates[0],
        lr_max=rates[-1],
        steps=len(rates),
        samples=training.settings.batch_size * training.settings.accumulation,
        step=training.position.step,
        trainable=tuple(learning),
        frozen=tuple(sorted(program.frozen)),
        digest_before=before,
        digest_after=after,
    )


def _order(training: Training) -> bytes:
    """Where the run stands, the order of its present and next epoch, and the training samples themselves."""
    position, part = training.position, training.data.train
    found = hashlib.sha256(repr(position).encode() + fingerprint({"train": part}, training.data.classes).encode())
    for epoch in (position.epoch, position.epoch + 1):
        found.update(epoch_order(len(part), training.spec.seed, epoch, training.settings.shuffle).data)
    return found.digest()


def _in_use(program: Program, data: DataArgument, options: Options) -> Training:
    """A training around a program as it is, standing where its steps say."""
    spec = program.spec.model_copy(update={"seed": program.seed})
    if not spec.optimizers:
        raise refuse(spec, "NS502", ("optimizer",), "there is no optimizer", "add [optimizer] with a type and lr")
    loaded = data_for(spec, data)
    check_samples(spec, loaded)
    settings = make_settings(spec, loaded, options)
    if program.batch_size < settings.batch_size:
        raise TrainError(
            f"the program was compiled for batches of {program.batch_size}, the spec wants {settings.batch_size}",
            "compile it with the spec's batch_size",
        )
    check_targets(spec, loaded, program.lanes[0].loss_shapes)
    lanes = [LaneRun.start(lane, settings) for lane in program.lanes]
    training = Training(spec, program, loaded, settings, options, lanes, None, None)
    training.augmenter = augmenter_for(spec, loaded)
    epochs, steps = divmod(program.lanes[0].step, settings.steps_per_epoch)
    training.position = Position(epochs, steps * settings.accumulation, program.lanes[0].step)
    return training
