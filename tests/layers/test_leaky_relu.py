from netspec.layers.leaky_relu import LeakyReLU
from tests.kit.battery import Battery, Case


class TestLeakyReLU(Battery):
    cases = (
        Case(LeakyReLU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.leaky_relu(x[0]), special=(0.0, 1e30, -1e30)),
        Case(LeakyReLU(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.leaky_relu(x[0])),
        Case(LeakyReLU(name="a", negative_slope=0.3), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.leaky_relu(x[0], 0.3)),
    )
