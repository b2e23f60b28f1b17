from netspec.layers.soft_shrink import SoftShrink
from tests.kit.battery import Battery, Case


class TestSoftShrink(Battery):
    cases = (
        Case(SoftShrink(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.softshrink(x[0]), special=(0.5, -0.5, 0.0)),
        Case(SoftShrink(name="a", threshold=1.5), [(101,)],
             lambda torch, x, p: torch.nn.functional.softshrink(x[0], 1.5)),
    )
