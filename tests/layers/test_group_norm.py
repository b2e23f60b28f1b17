import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.group_norm import GroupNorm
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _twin(groups: int, eps: float = 1e-5):
    def twin(torch, x, p):
        return torch.nn.functional.group_norm(x[0], groups, p.get("weight"), p.get("bias"), eps)

    return twin


class TestGroupNorm(Battery):
    cases = (
        Case(GroupNorm(name="a", num_groups=2), [(6, 5, 4)], _twin(2)),
        Case(GroupNorm(name="a", num_groups=1, eps=1e-2), [(3, 7, 9)], _twin(1, 1e-2)),
        Case(GroupNorm(name="a", num_groups=4, affine=False), [(132,)], _twin(4)),
        Case(GroupNorm(name="a", num_groups=5), [(5, 3, 2)], _twin(5)),
    )

    def test_a_large_mean_does_not_spoil_the_variance(self) -> None:
        x = np.random.default_rng(0).normal(1e6, 1e-2, (2, 4, 8, 8)) + np.arange(4).reshape(4, 1, 1)
        y = LayerRun(GroupNorm(name="a", num_groups=4, affine=False, eps=1e-12), [x], {}).forward()
        exact = (x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True)
        np.testing.assert_allclose(y, exact, atol=1e-6)

    def test_groups_that_do_not_fit_are_refused(self) -> None:
        with pytest.raises(ShapeError, match="num_groups 5 does not divide 24 channels; use num_groups = 4"):
            GroupNorm(name="a", num_groups=5).infer_shape([(24, 3, 3)])

    def test_groups_of_one_value_are_told(self) -> None:
        assert [note.code for note in GroupNorm(name="a", num_groups=4).notes([(4, 1, 1)])] == ["NS902"]
        assert GroupNorm(name="a", num_groups=2).notes([(4,)]) == []
