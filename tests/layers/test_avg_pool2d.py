import numpy as np
import pytest

from netspec.layers.avg_pool2d import AvgPool2d
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(kernel, stride=None, padding=0, ceil=False, include=True):
    return lambda torch, x, p: torch.nn.functional.avg_pool2d(x[0], kernel, stride, padding, ceil, include)


def tensorflow_same(torch, x, p):
    """3×3/2 with the odd pixel at the end, dividing by the pixels inside."""
    def sums(value):
        padded = torch.nn.functional.pad(value, (0, 1, 0, 1))
        return torch.nn.functional.avg_pool2d(padded, 3, 2, divisor_override=1)

    return sums(x[0]) / sums(torch.ones_like(x[0]))


class TestAvgPool2d(Battery):
    cases = (
        Case(AvgPool2d(name="a", kernel_size=2), [(6, 8, 8)], twin(2)),
        Case(AvgPool2d(name="a", kernel_size=2), [(16, 5, 7)], twin(2)),
        Case(AvgPool2d(name="a", kernel_size=3, stride=2, padding=1), [(19, 8, 9)], twin(3, 2, 1)),
        Case(AvgPool2d(name="a", kernel_size=3, stride=2, padding=1, count_include_pad=False), [(19, 8, 9)],
             twin(3, 2, 1, False, False)),
        Case(AvgPool2d(name="a", kernel_size=3, stride=2, padding=1, rounding="ceil"), [(3, 8, 7)],
             twin(3, 2, 1, True)),
        Case(AvgPool2d(name="a", kernel_size=[4, 3], stride=[3, 2], padding=[2, 1], rounding="ceil"), [(3, 9, 8)],
             twin((4, 3), (3, 2), (2, 1), True)),
        Case(AvgPool2d(name="a", kernel_size=[4, 3], stride=[3, 2], padding=[2, 1], rounding="ceil",
                       count_include_pad=False), [(3, 9, 8)], twin((4, 3), (3, 2), (2, 1), True, False)),
        Case(AvgPool2d(name="a", kernel_size=[1, 2], stride=[3, 4]), [(40, 7, 8)], twin((1, 2), (3, 4))),
        Case(AvgPool2d(name="a", kernel_size=3, stride=2, padding="same", count_include_pad=False), [(4, 6, 8)],
             tensorflow_same),
        Case(AvgPool2d(name="a", kernel_size=2, stride=1, dilation=4, padding={"bottom": 3, "right": 3}), [(2, 6, 6)],
             lambda torch, x, p: torch.nn.functional.conv2d(
                 torch.nn.functional.pad(x[0], (0, 3, 0, 3)), x[0].new_full((2, 1, 2, 2), 0.25), dilation=4, groups=2)),
        Case(AvgPool2d(name="a", kernel_size=2, stride=1, dilation=2, padding=1), [(2, 5, 6)],
             lambda torch, x, p: torch.nn.functional.conv2d(
                 x[0], x[0].new_full((2, 1, 2, 2), 0.25), padding=1, dilation=2, groups=2)),
    )

    @pytest.mark.parametrize(("include", "corner"), [(True, 4 / 9), (False, 1.0)])
    def test_padding_counts_as_zero_or_not_at_all(self, include: bool, corner: float) -> None:
        layer = AvgPool2d(name="a", kernel_size=3, padding=1, count_include_pad=include)
        y = LayerRun(layer, [np.ones((1, 1, 3, 3))], {}).forward()
        assert y[0, 0, 0, 0] == pytest.approx(corner, abs=1e-15)

    @pytest.mark.parametrize("dialect", ["keras", "onnx"])
    def test_other_frameworks_leave_padding_out(self, dialect: str) -> None:
        assert not AvgPool2d(name="a", kernel_size=2, **AvgPool2d.dialects[dialect]).count_include_pad
