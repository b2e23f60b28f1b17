import pytest

from netspec.layers.base import ShapeError
from netspec.layers.local_response_norm import LocalResponseNorm
from tests.kit.battery import Battery, Case


def _twin(*settings: float):
    return lambda torch, x, p: torch.nn.functional.local_response_norm(x[0], *settings)


class TestLocalResponseNorm(Battery):
    cases = (
        Case(LocalResponseNorm(name="a", size=5, alpha=0.5), [(7, 3, 2)], _twin(5, 0.5)),
        Case(LocalResponseNorm(name="a", size=4, alpha=0.3, beta=0.6, k=2.0), [(9, 3, 2)], _twin(4, 0.3, 0.6, 2.0)),
        Case(LocalResponseNorm(name="a", size=9, alpha=0.3), [(3, 3, 2)], _twin(9, 0.3)),
    )

    def test_vectors_are_refused(self) -> None:
        with pytest.raises(ShapeError, match=r"pictures \[C, H, W\], its input is \[8\]"):
            LocalResponseNorm(name="a", size=3).infer_shape([(8,)])
