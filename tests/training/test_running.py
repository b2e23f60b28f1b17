"""What a lane counts while it trains."""

from __future__ import annotations

import numpy as np

from netspec.loss_value import LossValue
from netspec.metrics.accuracy import Accuracy
from netspec.metrics.confusion import Confusion
from netspec.metrics.report import Report
from netspec.training.lane_run import Running


def test_running_metrics_wait_and_then_count_every_batch() -> None:
    rng = np.random.default_rng(0)
    metrics = [Accuracy(), Confusion()]
    running, report = Running(Report(metrics), (), LossValue.empty(1)), Report(metrics)
    for number in range(1, 100):
        outputs, targets = rng.normal(size=(number % 7 + 1, 3)), rng.integers(0, 3, number % 7 + 1)
        running.count(outputs, targets)
        report.update(outputs, targets)
        if number in (1, 40, 99):
            assert running.state()["report"] == report.state()
    resumed = Running(Report(metrics), (), LossValue.empty(1))
    resumed.restore(running.state())
    assert resumed.measures()["running_accuracy"] == report.compute()["accuracy"]
