"""Why a file of weights may not fit a network, and what to do: from names and shapes alone."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from netspec.layers.base import Shape
from netspec.transfer.given import layer_of

NEW = "put layers that are new under [transfer] replace, or take what fits with strict = false there"
ALIKE = 0.9
"""Part of the shapes here that the file must have, too, to say that only the names differ."""


def likely_reason(wanted: Mapping[str, Shape], found: Mapping[str, Shape], remedy: str = "") -> str:
    """One sentence for the user. found: the file's tensors, after prefixes and renames.

    remedy: what to do when nothing better is known; default: what can be done before training.
    """
    named = wanted.keys() & found.keys()
    if 2 * len(named) < len(wanted) and (prefix := _prefix(wanted, found)):
        return prefix
    fits = any(wanted[name] == found[name] for name in named)
    if not fits and 2 * len(named) < len(wanted):
        return _strangers(wanted, found)
    renamed = _renamed(wanted, found)
    if renamed:
        pairs = ", ".join(f'"{there}" = "{here}"' for there, here in renamed.items())
        return f"if they only have other names: [transfer] rename = {{ {pairs} }}; else {remedy or NEW}"
    other = sorted({layer_of(name) for name in named if wanted[name] != found[name]})
    if not remedy and other and named == wanted.keys() == found.keys():
        names = ", ".join(f'"{layer}"' for layer in other)
        return f"to begin with new values there: [transfer] replace = [{names}]"
    return remedy or NEW


def _prefix(wanted: Mapping[str, Shape], found: Mapping[str, Shape]) -> str:
    """A rename that puts a prefix before all names, or takes one away from some, where most tensors here fit with it."""
    added = _best(wanted, lambda prefix: sum(wanted.get(prefix + name) == shape for name, shape in found.items()))
    taken = _best(found, lambda prefix: sum(found.get(prefix + name) == shape for name, shape in wanted.items()))
    if max(added[1], taken[1]) * 2 <= len(wanted):
        return ""
    if added[1] >= taken[1]:
        return f'its names lack "{added[0]}": [transfer] rename = {{ "*" = "{added[0]}*" }}'
    return f'its names begin with "{taken[0]}": [transfer] rename = {{ "{taken[0]}*" = "*" }}'


def _best(names: Iterable[str], fits: Callable[[str], int]) -> tuple[str, int]:
    """The first parts of names with which most fits are counted."""
    split = [name.split(".") for name in names]
    prefixes = {".".join(parts[:end]) + "." for parts in split for end in range(1, len(parts) - 1)}
    return max(((prefix, fits(prefix)) for prefix in sorted(prefixes)), key=lambda one: one[1], default=("", 0))


def _strangers(wanted: Mapping[str, Shape], found: Mapping[str, Shape]) -> str:
    """No name is the same: other names for the same network, or another network."""
    common = (Counter(wanted.values()) & Counter(found.values())).total()
    examples = f"{', '.join(list(found)[:2])} there, {', '.join(list(wanted)[:2])} here" if found else "it holds none"
    if common >= ALIKE * len(wanted):
        return f"the shapes agree, only the names differ ({examples}): give them with [transfer] rename"
    return f"{common} of the {len(wanted)} shapes here are in the file ({examples}): is it of another network?"


def _renamed(wanted: Mapping[str, Shape], found: Mapping[str, Shape]) -> dict[str, str]:
    """Layer in the file → layer here, for those left over on both sides whose tensors have the same words and shapes."""
    missing, left = _layers(wanted, found), _layers(found, wanted)
    pairs: dict[str, str] = {}
    for here, tensors in missing.items():
        fitting = [there for there, others in left.items() if others == tensors and there not in pairs]
        if close := difflib.get_close_matches(here, fitting, n=1, cutoff=0.0):
            pairs[close[0]] = here
    return pairs if len(pairs) <= 3 else {}


def _layers(these: Mapping[str, Shape], others: Mapping[str, Shape]) -> dict[str, dict[str, Shape]]:
    """The layers of which `others` has no tensor: word → shape of their tensors."""
    known = {layer_of(name) for name in others}
    layers: dict[str, dict[str, Shape]] = {}
    for name, shape in these.items():
        if layer_of(name) not in known:
            layers.setdefault(layer_of(name), {})[name.rpartition(".")[2]] = shape
    return layers
