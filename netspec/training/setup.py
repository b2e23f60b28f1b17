"""Everything that has to be right before the first step."""

from __future__ import annotations

from pathlib import Path

from netspec.datasets.load import Data
from netspec.freezing import frozen_features, stages
from netspec.graph import build_graph
from netspec.later_stages import check_later_stages
from netspec.load_report import LoadReport
from netspec.problems import SpecError
from netspec.rendering import spec_hash
from netspec.spec.model import Spec
from netspec.spec.sections import Transfer
from netspec.spec.suggest import listing
from netspec.thread_count import checked_threads
from netspec.training.advice import facts_of, note
from netspec.training.contract import Program
from netspec.training.errors import TrainError, refuse
from netspec.training.inputs import DataArgument, augmenter_for, data_for, overfit
from netspec.training.lane_run import LaneRun
from netspec.training.lock import lock
from netspec.training.pretrained import load_pretrained, pretrained_file
from netspec.training.resume import find_state, restore
from netspec.training.run_folder import RunFolder, new_run_path, refuse_taken
from netspec.training.settings import Options, Settings, json_options, make_settings
from netspec.training.state import State
from netspec.training.targets import check_samples, check_targets
from netspec.training.training import Stop, Training
from netspec.training.unfreezing import aim_schedule


def prepare(
    spec: Spec,
    data: DataArgument,
    output: str | Path | None,
    resume: str | Path | None,
    weights: str | Path | None,
    options: Options,
    *,
    seed: int | None,
    threads: int | None,
    stop: Stop,
    program: Program | None,
) -> tuple[Training, State | None]:
    """A training at its first step or, with `resume`, at the step of the state, which is returned, too."""
    folder, state = find_state(resume) if resume is not None else (None, None)
    if state is not None:
        refuse_with_resume(weights=weights, output=output, dry_run=options.dry_run)
        options = _options_of(state, options)
    elif output is not None and not options.dry_run:
        refuse_taken(Path(output).expanduser())
    spec = _seeded(spec, seed, state)
    if not spec.optimizers:
        raise refuse(spec, "NS502", ("optimizer",), "there is no optimizer", "add [optimizer] with a type and lr")
    loaded = data_for(spec, data)
    check_samples(spec, loaded)
    if options.overfit_batches is not None:
        loaded = overfit(loaded, options.overfit_batches * spec.train.batch_size, spec.seed)
    settings = make_settings(spec, loaded, options)
    program = program or _compile(spec, threads, settings.batch_size)
    program.is_steady = False
    _check_program(program, spec, settings)
    _refuse_all_frozen(program, spec)
    if state is None:
        _refuse_used(program)
        _enter_first(program)
    load, warnings = _load_weights(program, spec, weights) if state is None else (None, [])
    lanes = [LaneRun.start(lane, settings) for lane in program.lanes]
    paths = None if options.dry_run else RunFolder(folder or _output(spec, output), [run.label for run in lanes])
    training = Training(spec, program, loaded, settings, options, lanes, paths, stop, threads)
    training.stages = stages(spec, build_graph(spec))
    check_later_stages(
        spec, batch=program.batch_size, dtype=str(program.dtype), seed=program.seed, threads=checked_threads(threads),
        accumulates=settings.accumulation > 1,
    )  # fmt: skip
    aim_schedule(training)
    training.notes, training.warnings, training.load = _notes(program, spec, loaded, load), warnings, load
    training.augmenter = augmenter_for(spec, loaded)
    check_targets(spec, loaded, training.lanes[0].lane.loss_shapes)
    if state is not None:
        restore(training, state)
    return training, state


def _notes(program: Program, spec: Spec, data: Data, load: LoadReport | None) -> list[str]:
    """What became of the pretrained weights and, with [transfer], what suits the amount of data."""
    if load is None:
        return []
    hints = [note(facts_of(program, data, load.loaded))] if spec.transfer is not None else []
    return [*hints, load.sentence()]


def lock_of(training: Training) -> dict[str, object]:
    """The contents of lock.json."""
    return lock(
        training.spec,
        spec_hash=spec_hash(training.spec),
        fingerprint=training.data.fingerprint,
        seed=training.spec.seed,
        threads=training.threads,
        options=json_options(training.options),
    )


def _compile(spec: Spec, threads: int | None, batch_size: int) -> Program:
    """The compiled program, its kernels warmed up, so that compiling is not counted as training time."""
    from netspec.program import compile
    from netspec.warming import warm

    program = compile(spec, threads=threads, batch_size=batch_size)
    warm(program)
    return program


def _output(spec: Spec, output: str | Path | None) -> Path:
    return new_run_path(spec.name) if output is None else Path(output).expanduser()


def _seeded(spec: Spec, seed: int | None, state: State | None) -> Spec:
    """The spec with the seed of the run: the resumed one's, the caller's, or its own."""
    if state is not None:
        own = int(state.values["identity"]["spec"]["seed"])
        if seed not in (None, own):
            raise TrainError(f"resume: the run has seed {own}, not {seed}", "leave the seed out")
        seed = own
    return spec if seed in (None, spec.seed) else spec.model_copy(update={"seed": seed})


def _options_of(state: State, options: Options) -> Options:
    """What the caller asks for, else what the interrupted run was asked for."""
    saved = state.values["identity"]["options"]
    given = json_options(options)
    return Options(**{key: saved[key] if value is None else value for key, value in given.items()})


def refuse_with_resume(*, weights: str | Path | None, output: str | Path | None, dry_run: bool) -> None:
    """Raise TrainError for what a resumed run already has."""
    for name, given in (("weights", weights), ("output", output), ("dry_run", dry_run or None)):
        if given is not None:
            raise TrainError(
                f"resume and {name} were both given: a resumed run has its own weights and folder",
                f"leave {name} out, or start a new run with weights instead of resume",
            )


COMPILED = ("inputs", "layers", "outputs", "losses", "optimizers")
"""Parts of the spec that are fixed in a program."""


def _check_program(program: Program, spec: Spec, settings: Settings) -> None:
    """A program handed in must be that of the spec, with its seed, and take its batches."""
    if program.batch_size < settings.batch_size:
        raise TrainError(
            f"the program was compiled for batches of {program.batch_size}, the spec wants {settings.batch_size}",
            "compile it with the spec's batch_size",
        )
    if program.seed != spec.seed:
        raise TrainError(
            f"the program was compiled with seed {program.seed}, the run has seed {spec.seed}",
            "compile it with the run's seed",
        )
    for part in COMPILED:
        if getattr(program.spec, part) != getattr(spec, part):
            raise TrainError(f"the program was compiled from other {part}", "compile it from the spec that is trained")
    if stages(program.spec, build_graph(program.spec)) != stages(spec, build_graph(spec)):
        raise TrainError(
            "the program was compiled from a spec which freezes other layers, or at other times",
            "compile it from the spec that is trained",
        )
    own, wanted = ((one.transfer or Transfer()).bn for one in (program.spec, spec))
    if own != wanted:
        raise TrainError(
            f'the program was compiled with bn = "{own}" under [transfer], the spec says "{wanted}"',
            "compile it from the spec that is trained",
        )


def _refuse_used(program: Program) -> None:
    """A new run starts with fresh optimizers."""
    for lane in program.lanes:
        if lane.step:
            raise TrainError(
                f"the program has already taken {lane.step} steps", "compile a fresh one, and start from weights"
            )


def _enter_first(program: Program) -> None:
    """A new run begins in the first stage of [transfer], wherever its program stands."""
    if program.stage:
        program.enter(0, {})


def _refuse_all_frozen(program: Program, spec: Spec) -> None:
    """Epochs of no change would look like training."""
    if program.start.layout.updated():
        return
    key = "freeze_to" if spec.transfer is not None and spec.transfer.freeze_to is not None else "freeze"
    path: tuple[str, ...] = ("transfer", key) if spec.transfer is not None else ("layers",)
    frozen = listing(sorted(program.frozen)) or "none"
    message = f"nothing is left to train: the loss depends on no parameter outside the frozen layers ({frozen})"
    raise refuse(spec, "NS504", path, message, "leave at least one layer with parameters unfrozen")


def _load_weights(program: Program, spec: Spec, weights: str | Path | None) -> tuple[LoadReport | None, list[str]]:
    """What became of the pretrained weights, if there are such, and warnings."""
    path = pretrained_file(spec, weights)
    if path is not None:
        report = load_pretrained(program, spec, path)
        _check_pull(spec, report)
        return report, [f"weights from {path}: {warning}" for warning in report.warnings]
    _check_pull(spec, None)
    return None, [*_frozen_at_random(program, spec), *_replaced_without_weights(spec)]


def _frozen_at_random(program: Program, spec: Spec) -> list[str]:
    """Parameters that nobody has trained and that stand still; a program that was handed in may have been loaded before."""
    names = frozen_features(spec, build_graph(spec)) if not program.is_loaded else []
    if not names:
        return []
    return [
        f"[transfer] freezes {listing(names, 3)} at random values, because no weights are loaded; name weights under "
        "[transfer] or with --weights, or freeze nothing"
    ]


def _replaced_without_weights(spec: Spec) -> list[str]:
    if spec.transfer is None or not spec.transfer.replace:
        return []
    names = ", ".join(spec.transfer.replace)
    return [
        f"[transfer] replace: {names} changes nothing, because no weights are loaded and every layer begins with random "
        "values; name weights under [transfer] or with --weights, or remove replace"
    ]


def _check_pull(spec: Spec, report: LoadReport | None) -> None:
    """Raise SpecError where l2_sp would pull towards weights that nobody has trained."""
    if spec.transfer is None or not spec.transfer.l2_sp:
        return
    if report is None:
        raise _refuse_pull(spec, "none are loaded", "name weights under [transfer] or with --weights, or remove l2_sp")
    if report.missing:
        raise _refuse_pull(spec, f"{report.source} has no {', '.join(report.missing[:4])}", "name them in replace")


def _refuse_pull(spec: Spec, why: str, hint: str) -> SpecError:
    return refuse(spec, "NS503", ("transfer", "l2_sp"), f"l2_sp pulls towards pretrained weights, but {why}", hint)
