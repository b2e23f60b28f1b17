from netspec.layers.global_max_pool import GlobalMaxPool
from tests.kit.battery import Battery, Case


def twin(torch, x, p):
    return torch.nn.functional.adaptive_max_pool2d(x[0], 1).flatten(1)


class TestGlobalMaxPool(Battery):
    cases = (
        Case(GlobalMaxPool(name="a"), [(5, 7, 7)], twin),
        Case(GlobalMaxPool(name="a"), [(33, 3, 4)], twin, special=(9.0, 9.0, 9.0)),
        Case(GlobalMaxPool(name="a"), [(2, 1, 1)], twin),
    )
