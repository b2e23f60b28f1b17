import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.global_avg_pool import GlobalAvgPool
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(torch, x, p):
    return torch.nn.functional.adaptive_avg_pool2d(x[0], 1).flatten(1)


class TestGlobalAvgPool(Battery):
    cases = (
        Case(GlobalAvgPool(name="a"), [(5, 7, 7)], twin),
        Case(GlobalAvgPool(name="a"), [(33, 3, 4)], twin),
        Case(GlobalAvgPool(name="a"), [(2, 1, 1)], twin),
    )

    def test_large_pictures_keep_float32_precision(self) -> None:
        x = np.random.default_rng(0).normal(3, 1, (1, 2, 200, 300)).astype(np.float32)
        y = LayerRun(GlobalAvgPool(name="a"), [x], {}, dtype="float32").forward()
        np.testing.assert_allclose(y, x.mean((2, 3), dtype=np.float64), rtol=2e-6)  # 200 + 300 roundings of 6e-8

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"needs a \[C, H, W\] input"):
            GlobalAvgPool(name="a").infer_shape([(10,)])
