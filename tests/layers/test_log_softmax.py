from netspec.layers.log_softmax import LogSoftmax
from tests.kit.battery import Battery, Case


class TestLogSoftmax(Battery):
    cases = (
        Case(LogSoftmax(name="a"), [(10,)], lambda torch, x, p: torch.log_softmax(x[0], 1), special=(80.0, -80.0)),
        Case(LogSoftmax(name="a"), [(21, 3, 4)], lambda torch, x, p: torch.log_softmax(x[0], 1)),
    )
