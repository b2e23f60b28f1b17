import numpy as np

from netspec.layers.layer_norm import WIDE, LayerNorm
from tests.kit.battery import Battery, Case
from tests.kit.bench import LayerRun


def _over_all(torch, x, p):
    return torch.nn.functional.layer_norm(x[0], x[0].shape[1:], p.get("weight"), p.get("bias"), 1e-5)


def _over_channels(torch, x, p):
    last = x[0].permute(0, 2, 3, 1)
    return torch.nn.functional.layer_norm(last, last.shape[3:], p.get("weight"), p.get("bias"), 1e-6).permute(0, 3, 1, 2)


class TestLayerNorm(Battery):
    cases = (
        Case(LayerNorm(name="a"), [(3, 5, 4)], _over_all),
        Case(LayerNorm(name="a", bias=False), [(3, 17, 9)], _over_all),
        Case(LayerNorm(name="a"), [(37,)], _over_all, n=9),
        Case(LayerNorm(name="a", affine=False), [(257,)], _over_all),
        Case(LayerNorm(name="a", over="channels", eps=1e-6), [(5, 7, 3)], _over_channels),
        Case(LayerNorm(name="a", over="channels", affine=False, eps=1e-6), [(40, 2, 2)], _over_channels),
        Case(LayerNorm(name="a"), [(8, 26, 23)], _over_all),
    )

    def test_the_last_case_is_cut_into_columns(self) -> None:
        assert np.prod(self.cases[-1].shapes[0]) >= WIDE

    def test_the_parameters_have_pytorchs_shapes(self) -> None:
        def shapes(layer: LayerNorm) -> dict[str, tuple[int, ...]]:
            return {p.name: p.shape for p in layer.parameters([(3, 5, 4)])}

        assert shapes(LayerNorm(name="a")) == {"weight": (3, 5, 4), "bias": (3, 5, 4)}
        assert shapes(LayerNorm(name="a", over="channels", bias=False)) == {"weight": (3,)}
        assert shapes(LayerNorm(name="a", affine=False)) == {}
        assert not any(p.decays for p in LayerNorm(name="a").parameters([(3, 5, 4)]))

    def test_a_large_mean_does_not_spoil_the_variance(self) -> None:
        x = np.random.default_rng(0).normal(1e6, 1e-2, (2, 500))
        y = LayerRun(LayerNorm(name="a", affine=False, eps=1e-12), [x], {}).forward()
        np.testing.assert_allclose(y, (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True), atol=1e-6)

    def test_one_value_is_told(self) -> None:
        assert [note.code for note in LayerNorm(name="a", over="channels").notes([(1, 4, 4)])] == ["NS902"]
        assert LayerNorm(name="a").notes([(1, 4, 4)]) == LayerNorm(name="a", over="channels").notes([(2,)]) == []
