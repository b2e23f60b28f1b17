from netspec.layers.silu import SiLU
from tests.kit.battery import Battery, Case


class TestSiLU(Battery):
    cases = (
        Case(SiLU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.silu(x[0]), special=(0.0, 1e30, 80.0, -80.0)),
        Case(SiLU(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.silu(x[0])),
    )
