from netspec.layers.mish import Mish
from tests.kit.battery import Battery, Case


class TestMish(Battery):
    cases = (
        Case(Mish(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.mish(x[0]), special=(0.0, 80.0, -80.0)),
    )
