"""The battery notices the faults it is there for."""

from __future__ import annotations

import pytest

from netspec.layers.elementwise import Elementwise
from tests.kit.battery import Battery, Case
from tests.kit.faulty import Overlapping, Square, SwallowsNan, WrongFactor


def case(layer: type[Elementwise]) -> Case:
    return Case(layer(name="a"), [(3, 5, 4)], lambda torch, x, p: x[0] ** 2)


class TestSquarePasses(Battery):
    cases = (case(Square),)


def test_a_gradient_off_by_a_factor_is_noticed() -> None:
    with pytest.raises(AssertionError, match="central difference"):
        Battery().test_gradients_are_the_central_differences(case(WrongFactor))


def test_chunks_that_write_the_same_elements_are_noticed() -> None:
    with pytest.raises(AssertionError, match="two chunks change y"):
        Battery().test_chunks_in_any_order_give_the_same_bits(case(Overlapping))


def test_a_swallowed_nan_is_noticed() -> None:
    with pytest.raises(AssertionError):
        Battery().test_nan_is_never_turned_into_a_number(case(SwallowsNan))
