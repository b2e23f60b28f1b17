import numpy as np
import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.layers.upsample import Upsample
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(layer: Upsample):
    align = layer.align_corners if layer.mode == "bilinear" else None
    return lambda torch, x, p: torch.nn.functional.interpolate(
        x[0], size=layer.size, scale_factor=layer.scale, mode=layer.mode, align_corners=align
    )


def case(shape, **fields) -> Case:
    layer = Upsample(name="a", **fields)
    return Case(layer, [shape], twin(layer))


class TestUpsample(Battery):
    cases = (
        case((3, 4, 5), scale=2),
        case((17, 3, 4), scale=[3.0, 1.0]),
        case((2, 5, 7), size=[3, 11]),
        case((2, 5, 6), scale=1.5),
        case((3, 4, 5), scale=2, mode="bilinear"),
        case((35, 3, 4), scale=[4, 3], mode="bilinear", align_corners=True),
        case((2, 5, 7), size=[8, 3], mode="bilinear"),
        case((2, 5, 6), scale=[1.5, 0.4], mode="bilinear"),
        case((1, 1, 6), size=[4, 1], mode="bilinear", align_corners=True),
    )

    def test_a_constant_stays_a_constant(self) -> None:
        for fields in ({"mode": "nearest"}, {"mode": "bilinear"}, {"mode": "bilinear", "align_corners": True}):
            y = LayerRun(Upsample(name="a", size=[7, 5], **fields), [np.full((2, 3, 4, 9), 2.5)], {}).forward()
            np.testing.assert_array_equal(y, np.full((2, 3, 7, 5), 2.5))

    def test_corners_stay_where_they_are_when_they_are_aligned(self) -> None:
        x = np.random.default_rng(0).normal(size=(1, 2, 3, 4))
        y = LayerRun(Upsample(name="a", size=[9, 10], mode="bilinear", align_corners=True), [x], {}).forward()
        np.testing.assert_allclose(y[:, :, ::8, ::9], x[:, :, ::2, ::3], rtol=1e-12)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({}, "neither scale nor size is given; say one of them, e.g. scale = 2"),
            ({"scale": 2, "size": 4}, "both scale and size are given; say one of them, e.g. scale = 2"),
            ({"scale": 2, "align_corners": True}, 'align_corners belongs to mode = "bilinear"'),
        ],
    )
    def test_contradictions_are_refused(self, fields, message) -> None:
        with pytest.raises(ValidationError, match=message):
            Upsample(name="a", **fields)

    def test_a_picture_without_pixels_is_refused(self) -> None:
        with pytest.raises(ShapeError) as caught:
            Upsample(name="a", scale=0.25).infer_shape([(3, 8, 3)])
        assert str(caught.value) == "scale 0.25 makes the width 3 into 0; use a scale that gives 1 … 65535 pixels"
