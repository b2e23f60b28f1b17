"""A trained network for `evaluate` and `predict`: from a run folder, or from a spec and a file of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.loading import load_spec, make_program
from netspec.cli.sources import is_run_folder, no_run
from netspec.load_report import LoadError
from netspec.shipped import shipped_specs
from netspec.training.events import NAN, End
from netspec.training.history import read_history
from netspec.training.load import Trained, load_run
from netspec.training.pretrained import load_pretrained

if TYPE_CHECKING:
    from netspec.datasets.normalization import Normalization
    from netspec.program import Program
    from netspec.spec.model import Spec


@dataclass
class Network:
    """A program with its trained weights, and what is known about its inputs and classes."""

    spec: Spec
    program: Program
    weights: Path
    normalization: Normalization | None
    classes: tuple[str, ...] | None
    optimizer: str | None = None
    """The lane whose weights these are."""

    @property
    def folder(self) -> Path:
        """The run folder, where the weights lie in one."""
        return self.weights.parent.parent


def load_network(
    name: str,
    weights: Path | None,
    overrides: list[str] | None,
    *,
    optimizer: str | None = None,
    threads: int | None = None,
) -> Network:
    """The network that SPEC|RUN and --weights mean; raises CliError when there are no weights."""
    is_run = is_run_folder(Path(name))
    if weights is None and not Path(name).expanduser().exists() and name not in shipped_specs():
        raise no_run(name)
    if weights is None and not is_run:
        raise CliError(
            f"{name}: a spec has no trained weights", "give the folder of a run, or --weights FILE beside the spec"
        )
    spec = load_spec(name, overrides)
    trained = load_run(weights if weights is not None else Path(name), optimizer=optimizer)
    program = make_program(spec, threads)
    _load_weights(program, spec, trained)
    return Network(
        spec, program, trained.path, trained.normalization, trained.classes, trained.metadata.get("optimizer")
    )


def _load_weights(program: Program, spec: Spec, trained: Trained) -> None:
    """Everything must fit: a network that is partly untrained would give numbers without meaning."""
    without_transfer = spec.model_copy(update={"transfer": None})
    try:
        load_pretrained(program, without_transfer, trained.path)
    except LoadError as error:
        hint = "give the spec with which they were trained, or the weights of this network"
        raise CliError(f"{trained.path}: {error.report.describe()}", hint) from error


def tell_nan(network: Network) -> None:
    """A warning when the training of these weights ended in NaN: they are from before that, and not its result."""
    if not (network.folder / "history.jsonl").is_file():
        return
    ends = [event for event in read_history(network.folder) if isinstance(event, End)]
    end = next((end for end in reversed(ends) if end.optimizer == network.optimizer), None)
    if end is not None and end.reason == NAN:
        message = f"warning: the training ended in NaN at step {end.step}; these weights are from before that"
        console.stderr().print(message, style=console.WARNING, markup=False, soft_wrap=True)
