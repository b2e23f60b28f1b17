"""A file's tensors under the names and in the layouts of a network, and what was done to get there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.transfer import renames
from netspec.transfer.conventions import CONVERTERS
from netspec.transfer.given import Given, layer_of
from netspec.transfer.prefixes import best_prefix, take_off
from netspec.transfer.wanted import Wanted
from netspec.weights import LayerFacts, Tensors, Weights, WeightsError


@dataclass(frozen=True, eq=False)
class Fitted:
    """Tensors by the names here, and one sentence for each thing that was done to names or layouts."""

    tensors: Tensors
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Named:
    """One set of tensors of the file, with the prefix that comes off."""

    source: str
    tensors: Tensors
    prefix: str
    here: dict[str, str]
    """Name without the prefix → name here."""
    fits: int


def fit(
    weights: Weights, wanted: Wanted, path: Path, rename: Mapping[str, str] | None = None, *, lenient: bool = False
) -> Fitted:
    """Bring a file's tensors into a network's names and layouts; whether they fit is the caller's to see.

    lenient: a pattern under `rename` that matches nothing is no error, because the file may have been renamed already.
    Raises WeightsError, also when two tensors would have the same name.
    """
    rename = rename or {}
    converter = CONVERTERS[weights.convention]
    sets = {weights.source: weights.tensors, **weights.others}
    named = [_named(source, converter.names(tensors, wanted), wanted, rename) for source, tensors in sets.items()]
    best = max(named, key=lambda one: one.fits)  # of equals the first: that is how formats order them
    bare = dict(zip(take_off(best.prefix, best.tensors), best.tensors.values(), strict=True))
    _check_renames(path, rename, best, lenient=lenient)
    given = Given({best.here[name]: array for name, array in bare.items()}, _facts(weights, best, bare), weights, path)
    arranged = converter.arrange(given, wanted)
    told = (*_told_source(best, named), *_told_names(best, rename), *weights.notes, *arranged.notes)
    return Fitted(arranged.tensors, told, arranged.warnings)


def _facts(weights: Weights, named: _Named, bare: Iterable[str]) -> dict[str, LayerFacts]:
    """What the file says of its layers, by the names of the layers here."""
    layers = {layer_of(old): layer_of(named.here[new]) for old, new in zip(named.tensors, bare, strict=True)}
    return {layers[layer]: facts for layer, facts in weights.layers.items() if layer in layers}


def _named(source: str, tensors: Tensors, wanted: Wanted, rename: Mapping[str, str]) -> _Named:
    def fitting(names: list[str]) -> int:
        return len(set(renames.apply(rename, names).values()) & wanted.tensors.keys())

    prefix = best_prefix(tensors, fitting)
    bare = take_off(prefix, tensors)
    return _Named(source, tensors, prefix, renames.apply(rename, bare), fitting(bare))


def _check_renames(path: Path, rename: Mapping[str, str], named: _Named, *, lenient: bool) -> None:
    for pattern in () if lenient else renames.unmatched(rename, named.here):
        close = difflib.get_close_matches(pattern, named.here, n=1, cutoff=0.4)
        names, more = ", ".join([*named.here][:4]), ", …" if len(named.here) > 4 else ""
        hint = f"did you mean {close[0]}?" if close else f"its names are {names}{more}"
        raise WeightsError(path, f'[transfer] rename: "{pattern}" matches none of its tensors', hint)
    before: dict[str, str] = {}
    for old, new in named.here.items():
        if new in before:
            what = f"[transfer] rename makes {new} of both {before[new]} and {old}"
            raise WeightsError(path, what, "write a pattern that only one of them matches")
        before[new] = old


def _told_source(best: _Named, named: list[_Named]) -> list[str]:
    rivals = [one.source or "the top of the file" for one in named if one is not best and one.fits]
    if not best.source and not rivals:
        return []
    told = f"taken from {best.source or 'the top of the file'}"
    return [f"{told}; {', '.join(rivals)} would have fitted, too" if rivals else told]


def _told_names(best: _Named, rename: Mapping[str, str]) -> list[str]:
    told = [f'the prefix "{best.prefix}" came off'] if best.prefix else []
    renamed = sum(old != new for old, new in best.here.items())
    if renamed:
        told.append(f"{renamed} {'tensor' if renamed == 1 else 'tensors'} renamed by [transfer] rename")
    return told
