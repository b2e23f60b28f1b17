from netspec.layers.log_sigmoid import LogSigmoid
from tests.kit.battery import Battery, Case


class TestLogSigmoid(Battery):
    cases = (
        Case(LogSigmoid(name="a"), [(3, 5, 4)],
             lambda torch, x, p: torch.nn.functional.logsigmoid(x[0]), special=(0.0, 80.0, -80.0)),
    )
