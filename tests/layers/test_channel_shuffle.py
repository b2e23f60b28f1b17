import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.channel_shuffle import ChannelShuffle
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def case(shape, groups) -> Case:
    twin = lambda torch, x, p: torch.nn.functional.channel_shuffle(x[0], groups)  # noqa: E731
    return Case(ChannelShuffle(name="a", groups=groups), [shape], twin)


class TestChannelShuffle(Battery):
    cases = (case((6, 3, 2), 2), case((6, 2, 2), 3), case((36, 2, 3), 4), case((5, 2, 2), 1), case((4, 1, 1), 4))

    def test_vectors_are_shuffled_too(self) -> None:
        run = LayerRun(ChannelShuffle(name="a", groups=2), [np.arange(6.0)[None]], {})
        np.testing.assert_array_equal(run.forward(), [[0, 3, 1, 4, 2, 5]])

    def test_groups_that_do_not_divide_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"groups 4 does not divide the 6 channels; use groups = 3"):
            ChannelShuffle(name="a", groups=4).infer_shape([(6, 2, 2)])
