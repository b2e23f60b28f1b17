"""Prefixes that wrappers put before all names: "module." (DataParallel), "_orig_mod." (torch.compile), "model." (Lightning)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import takewhile

WORDS = frozenset({"module", "model", "_orig_mod", "backbone", "encoder", "net", "network", "student", "base_model"})
"""First parts of names that may come off even when not all tensors of the file have them."""


def best_prefix(names: Iterable[str], fitting: Callable[[list[str]], int]) -> str:
    """The prefix without which most names fit, "" when none makes strictly more fit; of equals the shortest.

    fitting: how many of these names fit the network.
    """
    names = list(names)
    best, most = "", fitting(names)
    for prefix in _candidates(names):
        bare = take_off(prefix, names)
        if len(set(bare)) == len(bare) and (count := fitting(bare)) > most:
            best, most = prefix, count
    return best


def take_off(prefix: str, names: Iterable[str]) -> list[str]:
    """The names without the prefix; those that do not have it stay as they are."""
    return [name.removeprefix(prefix) for name in names]


def _candidates(names: list[str]) -> list[str]:
    """Prefixes of known words, and of parts that all names share; the shorter ones first."""
    found = set()
    for name in names:
        *parts, _ = name.split(".")
        known = list(takewhile(WORDS.__contains__, parts))
        found |= {".".join(known[: end + 1]) + "." for end in range(len(known))}
    *shared, _ = _shared_parts(names)
    found |= {".".join(shared[: end + 1]) + "." for end in range(len(shared))}
    return sorted(found, key=lambda prefix: (prefix.count("."), prefix))


def _shared_parts(names: list[str]) -> list[str]:
    """The first parts that all names share, and one part more."""
    if not names:
        return [""]
    first, last = min(names).split("."), max(names).split(".")
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first[:-1], last[:-1], strict=False)))
    return first[: length + 1]
