from __future__ import annotations

import numpy as np

from netspec.layers.roi_align import RoiAlign
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun
from tests.layers.roi_twins import roi_align


def case(size: tuple[int, int], scale: float, ratio: int, aligned: bool, shapes: list) -> Case:
    def twin(torch, x, p):
        return roi_align(torch, x[0], x[1], size, scale, ratio, aligned)

    layer = RoiAlign(name="a", output_size=size, spatial_scale=scale, sampling_ratio=ratio, aligned=aligned)
    return Case(layer, shapes, twin, scale=5.0, adds_zeros=True, given=(1,), sums_over_chunks=False)


class TestRoiAlign(Battery):
    cases = (
        case((2, 3), 0.5, 2, True, [(3, 6, 5), (4, 4)]),
        case((2, 2), 1.0, 0, False, [(2, 4, 7), (3, 4)]),
    )

    def test_a_plane_is_sampled_exactly(self) -> None:
        y, x = np.mgrid[0:8, 0:9].astype(float)
        picture = (3 * y + 2 * x)[None, None]
        rois = np.array([[[1.5, 2.0, 5.5, 6.0], [-1, -1, -1, -1]]])
        run = LayerRun(RoiAlign(name="a", output_size=2, sampling_ratio=3, aligned=True), [picture, rois], {})
        out = run.forward()[0, :, :, 0].T
        middles = [[3 * (v - 0.5) + 2 * (u - 0.5) for u in (2.5, 4.5)] for v in (3.0, 5.0)]
        np.testing.assert_allclose(out[0], np.ravel(middles))
        assert not out[1].any()
