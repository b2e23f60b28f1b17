"""What a `type = "…"` of a spec means: the layers, losses, metrics, … of the registry, as data."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import Any

from netspec.reference import BASES, Key, base_of, keys_of, own_keys
from netspec.registry import plugins


@dataclass(frozen=True)
class TypeExplanation:
    """One type: its docstring (formula, shapes, gradients, errors, source) and its keys."""

    name: str
    kind: str
    """ "layer", "loss", "metric", …"""
    family: str
    """Of layers: "convolution", "activation", …; otherwise ""."""
    doc: str
    keys: tuple[Key, ...]
    """Those of this type alone."""
    common_keys: tuple[Key, ...]
    """Those that all of its kind have."""
    aliases: tuple[str, ...]
    """What other frameworks call it; a spec does not take these."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of `netspec explain TYPE --format json`."""
        return asdict(self)


def known_types() -> dict[str, tuple[str, ...]]:
    """Type → the kinds of plug-ins that have one of this name ("layers", …)."""
    found: dict[str, tuple[str, ...]] = {}
    for family in BASES:
        for name in plugins(f"netspec.{family}"):
            found[name] = (*found.get(name, ()), family)
    return found


def foreign_names() -> dict[str, tuple[str, ...]]:
    """What other frameworks call the types, in small letters → netspec's names."""
    found: dict[str, tuple[str, ...]] = {}
    for family in BASES:
        for name, plugin in plugins(f"netspec.{family}").items():
            for alias in plugin.aliases:
                known = found.get(alias.lower(), ())
                found[alias.lower()] = known if name in known else (*known, name)
    return found


def explain_type(name: str) -> tuple[TypeExplanation, ...]:
    """All plug-ins of this type name, layers first; () when there is none."""
    return tuple(_explain(family, name) for family in known_types().get(name, ()))


def _explain(family: str, name: str) -> TypeExplanation:
    plugin, base = plugins(f"netspec.{family}")[name], base_of(family)
    return TypeExplanation(
        name=name,
        kind=base.__name__.lower(),
        family=str(getattr(plugin, "family", "")),
        doc=inspect.cleandoc(plugin.__doc__ or ""),
        keys=tuple(own_keys(family, plugin)),
        common_keys=tuple(keys_of(base)),
        aliases=plugin.aliases,
    )
