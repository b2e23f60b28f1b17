import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.concat import Concat
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def twin(torch, x, p):
    return torch.cat(x, 1)


class TestConcat(Battery):
    cases = (
        Case(Concat(name="a"), [(3, 5, 4), (2, 5, 4)], twin),
        Case(Concat(name="a"), [(17, 3, 2), (1, 3, 2), (40, 3, 2)], twin),
        Case(Concat(name="a"), [(10,), (33,)], twin),
    )

    def test_the_same_input_may_come_twice(self) -> None:
        x = np.random.default_rng(0).normal(size=(2, 3, 2, 2))
        run = LayerRun(Concat(name="a"), [x, x], {})
        run.io.x = [run.io.x[0], run.io.x[0]]
        np.testing.assert_array_equal(run.forward(), np.concatenate([x, x], 1))

    @pytest.mark.parametrize(("shapes", "text"), [
        ([(8, 4, 4), (3, 4, 5)], "input 2 (b) is [3, 4, 5] but input 1 (a) is [8, 4, 4]; "
                                 "give all inputs the shape [C, H, W] with one height and width"),
        ([(8,), (8, 1, 1)], "input 2 (b) is [8, 1, 1] but input 1 (a) is [8]; give all inputs the shape [F]"),
    ])
    def test_other_shapes_are_refused(self, shapes: list[tuple[int, ...]], text: str) -> None:
        with pytest.raises(ShapeError) as caught:
            Concat(name="c", inputs=["a", "b"]).infer_shape(shapes)
        assert (str(caught.value), caught.value.code) == (text, "NS202")
