import numpy as np

from netspec.layers.alpha_dropout import AlphaDropout
from netspec.layers.dropout import Dropout
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


class TestAlphaDropout(Battery):
    cases = (
        Case(AlphaDropout(name="a"), [(3, 5, 4)], couples_samples=True),
        Case(AlphaDropout(name="a", p=0.1), [(101,)], lambda torch, x, p: x[0].clone(), training=False),
    )

    def test_mean_0_and_variance_1_are_kept(self) -> None:
        x = np.random.default_rng(0).normal(size=(1, 200_000))
        y = LayerRun(AlphaDropout(name="a", p=0.2), [x], {}).forward()
        assert abs(y.mean()) < 0.01
        assert abs(y.var() - 1) < 0.02

    def test_the_mask_is_that_of_dropout_and_the_dropped_have_one_value(self) -> None:
        x = np.random.default_rng(0).normal(size=(1, 1000))
        y = LayerRun(AlphaDropout(name="a", p=0.3), [x], {}, step=5).forward()
        dropped = LayerRun(Dropout(name="a", p=0.3), [np.ones_like(x)], {}, step=5).forward() == 0
        a = 1 / np.sqrt(0.7 * (1 + 0.3 * 1.7580993408473766**2))
        np.testing.assert_allclose(y[dropped], a * -1.7580993408473766 * 0.7, rtol=1e-12)
        np.testing.assert_allclose(y[~dropped], a * x[~dropped] + a * 0.3 * 1.7580993408473766, rtol=1e-12)
