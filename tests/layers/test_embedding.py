import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.layers.embedding import Embedding
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _twin(torch, x, p):
    rows = torch.nn.functional.embedding(x[0].detach().long().flatten(1), p["weight"])
    y = rows.permute(0, 2, 1).reshape(len(x[0]), -1, *(x[0].shape[2:] if x[0].ndim == 4 else (x[0].shape[1], 1)))
    return y + 0 * x[0].sum()  # so that x has a gradient, of 0


class TestEmbedding(Battery):
    cases = (
        Case(Embedding(name="a", num_embeddings=6, embedding_dim=4), [(9,)], _twin, indices=6, given=(0,)),
        Case(Embedding(name="a", num_embeddings=3, embedding_dim=5), [(1, 3, 2)], _twin, indices=3, given=(0,)),
    )

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_what_is_no_index_gives_nan_and_no_gradient(self, dtype: str) -> None:
        x = np.array([[0, -1, 2, 2.5, 1e30, np.nan, -0.0, np.inf, 1]])
        layer = Embedding(name="a", num_embeddings=2, embedding_dim=1)
        run = LayerRun(layer, [x], {"weight": np.array([[5.0], [7.0]])}, dtype=dtype)
        nan = np.nan
        np.testing.assert_array_equal(run.forward().reshape(-1), [5, nan, nan, nan, nan, nan, 5, nan, 7])
        dx, dp = run.backward(np.arange(1.0, 10).reshape(1, 1, 9, 1))
        np.testing.assert_array_equal(dp["weight"], [[1 + 7], [9]])
        np.testing.assert_array_equal(dx[0], 0)

    def test_pictures_of_several_channels_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"reads indices \[T\] or \[1, H, W\], its input is \[3, 4, 4\]"):
            Embedding(name="a", num_embeddings=2, embedding_dim=1).infer_shape([(3, 4, 4)])
