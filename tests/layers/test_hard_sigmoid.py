from netspec.layers.hard_sigmoid import HardSigmoid
from tests.kit.battery import Battery, Case


def _twin(torch, x, p):
    return torch.nn.functional.relu6(x[0] + 3) / 6  # the gradient of torch's hardsigmoid has a float32 1/6 in float64


class TestHardSigmoid(Battery):
    cases = (
        Case(HardSigmoid(name="a"), [(3, 5, 4)], _twin, special=(0.0, 3.0, -3.0, 1e30, -1e30)),
        Case(HardSigmoid(name="a"), [(1001,)], _twin),
    )
