"""The sets of named tensors within what PyTorch saved: the state dict itself, or one under "state_dict", "model", "ema", …"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.weights.pickle_machine import Opaque, RefusedPickleError
from netspec.weights.torch_tensors import Stored, Unreadable

WRAPPERS = (
    "state_dict", "model_state_dict", "model", "model_state", "net", "network", "params", "weights", "module",
    "params_ema", "ema", "ema_state_dict", "model_ema", "state_dict_ema",
)  # fmt: skip
"""Keys under which programs put a state dict, the ones to prefer first; then come all others, in the file's order."""
OPTIMIZERS = ("optim", "scheduler", "lr_sched", "scaler", "amp")
"""Beginnings of keys whose tensors are no network's."""
DEEPEST = 3

Set = dict[str, Stored | Unreadable]


def tensor_sets(value: Any) -> dict[str, Set]:
    """Where they lie ("" for the top, else "state_dict", "checkpoint.model") → the named tensors that lie there.

    Raises RefusedPickleError when there are none.
    """
    if not isinstance(value, dict):
        raise RefusedPickleError(f"it holds {_kind(value)}, not tensors by name")
    found = {place: tensors for place, entries in _dicts(value) if (tensors := _tensors(entries))}
    if not found:
        raise RefusedPickleError(f"it holds no tensors by name, only {_some(key for key in value if isinstance(key, str))}")
    most = max(map(len, found.values()))
    return dict(sorted(found.items(), key=lambda item: _rank(item[0], is_largest=len(item[1]) == most)))


def unread(value: dict[Any, Any], sets: dict[str, Set]) -> tuple[str, ...]:
    """A sentence about the keys of the top that no set of tensors comes from, if there are such."""
    used = {place.split(".")[0] for place in sets} | set(sets.get("", ()))
    left = [key if isinstance(key, str) else "a key that is no text" for key in value if key not in used]
    return (f"not read: {_some(left)}",) if left else ()


def _dicts(value: dict[Any, Any]) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The dict and those within it, each once, with where it lies."""
    waiting, seen = [("", value, 0)], {id(value)}
    while waiting:
        place, entries, depth = waiting.pop(0)
        yield place, entries
        for key, inner in entries.items():
            is_place = isinstance(key, str) and not key.lower().startswith(OPTIMIZERS)
            if is_place and isinstance(inner, dict) and id(inner) not in seen and depth < DEEPEST:
                seen.add(id(inner))
                waiting.append((f"{place}.{key}" if place else key, inner, depth + 1))


def _tensors(entries: dict[Any, Any]) -> Set:
    return {key: one for key, one in entries.items() if isinstance(key, str) and isinstance(one, Stored | Unreadable)}


def _rank(place: str, *, is_largest: bool) -> int:
    """A single tensor at the top, beside a wrapped state dict, is none."""
    last = place.rpartition(".")[2]
    if not place:
        return -1 if is_largest else len(WRAPPERS) + 1
    return WRAPPERS.index(last) if last in WRAPPERS else len(WRAPPERS)


def _kind(value: Any) -> str:
    if isinstance(value, Stored | Unreadable):
        return "one tensor without a name"
    return value.kind if isinstance(value, Opaque) else f"a {type(value).__name__}"


def _some(names: Any) -> str:
    names = [name[:40] for name in names]
    return (", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")) or "nothing"
