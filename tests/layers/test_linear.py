import numpy as np
import pytest

from netspec.layers.linear import Linear
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun

TOLERANCE = {"float32": 3e-5, "float64": 1e-10}


def twin(torch, x, p):
    return torch.nn.functional.linear(x[0].flatten(1), p["weight"], p.get("bias"))


def case(shape, n=3, **fields) -> Case:
    return Case(Linear(name="a", **fields), [shape], twin, n=n, sums_over_chunks=True, tolerance=TOLERANCE)


class TestLinear(Battery):
    cases = (
        case((7,), out_features=5),
        case((1,), out_features=1),
        case((33,), n=17, out_features=65),
        case((20,), out_features=4, bias=False),
        case((3, 4, 5), out_features=6),
        case((2, 1, 7), n=9, out_features=40),
    )

    def test_a_picture_is_flattened_in_the_order_c_h_w(self) -> None:
        x = np.arange(24.0).reshape(1, 2, 3, 4)
        w = np.eye(24)
        y = LayerRun(Linear(name="a", out_features=24, bias=False), [x], {"weight": w}).forward()
        np.testing.assert_array_equal(y[0], np.arange(24))

    def test_large_weights_are_not_transposed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(0)
        w, x, dy = rng.standard_normal((70, 24)), rng.standard_normal((5, 2, 3, 4)), rng.standard_normal((5, 70))
        run = LayerRun(Linear(name="a", out_features=70, bias=False), [x], {"weight": w})
        run.forward()
        (expected,), _ = run.backward(dy)
        monkeypatch.setattr("netspec.layers.linear.LARGE", 1)
        run = LayerRun(Linear(name="a", out_features=70, bias=False), [x], {"weight": w})
        run.forward()
        (dx,), _ = run.backward(dy)
        np.testing.assert_allclose(dx, (dy @ w).reshape(x.shape), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-12)

    def test_macs_are_inputs_times_outputs(self) -> None:
        assert Linear(name="a", out_features=10).macs([(3, 4, 5)], (10,)) == 600
