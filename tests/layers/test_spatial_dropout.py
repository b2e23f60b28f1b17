import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.spatial_dropout import SpatialDropout
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _mask(step: int, p: float = 0.3) -> np.ndarray:
    return LayerRun(SpatialDropout(name="a", p=p), [np.ones((40, 50, 3, 2))], {}, step=step).forward()


class TestSpatialDropout(Battery):
    cases = (
        Case(SpatialDropout(name="a"), [(9, 5, 4)], couples_samples=True),
        Case(SpatialDropout(name="a"), [(3, 5, 4)], lambda torch, x, p: x[0].clone(), training=False),
    )

    def test_whole_channels_are_dropped_or_scaled_and_the_share_is_p(self) -> None:
        mask = _mask(step=3)
        np.testing.assert_array_equal(mask, np.broadcast_to(mask[:, :, :1, :1], mask.shape))
        assert set(np.unique(mask)) == {0.0, 1 / 0.7}
        assert abs((mask[:, :, 0, 0] == 0).mean() - 0.3) < 4 * np.sqrt(0.21 / 2000)

    def test_the_mask_is_a_function_of_the_step(self) -> None:
        np.testing.assert_array_equal(_mask(step=3), _mask(step=3))
        assert (_mask(step=3) != _mask(step=4)).any()

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match="use dropout for vectors"):
            SpatialDropout(name="a").infer_shape([(8,)])
