"""Are the data of an evaluation those of the training? Other data are split anew, and samples change their parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.loading import read_lock

if TYPE_CHECKING:
    from netspec.datasets.load import Data
    from netspec.spec.model import Spec


def same_data(folder: Path, spec: Spec, data: Data, *, may_differ: bool) -> bool:
    """Whether the fingerprint of `data` is the one in lock.json of the run folder; True for weights without a run.

    Raises CliError when it is not and the caller has not said that it may be; then it is a warning on stderr.
    """
    lock = read_lock(folder)
    trained_on = {entry["data_fingerprint"] for entry in (lock, *lock.get("before", ())) if "data_fingerprint" in entry}
    if trained_on <= {_as_trained(lock, spec, data).fingerprint}:
        return True
    message = f"{folder}: the data, or their split, have changed since the training"
    danger = "samples that were trained on may now be in the part that is evaluated"
    if not may_differ:
        hint = "bring back the data, split and seed of the run, or add --changed-data to evaluate these all the same"
        raise CliError(f"{message}: {danger}", hint, ExitCode.FAILED)
    console.stderr().print(f"warning: {message}: {danger}", style=console.WARNING, markup=False, soft_wrap=True)
    return False


def _as_trained(lock: dict[str, Any], spec: Spec, data: Data) -> Data:
    """The data as the run saw them: with --overfit-batches only a few samples."""
    from netspec.training.inputs import overfit

    batches = lock.get("options", {}).get("overfit_batches")
    return data if batches is None else overfit(data, batches * spec.train.batch_size, spec.seed)
