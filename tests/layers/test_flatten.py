from netspec.layers.flatten import Flatten
from tests.kit.battery import Battery, Case


def twin(torch, x, p):
    return x[0].flatten(1)


class TestFlatten(Battery):
    cases = (
        Case(Flatten(name="a"), [(3, 5, 4)], twin),
        Case(Flatten(name="a"), [(1, 5, 4)], twin),
        Case(Flatten(name="a"), [(7, 1, 1)], twin),
        Case(Flatten(name="a"), [(9,)], twin),
    )
