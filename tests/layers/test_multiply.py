import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.multiply import Multiply
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(torch, x, p):
    y = x[0]
    for factor in x[1:]:
        y = y * factor
    return y


def per_channel(torch, x, p):
    return x[0] * x[1].reshape(*x[1].shape[:2], 1, 1)


class TestMultiply(Battery):
    cases = (
        Case(Multiply(name="a"), [(3, 5, 4)] * 2, twin, special=(0.0, -0.0)),
        Case(Multiply(name="a"), [(101,)] * 2, twin),
        Case(Multiply(name="a"), [(2, 3, 3)] * 4, twin, special=(0.0,)),
        Case(Multiply(name="a"), [(6, 5, 4), (6,)], per_channel),
        Case(Multiply(name="a"), [(37, 3, 2), (37, 1, 1)], per_channel),
        Case(Multiply(name="a"), [(5, 1, 1), (5,)], per_channel),
        Case(Multiply(name="a"), [(5,), (5,)], twin),
    )

    def test_two_zeros_give_zero_gradients_without_a_division(self) -> None:
        x = [np.array([[0.0, 0.0, 2.0]]), np.array([[0.0, 3.0, 0.0]]), np.array([[5.0, 7.0, 0.0]])]
        run = LayerRun(Multiply(name="a"), x, {})
        run.forward()
        dx, _ = run.backward(np.ones((1, 3)))
        np.testing.assert_array_equal(dx, [[[0, 21, 0]], [[0, 0, 0]], [[0, 0, 0]]])

    def test_a_square_gets_its_gradient_in_two_halves(self) -> None:
        x = np.random.default_rng(0).normal(size=(2, 7))
        run = LayerRun(Multiply(name="a"), [x, x], {})
        run.io.x = [run.io.x[0], run.io.x[0]]
        np.testing.assert_array_equal(run.forward(), x * x)
        np.testing.assert_array_equal(run.backward(np.ones((2, 7)))[0], [x, x])

    @pytest.mark.parametrize(("shapes", "text"), [
        ([(8,), (8, 4, 4)], "input 1 (a) is [8] and input 2 (b) is [8, 4, 4]: the factors of the channels come first; "
                            "swap the inputs: the picture, then the factors"),
        ([(8, 4, 4), (4,)], "input 2 (b) is [4] but input 1 (a) is [8, 4, 4]; "
                            "give all inputs one shape, or a [C, H, W] and then a [C] or [C, 1, 1]"),
    ])
    def test_other_shapes_are_refused(self, shapes: list[tuple[int, ...]], text: str) -> None:
        with pytest.raises(ShapeError) as caught:
            Multiply(name="m", inputs=["a", "b"]).infer_shape(shapes)
        assert (str(caught.value), caught.value.code) == (text, "NS202")

    def test_three_inputs_are_never_broadcast(self) -> None:
        with pytest.raises(ShapeError, match="input 2 is"):
            Multiply(name="m").infer_shape([(8, 4, 4), (8,), (8,)])
