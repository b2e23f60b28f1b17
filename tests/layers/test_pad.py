import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.pad import Pad
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(*margins):
    """F.pad's order: left, right, top, bottom, channels before, channels after."""
    return lambda torch, x, p: torch.nn.functional.pad(x[0], margins)


def case(layer, shape, *margins):
    return Case(layer, [shape], twin(*margins), adds_zeros=True)


class TestPad(Battery):
    cases = (
        case(Pad(name="a", padding=1), (3, 5, 4), 1, 1, 1, 1),
        case(Pad(name="a", padding=[2, 1]), (17, 3, 2), 1, 1, 2, 2),
        case(Pad(name="a", padding={"top": 1, "bottom": 2, "left": 3}), (2, 4, 5), 3, 0, 1, 2),
        case(Pad(name="a", channels=[4, 4]), (16, 3, 5), 0, 0, 0, 0, 4, 4),
        case(Pad(name="a", padding={"right": 2}, channels=[1, 9]), (5, 1, 3), 0, 2, 0, 0, 1, 9),
        case(Pad(name="a", channels=[3, 2]), (10,), 3, 2),
        case(Pad(name="a"), (3, 2, 2), 0, 0),
    )

    def test_what_is_added_is_zero_whatever_the_input(self) -> None:
        run = LayerRun(Pad(name="a", padding={"left": 1}, channels=[0, 1]), [np.full((2, 1, 1, 2), np.inf)], {})
        np.testing.assert_array_equal(run.forward()[0], [[[0, np.inf, np.inf]], [[0, 0, 0]]])

    def test_pictures_grow_on_four_sides_and_in_depth(self) -> None:
        layer = Pad(name="a", padding={"top": 1, "bottom": 2, "left": 3, "right": 4}, channels=[5, 6])
        assert layer.infer_shape([(3, 10, 20)]) == (14, 13, 27)
        assert Pad(name="a", channels=[5, 6]).infer_shape([(3,)]) == (14,)

    def test_padding_around_vectors_is_refused(self) -> None:
        with pytest.raises(ShapeError) as caught:
            Pad(name="a", padding={"right": 1}).infer_shape([(8,)])
        assert (str(caught.value), caught.value.code) == (
            "padding surrounds pictures [C, H, W], but the input is [8]; "
            "leave padding out; `channels` puts zeros before and after the elements of a vector", "NS205")
