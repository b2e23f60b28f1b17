"""evaluation.json: how good the best weights are on the test part, written when a run has come to its end.

{"part": "test", "optimizers": {"adam": {"loss": …, "metrics": {…}, "samples": …}}}, floats to the bit. A run that goes
on removes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from netspec.look import title
from netspec.metrics.monitor import say
from netspec.training.errors import TrainError
from netspec.training.json_values import from_json_value
from netspec.training.run_folder import CLOSING
from netspec.weights.atomic import write_text

if TYPE_CHECKING:
    from netspec.training.evaluate import Evaluation


@dataclass(frozen=True)
class Closing:
    """One lane's best weights on the test part."""

    loss: float | None
    metrics: Mapping[str, Any]
    samples: int


class Measured(Protocol):
    """A closing, or the evaluation that it was."""

    @property
    def loss(self) -> float | None:
        """Mean over all samples; None without a loss."""

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Name → value."""


def write_closing(folder: Path, test: Mapping[str, Evaluation]) -> None:
    """Lane → the test part with its best weights."""
    kept = ("loss", "metrics", "samples")
    lanes = {label: {key: value for key, value in found.to_json().items() if key in kept} for label, found in test.items()}
    document = {"part": "test", "optimizers": lanes}
    write_text(folder / CLOSING, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_closing(folder: Path) -> dict[str, Closing]:
    """Lane → its closing; none when the run has not come to its end. Raises TrainError for a file that is none."""
    file = folder / CLOSING
    try:
        lanes = json.loads(file.read_text(encoding="utf-8"))["optimizers"]
        return {label: Closing(**from_json_value(values)) for label, values in lanes.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainError(f"{file}: it cannot be read ({error})", "run `netspec evaluate` on the run folder") from error


def in_words(test: Measured) -> str:
    """ "accuracy 97.77 %, loss 0.0834": every metric that is one number."""
    values = {name: float(value) for name, value in test.metrics.items() if isinstance(value, int | float)}
    values |= {} if test.loss is None else {"loss": test.loss}
    return ", ".join(f"{title(name)} {say(name, value)}" for name, value in values.items())
