import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.layers.base import ShapeError
from netspec.layers.conv2d import Conv2d
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(layer: Conv2d):
    def run(torch, x, p):
        height, width = layer.axes(tuple(x[0].shape[1:]))
        margins = (width.before, width.after + width.overhang, height.before, height.after + height.overhang)
        padded = torch.nn.functional.pad(x[0], margins)
        settings = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
        return torch.nn.functional.conv2d(padded, p["weight"], p.get("bias"), **settings)

    return run


def case(shape, n=3, **fields) -> Case:
    layer = Conv2d(name="a", **fields)
    # A sum of many products keeps the rounding of its largest terms: relative to the tensor, not to each value.
    tolerance = {"float32": 3e-5, "float64": 1e-10}
    return Case(layer, [shape], twin(layer), n=n, sums_over_chunks=True, tolerance=tolerance)


class TestConv2d(Battery):
    cases = (
        case((1, 9, 9), out_channels=6, kernel_size=5, padding=2),
        case((3, 7, 8), out_channels=5, kernel_size=3),
        case((4, 8, 7), out_channels=6, kernel_size=3, stride=2, padding=1),
        case((4, 8, 7), out_channels=6, kernel_size=[1, 3], stride=[2, 1], bias=False),
        case((4, 9, 8), out_channels=8, kernel_size=2, stride=3, groups=2),
        case((6, 7, 7), out_channels=6, kernel_size=3, padding=1, groups=6),
        case((35, 7, 9), out_channels=35, kernel_size=[3, 2], padding="same", stride=[2, 3], groups=35),
        case((3, 9, 9), out_channels=3, kernel_size=3, padding={"top": 2, "left": 1}, dilation=[2, 3], groups=3, bias=False),
        case((2, 9, 9), out_channels=3, kernel_size=3, dilation=2, padding="same"),
        case((2, 9, 8), out_channels=3, kernel_size=3, dilation=[1, 2], stride=2, padding=2, groups=1),
        case((2, 6, 7), out_channels=3, kernel_size=4, padding={"top": 1, "left": 2, "right": 1}),
        case((2, 6, 7), out_channels=3, kernel_size=4, stride=2, padding="same_lower"),
        case((2, 6, 7), out_channels=3, kernel_size=3, stride=2, rounding="ceil"),
        case((17, 6, 5), out_channels=33, kernel_size=3, padding=1),
        case((3, 5, 5), out_channels=4, kernel_size=1),
        case((3, 5, 5), out_channels=4, kernel_size=1, stride=2),
        case((2, 5, 4), out_channels=1, kernel_size=[5, 4]),
        case((68, 4, 5), n=8, out_channels=70, kernel_size=[2, 3], padding=1, stride=[1, 2], groups=2),
        case((65, 3, 3), n=4, out_channels=36, kernel_size=1),
    )

    def test_the_weight_gradient_is_cut_into_fixed_segments_when_it_is_small(self) -> None:
        layer = Conv2d(name="a", out_channels=4, kernel_size=3)
        run = LayerRun(layer, [np.ones((20, 2, 8, 8))], {"weight": np.ones((4, 2, 3, 3)), "bias": np.ones(4)})
        run.forward()
        _, gradients = run.backward(np.ones((20, 4, 6, 6)))
        np.testing.assert_array_equal(gradients["weight"], np.full((4, 2, 3, 3), 20 * 36))
        np.testing.assert_array_equal(gradients["bias"], np.full(4, 20 * 36))

    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            (3, r"groups 3 does not divide the 4 input channels \(4 / 3 leaves 1\); use groups = 2"),
            (4, r"groups 4 does not divide out_channels \(6 / 4 leaves 2\); use groups = 2"),
        ],
    )
    def test_groups_that_do_not_divide_are_refused(self, groups: int, message: str) -> None:
        with pytest.raises(ShapeError, match=message):
            Conv2d(name="a", out_channels=6, kernel_size=3, groups=groups).infer_shape([(4, 8, 8)])

    def test_macs_and_parameters_are_those_of_the_formula(self) -> None:
        layer = Conv2d(name="a", out_channels=8, kernel_size=3, groups=2, padding=1)
        assert layer.macs([(4, 5, 5)], (8, 5, 5)) == 8 * 25 * (4 // 2) * 9
        assert [p.shape for p in layer.parameters([(4, 5, 5)])] == [(8, 2, 3, 3), (8,)]


class TestConv2dInManyBlocks(Battery):
    """Weight gradients whose operands do not fit the caches: sums go on where they stood, block after block."""

    cases = (
        case((5, 9, 7), out_channels=35, kernel_size=3, padding=1),
        case((4, 9, 7), out_channels=6, kernel_size=3, stride=2, groups=2),
    )

    @pytest.fixture(autouse=True)
    def _small_caches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("LAST_LEVEL", "SECOND_LEVEL", "WANTED_JOBS"):
            monkeypatch.setattr(f"netspec.layers.convolution.{name}", 1)
        monkeypatch.setattr("netspec.layers.convolution.MANY_ROWS", 7)


def winograd_case(shape, n=3, **fields) -> Case:
    layer = Conv2d(name="a", kernel_size=3, algorithm="winograd", **fields)
    # The transforms multiply by up to 5 and 8 and subtract: about ten times the rounding of the direct form (docs/speed.md).
    return Case(layer, [shape], twin(layer), n=n, sums_over_chunks=True, tolerance={"float32": 1e-3, "float64": 1e-10})


WINOGRAD = (
    winograd_case((2, 4, 4), out_channels=3, padding=1),
    winograd_case((5, 9, 7), out_channels=35, padding=1),
    winograd_case((17, 6, 11), out_channels=33),
    winograd_case((3, 5, 3), out_channels=4, padding={"top": 2, "left": 1, "right": 2}, bias=False),
    winograd_case((1, 3, 3), out_channels=1),
    winograd_case((20, 10, 10), out_channels=20, padding="same"),
)


class TestWinogradInStages(Battery):
    """Few tiles: every stage for all of them at once."""

    cases = WINOGRAD


class TestWinogradInBlocks(Battery):
    """Many tiles: some at a time through all stages in a thread's own memory."""

    cases = WINOGRAD

    @pytest.fixture(autouse=True)
    def _small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("netspec.layers.winograd_tiling.MANY_BLOCKS", 0)
        monkeypatch.setattr("netspec.layers.winograd_calls.BLOCK", 5)
        monkeypatch.setattr("netspec.layers.winograd_calls.SUM_BLOCK", (3, 3))


def test_winograd_is_chosen_where_it_is_faster_unless_the_spec_forbids_it() -> None:
    def kernels(batch=8, channels=64, size=56, **fields) -> set[str]:
        layer = {"type": "conv2d", "name": "a", "out_channels": 64, "kernel_size": 3, "padding": 1, **fields}
        spec = netspec.Spec.model_validate({"input": {"shape": [channels, size, size]}, "layers": [layer]})
        plan = make_plan(start_plan(spec, dtype="float32", seed=0), Goal(batch=batch))
        return {call.kernel.name for call in plan.calls}

    assert "winograd_forward" in kernels()
    assert "winograd_outputs" in kernels(batch=2, size=28)
    for direct in ({"algorithm": "direct"}, {"stride": 2}, {"channels": 3}, {"groups": 2}, {"kernel_size": 5, "padding": 2}):
        assert not any("winograd" in name for name in kernels(**direct)), direct


extent = st.integers(1, 4)


@settings(max_examples=60, deadline=None)
@given(
    kernel=st.tuples(extent, extent), stride=st.tuples(extent, extent), dilation=st.tuples(extent, extent),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)), channels=st.integers(1, 3), out=st.integers(1, 3),
    sides=st.tuples(*[st.integers(0, 3)] * 4),
)  # fmt: skip
def test_any_convolution_equals_its_definition(kernel, stride, dilation, size, channels, out, sides) -> None:
    top, bottom, left, right = sides
    padding = {"top": top, "bottom": bottom, "left": left, "right": right}
    layer = Conv2d(name="a", out_channels=out, kernel_size=kernel, stride=stride, dilation=dilation, padding=padding)
    try:
        shape = layer.infer_shape([(channels, *size)])
    except ShapeError:
        return
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, channels, *size)), rng.normal(size=(out, channels, *kernel)), rng.normal(size=out)
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    expected = np.zeros((2, *shape)) + b[:, None, None]
    for r in range(kernel[0]):
        for s in range(kernel[1]):
            rows = slice(r * dilation[0], r * dilation[0] + (shape[1] - 1) * stride[0] + 1, stride[0])
            columns = slice(s * dilation[1], s * dilation[1] + (shape[2] - 1) * stride[1] + 1, stride[1])
            expected += np.einsum("nchw,oc->nohw", padded[:, :, rows, columns], w[:, :, r, s])
    run = LayerRun(layer, [x], {"weight": w, "bias": b})
    np.testing.assert_allclose(run.forward(), expected, rtol=1e-11, atol=1e-11)
    # The gradients are the adjoints of the same linear map: <dy, conv(x)> = <dx, x> = <dw, w>.
    dy = rng.normal(size=expected.shape)
    [dx], gradients = run.backward(dy)
    without_bias = (dy * (expected - b[:, None, None])).sum()
    assert (dx * x).sum() == pytest.approx(without_bias, rel=1e-9, abs=1e-9)
    assert (gradients["weight"] * w).sum() == pytest.approx(without_bias, rel=1e-9, abs=1e-9)
