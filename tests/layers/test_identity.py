from netspec.layers.identity import Identity
from tests.kit.battery import Battery, Case


class TestIdentity(Battery):
    cases = (
        Case(Identity(name="a"), [(3, 5, 4)], lambda torch, x, p: x[0], special=(0.0, 1e30)),
        Case(Identity(name="a"), [(1001,)], lambda torch, x, p: x[0]),
    )
