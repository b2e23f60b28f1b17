"""`netspec weights`: the public weights that have names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.options import AsFormat, Format, Verbose

if TYPE_CHECKING:
    from netspec.weights.known import Known

EXAMPLE = """
netspec weights
netspec weights --fetch torchvision/resnet18
"""


def weights(
    fetch: Annotated[
        str | None,
        typer.Option("--fetch", metavar="NAME", help="Download these, check their SHA-256, and print where they lie."),
    ] = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """List public weights by name: what weights under transfer, and --weights, take beside files.

    They are fetched when they are first used, and kept in the cache folder ($NETSPEC_CACHE_DIR). With -v also the normalization
    that they expect, and their licence.
    """
    from netspec.weights.known import known_weights

    if fetch is not None:
        _fetch(fetch, format)
    elif format is Format.JSON:
        console.print_json({"weights": [_document(known) for known in known_weights().values()]})
    else:
        _print(list(known_weights().values()), verbose=verbose)


def _fetch(name: str, format: Format) -> None:
    from pathlib import Path

    from netspec.cli.fetching import show_fetching
    from netspec.weights.known import known_weights, no_such_weights
    from netspec.weights.known_download import fetch

    known = known_weights().get(name)
    if known is None:
        raise no_such_weights(Path(name), name)
    path = fetch(known, show_fetching)
    if format is Format.JSON:
        console.print_json(_document(known))
    else:
        console.write(f"{path}\n")


def _document(known: Known) -> dict[str, Any]:
    return {
        "name": known.name, "spec": known.spec, "url": known.url, "mib": known.mib, "sha256_prefix": known.hash_prefix,
        "classes": known.classes, "size": known.size, "resize": known.resize, "mean": list(known.mean),
        "std": list(known.std), "licence": known.licence, "note": known.note,
        "path": str(known.path), "is_fetched": known.path.is_file(),
    }  # fmt: skip


def _print(rows: list[Known], *, verbose: bool) -> None:
    extra = ("mean", "std", "note") if verbose else ()
    table = console.plain_table("name", "spec", "MiB", "input", "here", *extra, right=("MiB",))
    for known in rows:
        more = (_numbers(known.mean), _numbers(known.std), known.note) if verbose else ()
        fetched = "yes" if known.path.is_file() else ""
        table.add_row(known.name, known.spec, f"{known.mib:.1f}", f"{known.size} × {known.size}", fetched, *more)
    console.print_table(table)
    if verbose:
        for licence in dict.fromkeys(known.licence for known in rows):
            console.stdout().print(licence, style=console.QUIET)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
