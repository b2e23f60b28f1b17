from netspec.layers.gelu import GELU
from tests.kit.battery import Battery, Case


class TestGELU(Battery):
    cases = (
        Case(GELU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.gelu(x[0]), special=(0.0, 1e-6, 30.0, -30.0)),
        Case(GELU(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.gelu(x[0])),
        Case(GELU(name="a", approximate="tanh"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.gelu(x[0], approximate="tanh"), special=(0.0, 1e-6, 30.0, -30.0)),
    )
