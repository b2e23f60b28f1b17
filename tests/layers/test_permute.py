import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.layers.permute import Permute
from tests.kit.battery import Battery, Case


def case(shape, *axes) -> Case:
    return Case(Permute(name="a", axes=axes), [shape], lambda torch, x, p: x[0].permute(0, *(1 + a for a in axes)))


class TestPermute(Battery):
    cases = (
        case((3, 4, 5), 1, 2, 0),
        case((3, 4, 5), 2, 0, 1),
        case((17, 2, 3), 0, 2, 1),
        case((2, 1, 4), 2, 1, 0),
        case((2, 3, 2), 0, 1, 2),
    )

    @pytest.mark.parametrize("axes", [[0, 1], [0, 1, 1], [1, 2, 3], "chw"])
    def test_what_is_no_order_is_refused(self, axes) -> None:
        with pytest.raises(ValidationError, match=r"is not an order of the axes; use 0 \(channels\), 1 \(height\)"):
            Permute(name="a", axes=axes)

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"needs a \[C, H, W\] input"):
            Permute(name="a", axes=[1, 2, 0]).infer_shape([(4,)])
