import numpy as np
import pytest

from netspec.initializers.bilinear import Bilinear
from netspec.layers.base import ShapeError
from netspec.layers.conv_transpose2d import ConvTranspose2d
from netspec.window_fields import margin_sides
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(layer: ConvTranspose2d):
    """PyTorch takes the same padding from both sides: here none, and the sides are cut off."""

    def run(torch, x, p):
        settings = {"stride": layer.stride, "output_padding": layer.output_padding, "groups": layer.groups,
                    "dilation": layer.dilation}  # fmt: skip
        y = torch.nn.functional.conv_transpose2d(x[0], p["weight"], p.get("bias"), **settings)
        (top, bottom), (left, right) = margin_sides(layer.padding)
        return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]

    return run


def case(shape, n=3, adds_zeros=False, **fields) -> Case:
    layer = ConvTranspose2d(name="a", **fields)
    tolerance = {"float32": 3e-5, "float64": 1e-10}
    return Case(layer, [shape], twin(layer), n=n, sums_over_chunks=True, tolerance=tolerance, adds_zeros=adds_zeros)


class TestConvTranspose2d(Battery):
    cases = (
        case((5, 4, 3), out_channels=3, kernel_size=2, stride=2),
        case((20, 3, 4), out_channels=33, kernel_size=2, stride=2, bias=False),
        case((3, 5, 4), out_channels=2, kernel_size=4, stride=2, padding=1),
        case((2, 3, 4), out_channels=2, kernel_size=16, stride=8, padding=4),
        case((4, 4, 5), out_channels=6, kernel_size=3, stride=2, padding=1, output_padding=1, groups=2),
        case((6, 4, 5), out_channels=6, kernel_size=[3, 4], stride=[2, 3], padding={"top": 1, "right": 2}, groups=6),
        case((3, 6, 5), out_channels=4, kernel_size=3, padding=1),
        case((4, 5, 4), out_channels=3, kernel_size=3, dilation=[2, 3], stride=[1, 2], output_padding=[1, 2], bias=False,
             adds_zeros=True),
        case((2, 3, 4), out_channels=3, kernel_size=1, stride=3, output_padding=[0, 2], bias=False, adds_zeros=True),
        case((35, 3, 2), n=4, out_channels=2, kernel_size=[1, 2], groups=1),
    )

    def test_pixels_that_no_window_reaches_hold_the_bias(self) -> None:
        layer = ConvTranspose2d(name="a", out_channels=1, kernel_size=1, stride=2)
        run = LayerRun(layer, [np.ones((1, 1, 2, 2))], {"weight": np.full((1, 1, 1, 1), 3.0), "bias": np.full(1, 0.5)})
        np.testing.assert_array_equal(run.forward()[0, 0], [[3.5, 0.5, 3.5], [0.5, 0.5, 0.5], [3.5, 0.5, 3.5]])
        (note,) = layer.notes([(1, 2, 2)])
        assert note.message == "stride exceeds the window's height and width: pixels between the windows hold only the bias"

    def test_macs_and_parameters_are_those_of_the_convolution_turned_round(self) -> None:
        layer = ConvTranspose2d(name="a", out_channels=8, kernel_size=3, stride=2, groups=2)
        assert layer.macs([(4, 5, 5)], (8, 11, 11)) == 25 * 9 * 4 * 8 // 2
        weight, bias = layer.parameters([(4, 5, 5)])
        assert (weight.shape, bias.shape) == ((4, 4, 3, 3), (8,))
        assert weight.fans == (4 * 9, 4 * 9)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"kernel_size": 2, "padding": 3}, "padding takes 3 + 3 pixels from an output height of 5 and leaves none; "
                                               "use less padding: at most 4 in all"),
            ({"kernel_size": 2, "output_padding": 1}, "output_padding 1 is not less than the height's stride 1 or dilation 1; "
                                                      "use output_padding ≤ 0, or a `pad` layer behind this one"),
            ({"kernel_size": 2, "groups": 3}, "groups 3 does not divide the 4 input channels (4 / 3 leaves 1); use groups = 2"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, fields, message) -> None:
        with pytest.raises(ShapeError) as caught:
            ConvTranspose2d(name="a", out_channels=6, **fields).infer_shape([(4, 4, 4)])
        assert str(caught.value) == message

    @pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(4, 2, 1), (3, 2, 1), (5, 3, 1), (16, 8, 4)])
    def test_bilinear_weights_leave_a_plane_a_plane(self, kernel_size, stride, padding) -> None:
        """Away from the edges the interpolation of a·i + b·j is linear: its second differences vanish."""
        layer = ConvTranspose2d(
            name="a", out_channels=2, kernel_size=kernel_size, stride=stride, padding=padding, bias=False
        )
        i, j = np.mgrid[:6, :7]
        weight = Bilinear().sample((2, 2, kernel_size, kernel_size), 1, 1, np.random.default_rng(0))
        y = LayerRun(layer, [np.stack([2.0 * i + j, -j])[None]], {"weight": weight}).forward()[0]
        inner = y[:, stride:-2 * stride, stride:-2 * stride]
        for axis, slopes in ((1, [2 / stride, 0]), (2, [1 / stride, -1 / stride])):
            steps = np.diff(inner, axis=axis)
            np.testing.assert_allclose(steps, np.broadcast_to(np.reshape(slopes, (2, 1, 1)), steps.shape), atol=1e-12)
