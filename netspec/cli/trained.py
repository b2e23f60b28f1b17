"""A trained network for `evaluate` and `predict`: from a run folder, or from a spec and a file of weights."""

from __future__ import annotations

from pathlib import Path

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.fetching import show_fetching
from netspec.cli.loading import load_spec, make_program
from netspec.cli.sources import is_run_folder, no_run
from netspec.inside.errors import InsideError
from netspec.inside.network import Network, load_all
from netspec.load_report import LoadError
from netspec.shipped import shipped_specs
from netspec.training.events import NAN, End
from netspec.training.history import read_history
from netspec.training.load import load_run
from netspec.weights.known_download import available


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
    file = available(weights, weights, show_fetching) if weights is not None and not weights.is_dir() else weights
    trained = load_run(file if file is not None else Path(name), optimizer=optimizer)
    program = make_program(spec, threads)
    try:
        report = load_all(program, spec, trained)
    except InsideError as error:
        if isinstance(error.__cause__, LoadError):
            raise error.__cause__ from None
        raise CliError(error.message, error.hint) from error
    lane = trained.metadata.get("optimizer")
    return Network(spec, program, trained.path, trained.normalization, trained.classes, lane, load=report)


def folder_of(network: Network) -> Path:
    """The run folder, where the weights lie in one."""
    assert network.weights is not None
    return network.weights.parent.parent


def tell_nan(network: Network) -> None:
    """A warning when the training of these weights ended in NaN: they are from before that, and not its result."""
    folder = folder_of(network)
    if not (folder / "history.jsonl").is_file():
        return
    ends = [event for event in read_history(folder) if isinstance(event, End)]
    end = next((end for end in reversed(ends) if end.optimizer == network.optimizer), None)
    if end is not None and end.reason == NAN:
        message = f"warning: the training ended in NaN at step {end.step}; these weights are from before that"
        console.stderr().print(message, style=console.WARNING, markup=False, soft_wrap=True)
