import numpy as np
import pytest

from netspec.layers.add import Add
from netspec.layers.base import ShapeError
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(torch, x, p):
    return sum(x[1:], x[0])


class TestAdd(Battery):
    cases = (
        Case(Add(name="a"), [(3, 5, 4)] * 2, twin),
        Case(Add(name="a"), [(101,)] * 2, twin),
        Case(Add(name="a"), [(2, 3, 3)] * 4, twin),
    )

    def test_a_tensor_added_to_itself_is_doubled_and_both_gradients_are_dy(self) -> None:
        x = np.random.default_rng(0).normal(size=(2, 7))
        run = LayerRun(Add(name="a"), [x, x], {})
        run.io.x = [run.io.x[0], run.io.x[0]]
        np.testing.assert_array_equal(run.forward(), 2 * x)
        dx, _ = run.backward(x)
        np.testing.assert_array_equal(dx, [x, x])

    def test_the_input_that_differs_is_named(self) -> None:
        layer = Add(name="a", inputs=["stem", "left", "right"])
        with pytest.raises(ShapeError) as caught:
            layer.infer_shape([(8, 4, 4), (8, 4, 4), (8, 2, 2)])
        assert (caught.value.code, caught.value.field) == ("NS202", "inputs")
        assert str(caught.value) == (
            "input 3 (right) is [8, 2, 2] but input 1 (stem) is [8, 4, 4]; "
            "give all inputs one shape, for example by a 1×1 conv2d with the same stride")
