from netspec.layers.tanh_shrink import TanhShrink
from tests.kit.battery import Battery, Case


class TestTanhShrink(Battery):
    cases = (
        Case(TanhShrink(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.tanhshrink(x[0]), special=(0.0, 80.0, -80.0)),
    )
