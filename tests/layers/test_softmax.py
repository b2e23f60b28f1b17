import numpy as np

from netspec.layers.softmax import Softmax
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


class TestSoftmax(Battery):
    cases = (
        Case(Softmax(name="a"), [(10,)], lambda torch, x, p: torch.softmax(x[0], 1), special=(80.0, -80.0)),
        Case(Softmax(name="a"), [(21, 3, 4)], lambda torch, x, p: torch.softmax(x[0], 1)),
        Case(Softmax(name="a"), [(1,)], lambda torch, x, p: torch.softmax(x[0], 1)),
        Case(Softmax(name="a"), [(1001,)], lambda torch, x, p: torch.softmax(x[0], 1)),
    )

    def test_large_values_do_not_overflow_and_each_row_sums_to_one(self) -> None:
        x = np.array([[1e30, 0, -1e30], [300, 299, 298], [-1e4, -1e4, -1e4]])
        y = LayerRun(Softmax(name="a"), [x], {}, dtype="float32").forward()
        np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(y[0], [1, 0, 0])
