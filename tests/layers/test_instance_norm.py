import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.instance_norm import InstanceNorm
from tests.kit.battery import Battery, Case, compute
from tests.kit.bench import LayerRun


def _twin(by_input: bool = True, momentum: float = 0.1):
    def twin(torch, x, p):
        return torch.nn.functional.instance_norm(
            x[0], p.get("running_mean"), p.get("running_var"), p.get("weight"), p.get("bias"), by_input, momentum, 1e-5
        )

    return twin


class TestInstanceNorm(Battery):
    cases = (
        Case(InstanceNorm(name="a"), [(3, 5, 4)], _twin()),
        Case(InstanceNorm(name="a", affine=True), [(130, 3, 2)], _twin()),
        Case(InstanceNorm(name="a", affine=True, track_running_stats=True, momentum=0.3), [(3, 9, 7)], _twin(True, 0.3)),
        Case(InstanceNorm(name="a", affine=True, track_running_stats=True), [(3, 5, 4)], _twin(False), training=False,
             sums_over_chunks=True),
        Case(InstanceNorm(name="a"), [(3, 5, 2)], _twin(), training=False),
    )

    def test_inference_leaves_the_statistics_alone(self) -> None:
        before = self.cases[3].run()[0].states
        for name, value in compute(self.cases[3]).states.items():
            np.testing.assert_array_equal(value, before[name])

    def test_a_single_pixel_gives_the_bias_and_a_note_says_so(self) -> None:
        layer = InstanceNorm(name="a", affine=True)
        run = LayerRun(layer, [np.full((1, 2, 1, 1), 7.0)], {"weight": np.ones(2), "bias": np.array([3.0, 4.0])})
        np.testing.assert_array_equal(run.forward().reshape(-1), [3, 4])
        (note,) = layer.notes([(2, 1, 1)])
        assert (note.code, note.message) == (
            "NS902", "each channel of 2×1×1 has a single value, which is its own mean, so the layer always gives its bias"
        )  # fmt: skip
        known = InstanceNorm(name="a", track_running_stats=True, frozen=True)
        assert layer.notes([(2, 3, 1)]) == known.notes([(2, 1, 1)]) == []

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"pictures \[C, H, W\], its input is \[8\]; use layer_norm or batch_norm"):
            InstanceNorm(name="a").infer_shape([(8,)])
