from netspec.layers.elu import ELU
from tests.kit.battery import Battery, Case


class TestELU(Battery):
    cases = (
        Case(ELU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.elu(x[0]), special=(0.0, -1e-6, 1e30, -1e30)),
        Case(ELU(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.elu(x[0])),
        Case(ELU(name="a", alpha=0.5), [(3, 5, 4)], lambda torch, x, p: torch.nn.functional.elu(x[0], 0.5)),
    )
