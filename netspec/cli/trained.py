"""A trained network for `evaluate` and `predict`: from a run folder, or from a spec and a file of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli.errors import CliError
from netspec.cli.loading import load_spec, make_program
from netspec.cli.sources import is_run_folder
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
    if weights is None and not is_run:
        raise CliError(
            f"{name}: a spec has no trained weights", "give the folder of a run, or --weights FILE beside the spec"
        )
    spec = load_spec(name, overrides)
    trained = load_run(weights if weights is not None else Path(name), optimizer=optimizer)
    program = make_program(spec, threads)
    _load_weights(program, spec, trained)
    return Network(spec, program, trained.path, trained.normalization, trained.classes)


def _load_weights(program: Program, spec: Spec, trained: Trained) -> None:
    """Everything must fit: a network that is partly untrained would give numbers without meaning."""
    without_transfer = spec.model_copy(update={"transfer": None})
    load_pretrained(program, without_transfer, trained.path)
