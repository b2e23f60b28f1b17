import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.crop import Crop
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def case(layer, shape, top, left, height, width) -> Case:
    return Case(layer, [shape], lambda torch, x, p: x[0][:, :, top : top + height, left : left + width])


class TestCrop(Battery):
    cases = (
        case(Crop(name="a", sides=1), (3, 5, 4), 1, 1, 3, 2),
        case(Crop(name="a", sides={"top": 2, "right": 3}), (17, 4, 5), 2, 0, 2, 2),
        case(Crop(name="a", size=[2, 3]), (2, 5, 4), 1, 0, 2, 3),
        case(Crop(name="a", size=2, offset=[0, 2]), (2, 3, 4), 0, 2, 2, 2),
        Case(Crop(name="a"), [(3, 5, 6), (2, 2, 4)], lambda torch, x, p: x[0][:, :, 1:3, 1:5] + 0 * x[1].sum()),
        Case(Crop(name="a", offset=[0, 1]), [(3, 5, 6), (1, 5, 2)],
             lambda torch, x, p: x[0][:, :, :, 1:3] + 0 * x[1].sum()),
    )  # fmt: skip

    def test_nothing_of_the_second_input_is_read_but_its_size(self) -> None:
        run = LayerRun(Crop(name="a"), [np.ones((1, 1, 4, 4)), np.full((1, 3, 2, 2), np.nan)], {})
        np.testing.assert_array_equal(run.forward(), np.ones((1, 1, 2, 2)))
        np.testing.assert_array_equal(run.backward(np.ones((1, 1, 2, 2)))[0][1], np.zeros((1, 3, 2, 2)))

    @pytest.mark.parametrize(
        ("fields", "shapes", "message"),
        [
            ({"sides": 2}, [(3, 4, 6)], "sides take 4 of the height 4 and leave nothing; cut off less"),
            ({"size": 5}, [(3, 5, 4)], "a width of 5 does not fit in 4; use a size ≤ 4"),
            ({"size": 3, "offset": [0, 2]}, [(3, 5, 4)], "a width of 3 from 2 on does not fit in 4; use a size ≤ 4"),
            ({}, [(3, 4, 4), (2, 4, 5)], "input 2 is [2, 4, 5], input 1 is [3, 4, 4]: a width of 5 does not fit in 4; "
                                         "swap the inputs or choose others: the first is cut to the second's size"),
            ({"size": 2}, [(3, 4, 4), (2, 4, 5)], "size and a second input both say what is kept; keep one of them"),
            ({"offset": 1}, [(3, 4, 4)], "offset needs to know how much is kept; give a size or a second input"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused(self, fields, shapes, message) -> None:
        with pytest.raises(ShapeError) as caught:
            Crop(name="a", **fields).infer_shape(shapes)
        assert str(caught.value) == message
