import numpy as np
import pytest

from netspec.layers.batch_norm import BatchNorm
from tests.kit.battery import Battery, Case, compute
from tests.kit.bench import LayerRun


def _twin(training: bool, momentum: float = 0.1, eps: float = 1e-5):
    def twin(torch, x, p):
        return torch.nn.functional.batch_norm(
            x[0], p["running_mean"], p["running_var"], p.get("weight"), p.get("bias"), training, momentum, eps
        )

    return twin


class TestBatchNorm(Battery):
    cases = (
        Case(BatchNorm(name="a"), [(3, 5, 4)], _twin(True), couples_samples=True, sums_over_chunks=True),
        Case(BatchNorm(name="a"), [(200, 3, 3)], _twin(True), couples_samples=True, sums_over_chunks=True),
        Case(BatchNorm(name="a", eps=1e-3, momentum=0.3), [(17,)], _twin(True, 0.3, 1e-3), n=9,
             couples_samples=True, sums_over_chunks=True),
        Case(BatchNorm(name="a", affine=False), [(2, 9, 31)], _twin(True), couples_samples=True, sums_over_chunks=True),
        Case(BatchNorm(name="a"), [(3, 5, 4)], _twin(False), training=False),
        Case(BatchNorm(name="a", affine=False), [(17,)], _twin(False), training=False),
    )

    def test_a_large_mean_does_not_spoil_the_variance(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(1e6, 1e-2, (64, 2, 8, 8))
        run = LayerRun(BatchNorm(name="a", affine=False, eps=1e-12), [x], {})
        y = run.forward()
        exact = (x - x.mean((0, 2, 3), keepdims=True)) / x.std((0, 2, 3), keepdims=True)
        np.testing.assert_allclose(y, exact, atol=1e-6)

    @pytest.mark.parametrize(("unbiased", "ddof"), [(True, 1), (False, 0)])
    def test_the_running_variance_is_unbiased_or_not_as_asked(self, unbiased: bool, ddof: int) -> None:
        x = np.random.default_rng(1).normal(3, 2, (5, 4))
        run = LayerRun(BatchNorm(name="a", unbiased_running_var=unbiased, momentum=0.25, affine=False), [x], {})
        run.forward()
        np.testing.assert_allclose(run.new_states()["running_var"], 0.75 + 0.25 * x.var(0, ddof=ddof), rtol=1e-12)
        np.testing.assert_allclose(run.new_states()["running_mean"], 0.25 * x.mean(0), rtol=1e-12)

    def test_inference_and_frozen_layers_leave_the_statistics_alone(self) -> None:
        case = self.cases[4]
        before = case.run()[0].states
        for name, value in compute(case).states.items():
            np.testing.assert_array_equal(value, before[name])

    def test_a_single_value_gives_the_bias_and_a_note_says_so(self) -> None:
        layer = BatchNorm(name="a")
        run = LayerRun(layer, [np.full((1, 2, 1, 1), 7.0)], {"weight": np.ones(2), "bias": np.array([3.0, 4.0])})
        np.testing.assert_array_equal(run.forward().reshape(-1), [3, 4])
        dx, _ = run.backward(np.ones((1, 2, 1, 1)))
        np.testing.assert_array_equal(dx[0], 0)
        assert [note.code for note in layer.notes([(2, 1, 1)])] == ["NS902"]
        assert layer.notes([(2, 3, 1)]) == layer.notes([(2,)]) == []
