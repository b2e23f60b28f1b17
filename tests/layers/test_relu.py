from netspec.layers.relu import ReLU
from tests.kit.battery import Battery, Case


class TestReLU(Battery):
    cases = (
        Case(ReLU(name="a"), [(3, 5, 4)], lambda torch, x, p: torch.relu(x[0]), special=(0.0, -0.0, 1e30, -1e30)),
        Case(ReLU(name="a"), [(1001,)], lambda torch, x, p: torch.relu(x[0])),
    )
