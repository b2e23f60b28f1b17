from netspec.layers.sigmoid import Sigmoid
from tests.kit.battery import Battery, Case


class TestSigmoid(Battery):
    cases = (
        Case(Sigmoid(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.sigmoid(x[0]), special=(0.0, 80.0, -80.0, 1e30, -1e30)),
        Case(Sigmoid(name="a"), [(1001,)], lambda torch, x, p: torch.sigmoid(x[0])),
    )
