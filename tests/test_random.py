"""Named random streams."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.random import key, permutation, stream


def test_key_is_the_first_eight_bytes_of_the_sha256_of_the_address() -> None:
    digest = hashlib.sha256(b'[7, "init", "conv1", 3]').digest()
    assert key(7, "init", "conv1", 3) == int.from_bytes(digest[:8], "little")


def test_streams_of_one_address_are_equal_and_of_other_addresses_differ() -> None:
    addresses = [(0, "split"), (1, "split"), (0, "shuffle"), (0, "shuffle", 1), (0, "shuffle", "1"), (0, "a", "bc")]
    addresses.append((0, "ab", "c"))
    numbers = {tuple(stream(*a).integers(0, 2**63, 4)) for a in addresses}  # type: ignore[arg-type]
    assert len(numbers) == len(addresses)
    assert stream(0, "split").random() == stream(np.int64(0), "split").random()  # type: ignore[arg-type]


def test_a_float_is_no_name() -> None:
    with pytest.raises(TypeError):
        key(0, 1.0)  # type: ignore[arg-type]


@given(st.integers(0, 300), st.integers(0, 2**63))
def test_permutation_visits_every_index_once(n: int, seed: int) -> None:
    assert sorted(permutation(n, seed, "shuffle")) == list(range(n))


def test_permutation_stays_the_same_for_ever() -> None:
    """A change here would change the data order of every run that is resumed."""
    assert permutation(8, 0, "shuffle", 0).tolist() == [0, 6, 3, 1, 7, 4, 5, 2]
