from netspec.layers.hard_swish import HardSwish
from tests.kit.battery import Battery, Case


class TestHardSwish(Battery):
    cases = (
        Case(HardSwish(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.hardswish(x[0]), special=(0.0, 3.0, -3.0, 1e30, -1e30)),
        Case(HardSwish(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.hardswish(x[0])),
    )
