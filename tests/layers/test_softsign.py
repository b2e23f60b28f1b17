from netspec.layers.softsign import Softsign
from tests.kit.battery import Battery, Case


class TestSoftsign(Battery):
    cases = (
        Case(Softsign(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.softsign(x[0]), special=(0.0, 1e-6, 30.0, -1e15)),
        Case(Softsign(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.softsign(x[0])),
    )
