"""`netspec explain`: what a problem code means, what a type computes, where a layer's shape comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, Overrides, Verbose

if TYPE_CHECKING:
    from netspec.spec.model import Spec

EXAMPLE = """
netspec explain lenet5 pool2
netspec explain lenet5 pool2 --fit 6
netspec explain conv2d
netspec explain NS203
"""
CODE = re.compile(r"ns\d+", re.IGNORECASE)
Fit = Annotated[
    str | None,
    typer.Option("--fit", metavar="SIZE", help="What gives the layer this output: 7 or 7x5; for linear layers: inputs."),
]


def explain(
    subject: Annotated[
        str, typer.Argument(metavar="CODE|TYPE|SPEC", help="NS203, a type such as conv2d, or a spec and one of its layers.")
    ],
    layer: Annotated[str | None, typer.Argument(metavar="LAYER", help="After a spec: which layer to explain.")] = None,
    fit: Fit = None,
    overrides: Overrides = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """Explain a layer with its numbers, a type, or a problem code.

    SPEC LAYER: the arithmetic of its shape back to the input, its costs, what it sees, pixels that no window reads, and
    what would make it fit. With -v also the layers that change nothing.
    """
    if layer is not None:
        _explain_layer(subject, layer, fit, overrides, format, verbose=verbose)
    elif fit is not None or overrides:
        raise CliError("--fit and --set go with a layer of a spec", "write netspec explain SPEC LAYER")
    elif CODE.fullmatch(subject):
        _explain_code(subject, format)
    else:
        _explain_type(subject, format)


def _explain_code(code: str, format: Format) -> None:
    from netspec.codes import CODES
    from netspec.problems import explain as text_of

    text = text_of(code)
    if text is None:
        hint = f"there are {len(CODES)}, from {min(CODES)} to {max(CODES)}; `netspec check` prints them"
        raise CliError(f"there is no code {code}", hint)
    if format is Format.JSON:
        console.print_json({"code": code.upper(), "text": text})
        return
    screen = console.stdout()
    screen.print(code.upper(), style="bold")
    screen.print(text, markup=False)


def _explain_type(name: str, format: Format) -> None:
    from netspec.cli.explain_view import print_type
    from netspec.explaining import explain_type

    found = explain_type(name)
    if not found:
        raise _nothing(name)
    if format is Format.JSON:
        console.print_json({"types": [item.as_dict() for item in found]})
        return
    for item in found:
        print_type(item)


def _nothing(word: str) -> CliError:
    """What the word may have meant: a spec without a layer, a code, a type, also in another framework's words."""
    from netspec.codes import CODES
    from netspec.explaining import foreign_names, known_types
    from netspec.shipped import shipped_specs
    from netspec.spec.suggest import FOREIGN_TYPES, did_you_mean, foreign

    specs = shipped_specs()
    if word in specs or word.endswith((".toml", ".json")):
        names = [layer.name for layer in _load(word, None).layers]
        return CliError(f"{word} is a spec: which layer of it", f"write netspec explain {word} {names[-1]}, for example")
    types = known_types()
    near = foreign(word, {**FOREIGN_TYPES, **foreign_names()}, types) or (did_you_mean(word, [*types, *CODES, *specs]),)
    hint = f"did you mean {near[0]}?" if near[0] else "give a code (NS203), a type (conv2d), or a spec and a layer"
    return CliError(f"there is no code or type {word}", hint)


def _explain_layer(
    file: str, name: str, fit: str | None, overrides: list[str] | None, format: Format, *, verbose: bool
) -> None:
    from netspec.cli.explain_view import print_layer
    from netspec.explaining import explain_layer
    from netspec.spec.suggest import question

    spec = _load(file, overrides)
    try:
        found = explain_layer(spec, name, _size(fit))
    except KeyError:
        names = [layer.name for layer in spec.layers]
        below = [other for other in names if other.startswith(f"{name}.")]
        hint = f"its layers are {', '.join(below)}" if below else question(name, names, what="layers")
        raise CliError(f"{file}: there is no layer {name}", hint) from None
    if format is Format.JSON:
        console.print_json(found.as_dict())
    else:
        print_layer(found, fit, verbose=verbose)


def _load(file: str, overrides: list[str] | None) -> Spec:
    """The spec, also one whose shapes do not fit: those are what is to be explained. Its problems go to stderr."""
    from netspec.cli.diagnostics import print_problems
    from netspec.cli.sources import find_spec
    from netspec.loading import read
    from netspec.problems import SpecError

    document = read(find_spec(file), overrides or ())
    errors = [problem for problem in document.problems if problem.severity == "error"]
    if document.spec is None or any(problem.code.startswith("NS3") for problem in errors):  # the graph itself
        raise SpecError(document.problems)
    print_problems(errors)
    return document.spec


def _size(fit: str | None) -> tuple[int, ...] | None:
    """ "7" → (7, 7), "7x5" → (7, 5)."""
    if fit is None:
        return None
    parts = re.split(r"[x×,]", fit.strip())
    if not all(part.isdecimal() and int(part) > 0 for part in parts) or len(parts) > 2:
        raise CliError(f"--fit: {fit!r} is no size", "write --fit 7 or --fit 7x5 (height, width)")
    sizes = tuple(int(part) for part in parts)
    return sizes * 2 if len(sizes) == 1 else sizes
