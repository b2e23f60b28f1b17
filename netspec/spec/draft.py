"""Source → draft: the valid spec, or what is valid of it, with the problems of its fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from netspec.layers.base import Layer
from netspec.losses.base import Loss
from netspec.problems import Path, Problem, Span
from netspec.registry import plugins
from netspec.spec.blocks import UNKNOWN
from netspec.spec.marks import Table, locate
from netspec.spec.model import Origin, Spec
from netspec.spec.reader import read_tree
from netspec.spec.resolve import PLURALS, resolve
from netspec.spec.sections import Input, Transfer
from netspec.spec.source import Source
from netspec.spec.unknown import make_unknown
from netspec.spec.words import problems_in_words


@dataclass(frozen=True)
class Sketch:
    """What is valid of a network; layers with errors are unknown layers."""

    inputs: tuple[Input, ...]
    """An input with errors has the shape ()."""
    layers: tuple[Layer, ...]
    outputs: tuple[str, ...] | None
    losses: tuple[Loss, ...]
    transfer: Transfer | None


@dataclass(frozen=True)
class Draft:
    """The result of reading the fields."""

    spec: Spec | None
    sketch: Sketch
    problems: tuple[Problem, ...]
    tree: Table
    singular: frozenset[str]
    files: tuple[str, ...]

    def locate(self, path: Path) -> Span | None:
        """Where the value of a path is written, or the nearest thing around it."""
        if path and path[0] in PLURALS and path[0] not in self.tree:
            path = (PLURALS[str(path[0])], 0, *path[1:])
        return locate(self.tree, path)


def make_draft(source: Source, overrides: Sequence[str] = ()) -> Draft:
    """Read, resolve and validate; raises SpecError when there is not even a tree."""
    problems: list[Problem] = []
    resolved = resolve(read_tree(source), source, overrides, problems)
    tree = resolved.tree
    spec, errors = _validate(tree)
    found = problems_in_words(errors, tree, Spec)
    problems += [problem for problem in found if not _is_consequence(problem, problems)]
    draft = Draft(None, _sketch(tree, errors), tuple(problems), tree, resolved.singular, resolved.files)
    problems = [_singular(problem, resolved.singular) for problem in problems]
    if spec is not None and not any(problem.severity == "error" for problem in problems):
        spec = spec.with_origin(Origin(source.file, source.folder, draft.locate, resolved.files[1:]))
    else:
        spec = None
    return Draft(spec, draft.sketch, tuple(problems), tree, resolved.singular, resolved.files)


def _is_consequence(problem: Problem, earlier: Sequence[Problem]) -> bool:
    """A broken expression is reported once."""
    return problem.span is not None and problem.span in (item.span for item in earlier)


def _validate(tree: Table) -> tuple[Spec | None, list[ErrorDetails]]:
    """Strict as JSON is: "3" is no number, true is not 1, 5.0 is not 5."""
    try:
        return Spec.model_validate_json(json.dumps(tree), strict=True), []
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
        return None, [item for item in errors if not _is_placeholder(item)]


def _is_placeholder(item: ErrorDetails) -> bool:
    value = item["input"]
    return item["type"] == "plugin_type" and isinstance(value, dict) and value.get("type") == UNKNOWN


def _singular(problem: Problem, singular: frozenset[str]) -> Problem:
    """("optimizers", 0, "lr") → ("optimizer", "lr") where `[optimizer]` was written."""
    for one, many in PLURALS.items():
        if many in singular and problem.path[:2] == (many, 0):
            return replace(problem, path=(one, *problem.path[2:]))
    return problem


def _sketch(tree: Table, errors: Sequence[ErrorDetails]) -> Sketch:
    wrong = {tuple(item["loc"][:2]) for item in errors} | {tuple(item["loc"][:1]) for item in errors}
    layers = tree.get("layers")
    entries = [(index, item) for index, item in enumerate(layers if isinstance(layers, list) else [])]
    return Sketch(
        inputs=tuple(_input(item) for item in _inputs(tree)),
        layers=tuple(_layer(item, index, ("layers", index) in wrong) for index, item in entries),
        outputs=_valid(tree, "outputs", wrong, tuple[str, ...] | None),
        losses=() if ("losses",) in wrong else _losses(tree),
        transfer=_valid(tree, "transfer", wrong, Transfer | None),
    )


def _losses(tree: Table) -> tuple[Loss, ...]:
    """The losses that are valid by themselves, or none, since one alone would be another network."""
    value = tree.get("losses")
    found = [_plugin(item, "netspec.losses") for item in value] if isinstance(value, list) else []
    return tuple(item for item in found if item is not None) if None not in found else ()


def _inputs(tree: Table) -> list[Any]:
    """Tables of the inputs; one empty table when there is none, so that nothing is said about what reads it."""
    value = tree.get("inputs")
    return value if isinstance(value, list) and value else [{}]


def _input(item: Any) -> Input:
    try:
        return Input.model_validate_json(json.dumps(item), strict=True)
    except ValidationError:
        name = item.get("name", "input") if isinstance(item, dict) else "input"
        return Input.model_construct(name=str(name), shape=())


def _layer(item: Any, index: int, is_wrong: bool) -> Layer:
    layer = None if is_wrong else _plugin(item, "netspec.layers")
    if isinstance(layer, Layer):
        return layer
    name = item.get("name") if isinstance(item, dict) else None
    inputs = item.get("inputs") if isinstance(item, dict) else None
    names = tuple(source for source in inputs if isinstance(source, str)) if isinstance(inputs, list) else None
    return make_unknown(name if isinstance(name, str) else f"layers[{index}]", names)


def _plugin(table: Any, package: str) -> Any:
    kind = table.get("type") if isinstance(table, dict) else None
    plugin = plugins(package).get(kind) if isinstance(kind, str) else None
    try:
        return plugin.model_validate_json(json.dumps(table), strict=True) if plugin else None
    except ValidationError:
        return None


def _valid(tree: Table, key: str, wrong: set[tuple[Any, ...]], kind: Any) -> Any:
    if (key,) in wrong or key not in tree:
        return None
    return TypeAdapter(kind).validate_json(json.dumps(tree[key]), strict=True)
