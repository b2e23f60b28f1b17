from netspec.layers.celu import CELU
from tests.kit.battery import Battery, Case


class TestCELU(Battery):
    # PyTorch rounds 1 / α to float32 in the backward pass, so α is a power of two here.
    cases = (
        Case(CELU(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.celu(x[0]), special=(0.0, -0.0, -80.0)),
        Case(CELU(name="a", alpha=0.5), [(101,)],
             lambda torch, x, p: torch.nn.functional.celu(x[0], 0.5)),
    )
