"""Named random streams: every random decision has its own, so that one never disturbs another.

A stream is addressed by the run's seed and names, for example `("split",)`, `("shuffle", epoch)`,
`("init", layer, parameter)` or `("dropout", layer)`. Its key is taken from the SHA-256 of that address, so
adding a layer or drawing more numbers in one place leaves all other streams as they were.

Streams in use: "split" (parts of a data set), "limit" (choice of a subset), "shuffle" (order of an epoch),
"regions" (of a picture), "synthetic" (made-up data), "init" (weights), "dropout" (masks), "augmentation" (place in the
list, epoch), "sheet" (which samples are drawn).
"""

from __future__ import annotations

import hashlib
import json
import operator

import numpy as np
from numpy.typing import NDArray


def key(seed: int, *names: str | int) -> int:
    """64-bit unsigned key of the stream `names` under `seed`: the first 8 bytes, little-endian, of its SHA-256.

    Pass it to a kernel that counts its own random numbers. `1` and `"1"` are different names.
    """
    return int.from_bytes(_digest(seed, names)[:8], "little")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A fresh generator at the start of the stream `names` under `seed`: Philox4x64 with a 128-bit key.

    Source of the generator: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """
    return np.random.Generator(_philox(seed, names))


def permutation(n: int, seed: int, *names: str | int) -> NDArray[np.int64]:
    """A random order of 0 … n−1: the stable argsort of n raw 64-bit numbers of the stream.

    Raw Philox output is fixed for all versions of NumPy, while `Generator.permutation` may change, and with it
    the order of a resumed run.
    """
    raw = _philox(seed, names).random_raw(n)
    return np.argsort(raw, kind="stable").astype(np.int64, copy=False)


def _philox(seed: int, names: tuple[str | int, ...]) -> np.random.Philox:
    return np.random.Philox(key=int.from_bytes(_digest(seed, names)[:16], "little"))


def _digest(seed: int, names: tuple[str | int, ...]) -> bytes:
    """SHA-256 of the address as JSON, which keeps ("a", "bc") and ("ab", "c") apart."""
    address = [operator.index(seed), *(name if isinstance(name, str) else operator.index(name) for name in names)]
    return hashlib.sha256(json.dumps(address, ensure_ascii=True).encode()).digest()


def uniforms(stream_key: int, index: NDArray[np.int64], draws: int) -> NDArray[np.float64]:
    """(len(index), draws) numbers in [0, 1), row i a pure function of the stream's key and index[i]: in any order, any batch.

    Each index is the start of a SplitMix64 sequence of its own (Steele, Lea & Flood 2014, OOPSLA); of each number 53 bits.
    """
    with np.errstate(over="ignore"):  # arithmetic modulo 2⁶⁴ is meant
        start = _scrambled(_scrambled(np.asarray(index, np.uint64) * _GOLDEN + np.uint64(stream_key)) + _GOLDEN)
        steps = np.arange(1, draws + 1, dtype=np.uint64) * _GOLDEN
        bits = _scrambled(start[:, None] + steps)
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _scrambled(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finalizer."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
