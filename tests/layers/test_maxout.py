import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.maxout import Maxout
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _twin(pieces: int):
    return lambda torch, x, p: x[0].unflatten(1, (-1, pieces)).amax(2)


class TestMaxout(Battery):
    cases = (
        Case(Maxout(name="a"), [(6, 5, 4)], _twin(2)),
        Case(Maxout(name="a", pieces=5), [(105,)], _twin(5)),
    )

    def test_the_gradient_of_equal_members_goes_to_the_first(self) -> None:
        run = LayerRun(Maxout(name="a", pieces=3), [np.array([[1.0, 2.0, 2.0]])], {})
        run.forward()
        np.testing.assert_array_equal(run.backward(np.array([[5.0]]))[0][0], [[0, 5, 0]])

    def test_pieces_that_do_not_divide_the_channels_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"pieces 4 does not divide 6 channels \(remainder 2\); give the layer"):
            Maxout(name="a", pieces=4).infer_shape([(6, 5, 4)])
