from __future__ import annotations

import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.roi_pool import RoiPool
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun
from tests.layers.roi_twins import roi_pool


def case(size: tuple[int, int], scale: float, shapes: list) -> Case:
    def twin(torch, x, p):
        return roi_pool(torch, x[0], x[1], size, scale)

    layer = RoiPool(name="a", output_size=size, spatial_scale=scale)
    return Case(layer, shapes, twin, scale=5.0, adds_zeros=True, given=(1,))


class TestRoiPool(Battery):
    cases = (case((2, 3), 0.5, [(3, 6, 5), (4, 4)]), case((1, 1), 1.0, [(2, 4, 7), (3, 4)]))

    def test_a_region_by_hand(self) -> None:
        x = np.arange(24.0).reshape(1, 1, 4, 6)
        rois = np.array([[[0, 0, 5, 3], [2, 1, 2, 1], [-1, -1, -1, -1], [40, 40, 50, 50]]])
        run = LayerRun(RoiPool(name="a", output_size=2), [x, rois], {})
        y = run.forward()
        assert y[0, :, :, 0].T.tolist() == [[8, 11, 20, 23], [8, 8, 8, 8], [0, 0, 0, 0], [0, 0, 0, 0]]
        (dx, drois), _ = run.backward(np.ones_like(y))
        assert dx[0, 0].ravel().nonzero()[0].tolist() == [8, 11, 20, 23]
        assert dx[0, 0, 1, 2] == 5  # one of the first region, four of the second
        assert not drois.any()

    @pytest.mark.parametrize("shapes", [[(3, 6), (4, 4)], [(3, 6, 5), (4, 5)], [(3, 6, 5), (4,)]])
    def test_other_inputs_are_refused(self, shapes: list) -> None:
        with pytest.raises(ShapeError, match=r"reads features \[C, H, W\] and regions \[R, 4\]"):
            RoiPool(name="a", output_size=2).infer_shape(shapes)
