"""`netspec finetune`: a pretrained network for one's own pictures, in one command."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, OnSigint, Overrides, Quiet, Seed, Threads, Verbose
from netspec.cli.train import DryRun, OnCtrlC, Output

if TYPE_CHECKING:
    from netspec.datasets.normalization import Normalization
    from netspec.finetuning import Base, Choices, Wishes
    from netspec.spec.model import Spec
    from netspec.starting import Found

EXAMPLE = """
netspec finetune resnet18 --data photos
netspec finetune resnet18 --data photos --weights resnet18.pth --epochs 0
netspec finetune resnet18 --data photos --set input.size=160
netspec finetune mine.toml --data photos --weights mine.safetensors
"""
NETWORKS = "resnet18, mobilenet_v2"
NETWORK_KEYS = ("variables", "input", "layers")
"""Sections that decide which network it is."""

DataFolder = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Pictures in class folders; also idx files, CIFAR, a .npz.")
]
WeightsFile = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="Pretrained weights: a file, or a name of `netspec weights`; default: its."),
]
Epochs = Annotated[int | None, typer.Option("--epochs", metavar="N", min=0, help="Epochs after the head's own; 0: none.")]
FreezeEpochs = Annotated[
    int | None, typer.Option("--freeze-epochs", metavar="N", min=0, help="Epochs in which only the new head learns.")
]
Rate = Annotated[float | None, typer.Option("--lr", metavar="RATE", help="Learning rate of the head; default 0.003.")]


def finetune(
    spec: Annotated[
        str | None, typer.Argument(metavar="SPEC", help="A shipped network such as resnet18, or a spec of your own.")
    ] = None,
    data: DataFolder = None,
    weights: WeightsFile = None,
    epochs: Epochs = None,
    freeze_epochs: FreezeEpochs = None,
    lr: Rate = None,
    overrides: Overrides = None,
    output: Output = None,
    seed: Seed = None,
    threads: Threads = None,
    dry_run: DryRun = False,
    on_sigint: OnCtrlC = OnSigint.STOP,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Teach a pretrained network to tell your pictures apart.

    The last layer is replaced by one with your classes. It learns alone at first, then the upper part of the network learns
    too, then all of it, the lower layers slower. What is done is chosen by the amount of data and written beside the run
    folder, as a spec with the reasons: `netspec train` with that spec repeats the run to the bit. Pictures are scaled to the
    network's input; --set input.size=64 makes that larger or smaller.
    """
    from netspec.cli.finetune_view import FinetuneEnding
    from netspec.cli.training import Job, run_job
    from netspec.finetuning import Wishes
    from netspec.training.run_folder import new_run_path, refuse_taken

    if spec is None:
        raise CliError("SPEC is missing", f"name a network: {NETWORKS}, … (`netspec init` lists all), or a spec file")
    if data is None:
        raise CliError("--data is missing", "name the folder with a folder of pictures for each class: --data photos")
    if lr is not None and not 0 < lr < float("inf"):
        raise CliError(f"--lr {lr}: must be a number above 0", "0.003 is the default")
    found = _recognized(data)
    name = f"{data.expanduser().resolve().stem}_{Path(spec).stem}"
    run = output if output is not None else new_run_path(name)
    file = run.with_name(f"{run.name}.toml")
    if not dry_run:
        refuse_taken(run)
        if file.exists():
            raise CliError(f"{file}: is already there", f"choose another -o, or repeat it with `netspec train {file}`")
    wishes = Wishes(epochs, freeze_epochs, lr, seed)
    command = _command(spec, data, weights, epochs, freeze_epochs, lr, overrides, seed)
    recipe = Recipe.of(spec, found, weights, wishes, overrides or [])
    text = recipe.text(name, Path(file.name), command)
    made = _spec_of(text, Path(file.name))  # checked as if it lay here: nothing is written unless it is right
    job = Job(
        spec=str(file), output=run, threads=threads, dry_run=dry_run, on_sigint=on_sigint, format=format, quiet=quiet,
        verbose=verbose,
    )  # fmt: skip
    if not dry_run:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = recipe.text(name, file, command)
        file.write_text(text, encoding="utf-8", newline="\n")
        made = _spec_of(text, file)
    if not job.is_silent:
        console.stdout().print(f"found {found.about}", markup=False, soft_wrap=True)
        console.stdout().print(text if dry_run else f"wrote {file}: what is done, and why", markup=False, soft_wrap=True)
    try:
        return run_job(job, made, closing=FinetuneEnding(made, file).show)
    except BaseException:
        if not dry_run and not (run / "history.jsonl").exists():  # no run was begun that the file would describe
            file.unlink(missing_ok=True)
        raise


def _recognized(data: Path) -> Found:
    from netspec.starting import recognize

    return recognize(data.expanduser())


@dataclass(frozen=True)
class Recipe:
    """What is to be done, whatever the file that says so is called: network and weights have been read, once."""

    base: Base
    found: Found
    choices: Choices
    overrides: list[str]
    seed: int | None

    @classmethod
    def of(cls, name: str, found: Found, weights: str | None, wishes: Wishes, overrides: list[str]) -> Self:
        """The recipe for a network and data. Raises CliError, SpecError, DataError or WeightsError."""
        from netspec.finetuning import FinetuneError, check_data, choose

        try:
            check_data(found)
            base = _base(name, overrides)
            choices = choose(base, found, *_weights(base, weights), wishes)
        except FinetuneError as error:
            raise CliError(error.message, error.hint) from None
        return cls(base, found, choices, overrides, wishes.seed)

    def text(self, title: str, file: Path, command: str) -> str:
        """The spec that does it, as it stands in `file`. Raises CliError and SpecError."""
        from netspec.editing import EditError
        from netspec.finetuning import FinetuneError, spec_text
        from netspec.finetuning.writing import with_overrides

        seeds = [] if self.seed is None else [f"seed={self.seed}"]
        try:
            text = spec_text(self.base, self.found, self.choices, title, file.parent, command)
            changed = with_overrides(text, [*self.overrides, *seeds], file.parent, str(file), self.base.shape)
        except FinetuneError as error:
            raise CliError(error.message, error.hint) from None
        except EditError as error:
            raise CliError(f"--set: {error.message}", error.hint) from None
        _refuse_wrong(text, self.overrides, file)
        return changed


def _refuse_wrong(text: str, overrides: list[str], file: Path) -> None:
    """Raise SpecError for a --set that does not fit, there and not at the line of a file that is not written."""
    from netspec.loading import read_text
    from netspec.problems import SpecError

    problems = read_text(text, overrides=overrides, base_dir=file.parent, file=str(file)).problems
    wrong = [one for one in problems if one.severity == "error" and one.span and one.span.file.startswith("--set ")]
    if wrong:
        raise SpecError(wrong)


def _base(name: str, overrides: list[str]) -> Base:
    """The network, as `--set` makes it."""
    from netspec.cli.loading import load_spec
    from netspec.cli.sources import find_spec
    from netspec.finetuning import FinetuneError, find_base

    chosen = [text for text in overrides if text.partition(".")[0] in NETWORK_KEYS]
    spec = load_spec(name, chosen)
    transfer = spec.transfer
    if transfer is not None and (transfer.freeze or transfer.freeze_to or transfer.unfreeze or transfer.replace):
        message = f"{name}: says under [transfer] what is replaced and frozen"
        network = _network_of(spec)
        weights = "--weights RUN/checkpoints/best.safetensors"
        onwards = f"`netspec finetune {network} {weights}`" if network else "fine-tune a copy of it without [transfer]"
        train = f"train it as it is with `netspec train {name}`"
        raise FinetuneError(message, f"{train}; to go on from a run of it with other pictures: {onwards}")
    return find_base(find_spec(name).resolve(), spec)


def _network_of(spec: Spec) -> str | None:
    """What a spec extends, as `finetune` takes it; None where it extends nothing."""
    from netspec.shipped import shipped_specs

    if not spec.origin.bases:
        return None
    path = Path(os.path.normpath(spec.origin.bases[0]))
    return path.stem if path in shipped_specs().values() else str(path)


def _weights(base: Base, given: str | None) -> tuple[str, Normalization | None]:
    """What [transfer] weights is to say, and the normalization that the weights expect, where that is known.

    The file is read, and a public one fetched, so that faults show before anything else is done.
    """
    import numpy as np

    from netspec.cli.fetching import show_fetching
    from netspec.datasets.normalization import Normalization
    from netspec.weights import read_weights
    from netspec.weights.known import find_known, known_weights
    from netspec.weights.known_download import available

    own = base.spec.transfer.weights if base.spec.transfer is not None else None
    public = next((name for name, known in known_weights().items() if base.is_shipped and known.spec == base.name), None)
    text = given or own or public
    if text is None:
        message = f"{base.name}: which weights to begin with is not said"
        raise CliError(message, "name a file of pretrained weights, or one of `netspec weights`: --weights FILE")
    path = base.spec.base_dir / Path(text).expanduser() if given is None else Path(text).expanduser()
    known = find_known(text)
    file = available(path, text, show_fetching)
    if known is not None:
        return known.name, Normalization(np.array(known.mean), np.array(known.std))
    metadata = read_weights(file).metadata
    trained = Normalization.from_json(metadata["normalization"]) if "normalization" in metadata else None
    return str(file.resolve()), trained if trained is not None and len(trained.mean) == base.shape[0] else None


def _spec_of(text: str, file: Path) -> Spec:
    """The spec as `netspec train` will read it."""
    from netspec.loading import read_text
    from netspec.problems import SpecError

    document = read_text(text, base_dir=file.parent, file=str(file))
    if document.spec is None or not document.ok:
        raise SpecError(document.problems)
    return document.spec.with_origin(replace(document.spec.origin, base_dir=file.parent))


def _command(
    spec: str, data: Path, weights: str | None, epochs: int | None, freeze_epochs: int | None, lr: float | None,
    overrides: list[str] | None, seed: int | None,
) -> str:  # fmt: skip
    """What was typed, as far as it decides anything."""
    words = ["netspec", "finetune", spec, "--data", str(data)]
    options = {"weights": weights, "epochs": epochs, "freeze-epochs": freeze_epochs, "lr": lr, "seed": seed}
    for option, value in options.items():
        words += [] if value is None else [f"--{option}", str(value)]
    for override in overrides or []:
        words += ["--set", override]
    return shlex.join(words)
