import pytest
from pydantic import ValidationError

from netspec.layers.hard_tanh import HardTanh
from tests.kit.battery import Battery, Case


class TestHardTanh(Battery):
    cases = (
        Case(HardTanh(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.hardtanh(x[0]), special=(0.0, 1.0, -1.0, 1e30, -1e30)),
        Case(HardTanh(name="a"), [(1001,)], lambda torch, x, p: torch.nn.functional.hardtanh(x[0])),
        Case(HardTanh(name="a", min_val=-0.5, max_val=2.0), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.hardtanh(x[0], -0.5, 2.0)),
    )

    def test_an_empty_range_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"min_val 2\.0 is not below max_val 1\.0; give min_val < max_val"):
            HardTanh(name="a", min_val=2.0)
