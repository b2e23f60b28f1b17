"""What would become of every tensor if a spec's pretrained weights were loaded; nothing is computed or compiled."""

from __future__ import annotations

from typing import Any

from netspec.inside.errors import InsideError
from netspec.load_report import LoadReport
from netspec.loading import loads
from netspec.plan.pipeline import start_plan
from netspec.spec.source import Format
from netspec.training.pretrained import layer_of, pretrained_path, preview_pretrained
from netspec.weights.known import find_known, no_such_weights


def report_of(text: str, format: Format, folder: str, weights: str | None = None) -> dict[str, Any]:
    """The report by layers, as JSON values. weights: a file in place of that of [transfer]."""
    spec = loads(text, format, base_dir=folder)
    path = pretrained_path(spec, weights)
    if path is None:
        raise InsideError("the spec names no weights", "choose a file, or set weights under [transfer]")
    known = find_known(weights or (spec.transfer.weights if spec.transfer is not None else None) or "")
    if known is not None and not path.is_file():
        hint = f"fetch it with `netspec weights --fetch {known.name}`"
        raise InsideError(f"{known.name} is not on this machine yet ({known.mib} MiB)", hint)
    if not path.is_file():
        named = weights or (spec.transfer.weights if spec.transfer is not None else None) or path
        missing = no_such_weights(path, named)
        raise InsideError(missing.message, missing.hint)
    plan = start_plan(spec, dtype=spec.train.dtype, seed=spec.seed)
    report = preview_pretrained(plan, spec, path)
    return {"source": str(path), "notes": list(report.notes), "sentence": report.describe(), "layers": by_layer(report)}


def by_layer(report: LoadReport) -> list[dict[str, Any]]:
    """A table for each layer: {"layer", "tensors": [[name, state, shape here, shape in the file], …]}; no shape is null."""
    found: dict[str, list[list[Any]]] = {}
    order = {name: place for place, name in enumerate(report.shapes)}
    states = (("loaded", report.loaded), ("missing", report.missing), ("new", report.fresh),
              ("mismatched", tuple(report.mismatched)), ("left over", report.unexpected))  # fmt: skip
    told = [(name, state) for state, names in states for name in names]
    for name, state in sorted(told, key=lambda one: order.get(one[0], -1)):
        shape = list(report.shapes.get(name, ()))
        here, there = report.mismatched.get(name, (shape, shape))
        pair = [None if state == "left over" else list(here), None if state in ("missing", "new") else list(there)]
        found.setdefault(layer_of(name), []).append([name.rpartition(".")[2], state, *pair])
    return [{"layer": layer, "tensors": tensors} for layer, tensors in found.items()]
