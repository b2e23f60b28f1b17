import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.layers.reshape import Reshape
from netspec.problems import spell
from tests.kit.battery import Battery, Case


def twin(*shape):
    return lambda torch, x, p: x[0].reshape(-1, *shape)


class TestReshape(Battery):
    cases = (
        Case(Reshape(name="a", shape=[-1]), [(3, 5, 4)], twin(60)),
        Case(Reshape(name="a", shape=[6, -1, 5]), [(3, 5, 4)], twin(6, 2, 5)),
        Case(Reshape(name="a", shape=[3, 5, 4]), [(3, 5, 4)], twin(3, 5, 4)),
        Case(Reshape(name="a", shape=[-1, 5, 4]), [(60,)], twin(3, 5, 4)),
        Case(Reshape(name="a", shape=[60, 1, 1]), [(3, 5, 4)], twin(60, 1, 1)),
        Case(Reshape(name="a", shape=[4, 3, 5]), [(1, 6, 10)], twin(4, 3, 5)),
        Case(Reshape(name="a", shape=[12]), [(12,)], twin(12)),
    )

    @pytest.mark.parametrize(("shape", "text"), [
        ([16, 5, 6], "shape [16, 5, 6] holds 480 values, the input [16, 5, 5] has 400; "
                     "choose sizes whose product is 400"),
        ([7, -1, 1], "shape [7, -1, 1] needs a multiple of 7 values, the input [16, 5, 5] has 400; "
                     "choose sizes whose product is 400"),
        ([200], "shape [200] holds 200 values, the input [16, 5, 5] has 400; choose sizes whose product is 400"),
    ])
    def test_another_number_of_values_is_refused(self, shape: list[int], text: str) -> None:
        with pytest.raises(ShapeError) as caught:
            Reshape(name="a", shape=shape).infer_shape([(16, 5, 5)])
        assert (str(caught.value), caught.value.code, caught.value.field) == (text, "NS208", "shape")

    @pytest.mark.parametrize("shape", [[], [2, 3], [-1, -1, 2], [0], [-2], [1, 2, 3, 4], 5, [2.0], [True]])
    def test_bad_shapes_give_one_message(self, shape: object) -> None:
        with pytest.raises(ValidationError) as caught:
            Reshape(name="a", shape=shape)
        [error] = caught.value.errors()
        assert error["msg"] == (f"{spell(shape)} is not a shape; use [F] or [C, H, W] of whole numbers ≥ 1, "
                                "one of which may be -1 (the rest)")
