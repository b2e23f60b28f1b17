"""Starting from a file of weights: fine-tuning, as opposed to resuming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from netspec.fetching import Progress
from netspec.graph import match_any
from netspec.load_report import LoadError, LoadReport, match_tensors
from netspec.plan.plan import Plan
from netspec.spec.model import Spec
from netspec.spec.sections import Transfer
from netspec.training.contract import Program
from netspec.transfer import Wanted, fit
from netspec.transfer.reasons import likely_reason
from netspec.weights import Tensors, read_weights
from netspec.weights.known import find_known
from netspec.weights.known_download import available

OTHERS = "give the spec with which they were trained, or the weights of this network"
"""What to do when weights that are to be evaluated do not fit."""


def load_pretrained(program: Program, spec: Spec, path: str | Path) -> LoadReport:
    """Load all layers but those in [transfer] replace, which keep their fresh initial values.

    Strict unless [transfer] strict = false: raises LoadError when a tensor is missing, unexpected or of another shape.
    Loading nothing is always an error. Raises WeightsError.
    """
    options = spec.transfer or Transfer()
    return _load(program, Path(path), options)


def load_everything(program: Program, spec: Spec, path: str | Path) -> LoadReport:
    """Load all layers, also those in [transfer] replace: weights of a trained network, to evaluate or predict.

    The file may be one that this network wrote or the one it began with: renames apply where they match.
    """
    rename = spec.transfer.rename if spec.transfer is not None else {}
    return _load(program, Path(path), Transfer(rename=rename), lenient=True)


def preview_pretrained(start: Plan, spec: Spec, path: Path) -> LoadReport:
    """What would become of every tensor, without loading any; also of weights that `load_pretrained` refuses."""
    return _compare(start, path, spec.transfer or Transfer())[0]


def _load(program: Program, path: Path, options: Transfer, *, lenient: bool = False) -> LoadReport:
    report, found = _compare(program.start, path, options, lenient=lenient)
    if (options.strict and not report.is_complete) or not report.loaded:
        raise LoadError(report, _reason(report, found, OTHERS if lenient else ""))
    program.load_parameters({name: found[name] for name in report.loaded}, strict=False)
    return report


def _reason(report: LoadReport, found: Tensors, remedy: str) -> str:
    wanted = {name: shape for name, shape in report.shapes.items() if name not in (*report.fresh, *report.unexpected)}
    return likely_reason(wanted, {name: array.shape for name, array in found.items()}, remedy)


def _compare(start: Plan, path: Path, options: Transfer, *, lenient: bool = False) -> tuple[LoadReport, Tensors]:
    """The report, and the file's tensors by their names here."""
    wanted = Wanted.of(start)
    weights = read_weights(path)
    fitted = fit(weights, wanted, path, options.rename, lenient=lenient)
    replaced = _layers({**fitted.tensors, **wanted.tensors}, options.replace)
    shapes = {name: shape for name, shape in wanted.tensors.items() if layer_of(name) not in replaced}
    found = {name: array for name, array in fitted.tensors.items() if layer_of(name) not in replaced}
    fresh = tuple(name for name in wanted.tensors if name not in shapes)
    report = match_tensors(shapes, found)
    return replace(
        report, fresh=fresh, replaced=options.replace, source=str(path), notes=fitted.notes,
        warnings=fitted.warnings, shapes={**report.shapes, **wanted.tensors}, metadata=weights.metadata,
    ), found  # fmt: skip


def pretrained_path(spec: Spec, weights: str | Path | None) -> Path | None:
    """--weights, else [transfer] weights seen from the spec's folder; for a known name its place in the cache folder.

    Whether the file is there is not looked at.
    """
    text, path = _weights_text(spec, weights)
    known = find_known(text) if text is not None and path is not None and not path.is_file() else None
    return known.path if known is not None else path


def pretrained_file(spec: Spec, weights: str | Path | None, progress: Progress | None = None) -> Path | None:
    """The same, for reading: a known name is fetched when it is not there yet. Raises WeightsError for no such file."""
    text, path = _weights_text(spec, weights)
    return available(path, text, progress) if text is not None and path is not None else None


def _weights_text(spec: Spec, weights: str | Path | None) -> tuple[str | Path | None, Path | None]:
    """What the user wrote, and the file that it would be."""
    if weights is not None:
        return weights, Path(weights).expanduser()
    text = spec.transfer.weights if spec.transfer is not None else None
    return text, None if text is None else spec.base_dir / Path(text).expanduser()


def layer_of(tensor: str) -> str:
    """ "fc.weight" belongs to "fc"."""
    return tensor.rpartition(".")[0]


def _layers(tensors: Iterable[str], patterns: tuple[str, ...]) -> set[str]:
    """The layers of these tensors that the patterns name, in the same sense as for `freeze`: "head" covers "head.0"."""
    return match_any(patterns, {layer_of(name) for name in tensors})
