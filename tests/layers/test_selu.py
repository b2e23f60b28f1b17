from netspec.layers.selu import SELU
from tests.kit.battery import Battery, Case


class TestSELU(Battery):
    cases = (
        Case(SELU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.selu(x[0]), special=(0.0, -1e-6, 1e30, -1e30)),
        Case(SELU(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.selu(x[0])),
    )
