from netspec.layers.tanh import Tanh
from tests.kit.battery import Battery, Case


class TestTanh(Battery):
    cases = (
        Case(Tanh(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.tanh(x[0]), special=(0.0, 1e-6, 8.0, 30.0, -30.0, 1e30, -1e30)),
        Case(Tanh(name="a"), [(1001,)], lambda torch, x, p: torch.tanh(x[0])),
    )
