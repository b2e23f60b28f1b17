import numpy as np

from netspec.layers.dropout import Dropout
from netspec.layers.stochastic_depth import StochasticDepth
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def factors(kind: type[StochasticDepth] | type[Dropout], p: float, shape: tuple[int, ...], n: int = 4000) -> np.ndarray:
    run = LayerRun(kind(name="a", p=p), [np.ones((n, *shape))], {}, step=3)
    run.io.random_key = 5
    return run.forward()


class TestStochasticDepth(Battery):
    cases = (
        Case(StochasticDepth(name="a", p=0.4), [(3, 5, 4)], couples_samples=True),
        Case(StochasticDepth(name="a", p=0.1), [(101,)], couples_samples=True, n=7),
        Case(StochasticDepth(name="a", p=0.4), [(3, 5, 4)], lambda torch, x, p: x[0].clone(), training=False),
        Case(StochasticDepth(name="a", p=0.0), [(7,)], lambda torch, x, p: x[0].clone()),
    )

    def test_samples_are_kept_or_dropped_as_a_whole_with_the_right_share(self) -> None:
        y = factors(StochasticDepth, 0.3, (2, 3))
        assert set(np.unique(y)) == {0.0, 1 / 0.7}
        assert np.all(y == y[:, :1, :1])
        assert abs((y[:, 0, 0] == 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / len(y))

    def test_its_draws_are_those_of_dropout_with_a_sample_for_an_element(self) -> None:
        np.testing.assert_array_equal(factors(StochasticDepth, 0.3, (6,))[:, 0], factors(Dropout, 0.3, (1,))[:, 0])
