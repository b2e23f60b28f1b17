from netspec.layers.relu6 import ReLU6
from tests.kit.battery import Battery, Case


class TestReLU6(Battery):
    cases = (
        Case(ReLU6(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.relu6(x[0]), special=(0.0, 6.0, 1e30, -1e30)),
        Case(ReLU6(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.relu6(x[0])),
    )
