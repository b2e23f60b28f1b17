import numpy as np

from netspec.layers.dropout import Dropout
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _mask(step: int = 0, key: int = 5, p: float = 0.3, n: int = 100_000) -> np.ndarray:
    run = LayerRun(Dropout(name="a", p=p), [np.ones((1, n))], {}, step=step)
    run.io.random_key = key
    return run.forward()[0]


def _mix(z: int, between: int) -> int:
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27) ^ between) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def _draw(key: int, step: int, index: int) -> float:
    """The documented draw in [0, 1), in Python's own integers."""
    golden = 0x9E3779B97F4A7C15
    first = _mix((key + golden) % 2**64, step)
    second = _mix((first + golden) % 2**64, step)
    return (_mix((index * golden + first) % 2**64, second) >> 11) / 2**53


class TestDropout(Battery):
    cases = (
        Case(Dropout(name="a"), [(3, 5, 4)], couples_samples=True),
        Case(Dropout(name="a", p=0.1), [(1001,)], couples_samples=True),
        Case(Dropout(name="a"), [(3, 5, 4)], lambda torch, x, p: x[0].clone(), training=False),
        Case(Dropout(name="a", p=0.0), [(7,)], lambda torch, x, p: x[0].clone()),
    )

    def test_kept_elements_are_scaled_and_the_share_is_p(self) -> None:
        mask = _mask()
        assert set(np.unique(mask)) == {0.0, 1 / 0.7}
        assert abs((mask == 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / mask.size)

    def test_neighbours_steps_and_keys_are_independent(self) -> None:
        base = (_mask() == 0) - 0.3
        others = [base[1:], base[2:], base[64:], (_mask(step=1) == 0) - 0.3, (_mask(step=2) == 0) - 0.3,
                  (_mask(key=6) == 0) - 0.3, (_mask(key=2**62) == 0) - 0.3]
        for other in others:
            correlation = np.mean(base[: other.size] * other) / 0.21
            assert abs(correlation) < 4.5 / np.sqrt(other.size)

    def test_the_mask_is_a_function_of_key_step_and_element(self) -> None:
        np.testing.assert_array_equal(_mask(step=3), _mask(step=3))
        np.testing.assert_array_equal(_mask(n=1000), _mask()[:1000])
        assert (_mask(step=3) != _mask(step=4)).any()

    def test_the_mask_is_the_documented_function(self) -> None:
        mask = _mask(step=7, key=2**63 - 11, p=0.3, n=500) > 0
        assert [_draw(2**63 - 11, 7, i) >= 0.3 for i in range(500)] == list(mask)
