import pytest

from netspec.layers.base import ShapeError
from netspec.layers.prelu import PReLU
from tests.kit.battery import Battery, Case


def _twin(torch, x, p):
    return torch.nn.functional.prelu(x[0], p["weight"])


class TestPReLU(Battery):
    cases = (
        Case(PReLU(name="a"), [(3, 5, 4)], _twin, special=(0.0, -0.0)),
        Case(PReLU(name="a", num_parameters=3), [(3, 17, 9)], _twin, special=(0.0, -0.0)),
        Case(PReLU(name="a", num_parameters=201), [(201,)], _twin),
    )

    def test_a_wrong_number_of_slopes_is_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"num_parameters 4 does not fit 3 channels; use num_parameters = 3"):
            PReLU(name="a", num_parameters=4).infer_shape([(3, 5, 4)])
