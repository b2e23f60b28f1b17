import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.max_pool2d import MaxPool2d
from netspec.windows import Sides
from tests.kit.battery import Battery, Case, compute
from tests.kit.bench import LayerRun


def twin(kernel, stride=None, padding=0, dilation=1, ceil=False):
    return lambda torch, x, p: torch.nn.functional.max_pool2d(x[0], kernel, stride, padding, dilation, ceil)


def padded_twin(sides, kernel, stride):
    """sides: left, right, top, bottom, as F.pad reads them."""
    return lambda torch, x, p: torch.nn.functional.max_pool2d(
        torch.nn.functional.pad(x[0], sides, value=float("-inf")), kernel, stride)


class TestMaxPool2d(Battery):
    cases = (
        Case(MaxPool2d(name="a", kernel_size=2), [(6, 8, 8)], twin(2)),
        Case(MaxPool2d(name="a", kernel_size=2), [(16, 5, 7)], twin(2)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, padding=1), [(19, 8, 9)], twin(3, 2, 1)),
        Case(MaxPool2d(name="a", kernel_size=[2, 3], stride=[3, 1]), [(3, 7, 6)], twin((2, 3), (3, 1))),
        Case(MaxPool2d(name="a", kernel_size=2, stride=1, dilation=2), [(2, 6, 5)], twin(2, 1, 0, 2)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, dilation=[1, 2], padding=1, rounding="ceil"), [(2, 8, 9)],
             twin(3, 2, 1, (1, 2), True)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, rounding="ceil"), [(40, 6, 7)], twin(3, 2, 0, 1, True)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, padding={"top": 1, "right": 2}), [(5, 6, 6)],
             padded_twin((0, 2, 1, 0), 3, 2)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, padding="same"), [(4, 6, 8)],
             padded_twin((0, 1, 0, 1), 3, 2)),
        Case(MaxPool2d(name="a", kernel_size=3, stride=2, padding="same_lower"), [(4, 6, 8)],
             padded_twin((1, 0, 1, 0), 3, 2)),
        Case(MaxPool2d(name="a", kernel_size=2, stride=1, dilation=4, padding={"bottom": 3, "right": 3}), [(2, 6, 6)],
             lambda torch, x, p: torch.nn.functional.max_pool2d(
                 torch.nn.functional.pad(x[0], (0, 3, 0, 3), value=float("-inf")), 2, 1, 0, 4)),
        Case(MaxPool2d(name="a", kernel_size=2), [(2, 4, 4)], twin(2),
             special=(1.0, 1.0, float("-inf"), float("-inf"), 1.0, 1.0, float("-inf"), float("-inf"))),
    )

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_of_equal_values_the_first_gets_the_gradient(self, dtype: str) -> None:
        run = LayerRun(MaxPool2d(name="a", kernel_size=3, stride=2), [np.ones((1, 3, 5, 5))], {}, dtype=dtype)
        run.forward()
        [dx], _ = run.backward(np.ones((1, 3, 2, 2)))
        expected = np.zeros((1, 3, 5, 5))
        expected[:, :, ::2, ::2] = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]])
        np.testing.assert_array_equal(dx, expected)

    def test_one_nan_makes_its_windows_nan_and_no_others(self) -> None:
        x = np.arange(16.0).reshape(1, 1, 4, 4)
        for h in range(2):
            for w in range(2):
                bad = x.copy()
                bad[0, 0, h, w] = np.nan
                y = LayerRun(MaxPool2d(name="a", kernel_size=2), [bad], {}).forward()
                np.testing.assert_array_equal(y[0, 0], [[np.nan, 7], [13, 15]])

    def test_negative_values_win_over_padding(self) -> None:
        y = LayerRun(MaxPool2d(name="a", kernel_size=3, padding=1), [-np.ones((1, 1, 3, 3))], {}).forward()
        assert (y == -1).all()

    def test_windows_of_padding_only_are_refused(self) -> None:
        layer = MaxPool2d(name="a", kernel_size=2, padding=Sides(top=2))
        with pytest.raises(ShapeError) as caught:
            layer.infer_shape([(1, 4, 4)])
        assert str(caught.value) == ("1 of the 3 windows along the height see only padding (2 + 0 around 4); "
                                     "use a padding below the 2 that the window spans")

    def test_dropped_pixels_are_noted(self) -> None:
        assert MaxPool2d(name="a", kernel_size=2).notes([(1, 4, 4)]) == []
        [note] = MaxPool2d(name="a", kernel_size=2).notes([(1, 5, 4)])
        assert note.message == "1 row at the bottom is read by no window"

    def test_the_caffe_dialect_rounds_up(self) -> None:
        layer = MaxPool2d(name="a", kernel_size=2, **MaxPool2d.dialects["caffe"])
        assert layer.infer_shape([(1, 5, 5)]) == (1, 3, 3)

    def test_pixels_outside_every_window_get_zero(self) -> None:
        result = compute(Case(MaxPool2d(name="a", kernel_size=1, stride=3), [(2, 7, 7)]))
        assert np.count_nonzero(result.dx[0]) == result.y.size
