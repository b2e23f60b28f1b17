from netspec.layers.softplus import Softplus
from tests.kit.battery import Battery, Case


class TestSoftplus(Battery):
    cases = (
        Case(Softplus(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.softplus(x[0], threshold=1e9), special=(0.0, 30.0, -30.0)),
        Case(Softplus(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.softplus(x[0], threshold=1e9)),
        Case(Softplus(name="a", beta=3.0), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.softplus(x[0], 3.0, threshold=1e9)),
    )
