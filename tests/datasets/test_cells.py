import numpy as np
import pytest

from netspec.datasets.cells import draw_cells
from netspec.datasets.synthetic import Synthetic


def test_membranes_are_dark_and_cells_are_bright() -> None:
    x, y = draw_cells(4, 48, 0.0, np.random.default_rng(1))
    assert (x.shape, y.shape, set(np.unique(y))) == ((4, 48, 48, 1), (4, 48, 48), {0, 1})
    assert 0.2 < np.mean(y == 0) < 0.6
    assert x[y == 0].mean() + 60 < x[y == 1].mean()


def test_the_same_seed_gives_the_same_cells(tmp_path) -> None:
    one, other, third = (
        Synthetic(kind="cells", samples=4, size=32, seed=seed).read(tmp_path, None) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.parts["all"].x, other.parts["all"].x)
    assert (one.parts["all"].x != third.parts["all"].x).any()
    assert one.classes == ("membrane", "cell")


def test_cells_have_two_classes() -> None:
    with pytest.raises(ValueError, match="cells has 2 classes, not 3"):
        Synthetic(kind="cells", classes=3)
