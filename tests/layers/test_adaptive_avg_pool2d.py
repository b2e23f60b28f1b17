import numpy as np
import pytest

from netspec.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from netspec.layers.base import ShapeError
from tests.kit.battery import Battery, Case, Twin
from tests.kit.bench import LayerRun


def twin(size: int | tuple[int, int]) -> Twin:
    return lambda torch, x, p: torch.nn.functional.adaptive_avg_pool2d(x[0], size)


def case(size: int | tuple[int, int], shape: tuple[int, ...]) -> Case:
    return Case(AdaptiveAvgPool2d(name="a", output_size=size), [shape], twin(size))


class TestAdaptiveAvgPool2d(Battery):
    cases = (
        case(4, (5, 14, 14)),  # GoogLeNet's auxiliary heads: windows overlap
        case((3, 2), (33, 6, 4)),
        case((2, 5), (3, 7, 3)),  # more columns than there are
        case(7, (2, 1, 1)),
        case(1, (2, 3, 5)),
    )

    def test_the_same_size_changes_nothing(self) -> None:
        x = np.random.default_rng(0).normal(size=(2, 3, 6, 5))
        np.testing.assert_array_equal(LayerRun(AdaptiveAvgPool2d(name="a", output_size=(6, 5)), [x], {}).forward(), x)

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"needs a \[C, H, W\] input"):
            AdaptiveAvgPool2d(name="a", output_size=2).infer_shape([(10,)])
