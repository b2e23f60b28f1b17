import pytest

from netspec.layers.base import ShapeError
from netspec.layers.slice import Slice
from tests.kit.battery import Battery, Case


def case(shape, start=0, stop=None) -> Case:
    return Case(Slice(name="a", start=start, stop=stop), [shape], lambda torch, x, p: x[0][:, start:stop])


class TestSlice(Battery):
    cases = (
        case((5, 3, 2), 1, 4),
        case((20, 2, 3), 3),
        case((6, 2, 2), -4, -1),
        case((9,), 2, 7),
        case((4, 1, 1)),
    )

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"start": 4}, "channels 4 to the end of 4 are none; use 0 ≤ start < stop ≤ 4"),
            ({"start": 2, "stop": 5}, "channels 2 to 5 of 4 are not all there; use 0 ≤ start < stop ≤ 4"),
            ({"start": -5}, "channels -5 to the end of 4 are not all there; use 0 ≤ start < stop ≤ 4"),
            ({"start": 1, "stop": -3}, "channels 1 to -3 of 4 are none; use 0 ≤ start < stop ≤ 4"),
        ],
    )
    def test_empty_and_outside_ranges_are_refused(self, fields, message) -> None:
        with pytest.raises(ShapeError) as caught:
            Slice(name="a", **fields).infer_shape([(4, 2, 2)])
        assert str(caught.value) == message
