"""What holds for every metric, the report that shares counters, and the direction of a monitored name."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.metrics.accuracy import Accuracy
from netspec.metrics.base import Metric
from netspec.metrics.confusion import Confusion
from netspec.metrics.confusion_counts import ConfusionCounts
from netspec.metrics.f1 import F1
from netspec.metrics.mae import MAE
from netspec.metrics.monitor import direction_of, is_share, say
from netspec.metrics.report import Report
from netspec.metrics.rmse import RMSE
from netspec.metrics.top_k import TopK
from netspec.registry import plugins

NAMES = [
    "accuracy", "average_precision", "class_iou", "cohen_kappa", "confusion", "f1", "mae", "mcc", "mean_average_precision",
    "mean_class_accuracy", "mean_iou", "pixel_accuracy", "pr_auc", "precision", "r2", "recall", "rmse", "roc_auc", "top_k",
]  # fmt: skip


def test_the_registry_finds_every_metric() -> None:
    assert list(plugins("netspec.metrics")) == NAMES


def test_scores_of_classes_are_shares_and_errors_are_none() -> None:
    names = (*NAMES, "val_f1_weighted", "top_3", "val_loss", "loss", "unheard_of", "")
    shares = {
        "accuracy", "average_precision", "f1", "mean_average_precision", "mean_class_accuracy", "mean_iou",
        "pixel_accuracy", "pr_auc", "precision", "recall", "roc_auc", "top_k", "val_f1_weighted", "top_3",
    }  # fmt: skip
    assert {name for name in names if is_share(name)} == shares - {"top_k"}  # it is reported as top_5


def test_shares_are_told_in_percent_and_what_only_looks_like_one_is_not() -> None:
    assert say("val_mean_iou", 0.5) == say("running_f1_weighted", 0.5) == say("top_5", 0.5) == "50.00 %"
    assert say("r2", 0.5) == say("val_cohen_kappa", 0.5) == say("precision_loss", 0.5) == "0.5000"


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_needs_no_key_but_its_type(name: str) -> None:
    metric = plugins("netspec.metrics")[name](type=name)
    assert isinstance(metric, Metric)
    assert metric.reports(metric.better_name())
    assert metric.summary()
    assert all(direction_of(prefix + metric.better_name()) == metric.direction for prefix in ("", "val_", "train_"))


@pytest.mark.parametrize(
    ("metric", "name"),
    [(F1(), "f1"), (F1(average="micro"), "f1_micro"), (TopK(), "top_5"), (TopK(k=3), "top_3"), (MAE(), "mae")],
)
def test_names_tell_two_of_a_kind_apart(metric: Metric, name: str) -> None:
    assert metric.better_name() == name


@pytest.mark.parametrize(
    ("monitor", "direction"),
    [("loss", "min"), ("val_loss", "min"), ("box_loss", "min"), ("validation_f1_weighted", "max"), ("val_top_5", "max"),
     ("rmse", "min"), ("val_confusion", None), ("val_acurracy", None), ("top_0", None), ("", None)],
)  # fmt: skip
def test_direction_of_a_monitored_name(monitor: str, direction: str | None) -> None:
    assert direction_of(monitor) == direction


def test_unknown_keys_and_values_are_refused() -> None:
    with pytest.raises(ValidationError):
        Accuracy(average="macro")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        F1(average="mean")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        TopK(k=0)


def test_a_report_equals_its_metrics_one_by_one() -> None:
    rng = np.random.default_rng(3)
    outputs, targets = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    metrics = [Accuracy(), F1(), F1(average="micro"), TopK(k=2), Confusion()]
    report = Report(metrics, classes=4)
    for part in np.split(np.arange(50), [7, 33]):
        report.update(outputs[part], targets[part])
    values = report.compute()
    assert list(values) == ["accuracy", "f1", "f1_micro", "top_2", "confusion"]
    for metric in metrics:
        alone = metric.start()
        alone.update(outputs, targets)
        assert np.array_equal(values[metric.better_name()], alone.compute())


def test_a_report_counts_the_confusion_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    update = ConfusionCounts.update
    monkeypatch.setattr(ConfusionCounts, "update", lambda self, *batch: (calls.append(1), update(self, *batch)))
    report = Report([Accuracy(), F1(), Confusion()], classes=2)
    report.update(np.array([1.0]), np.array([1]))
    assert len(calls) == 1
    assert report.compute()["accuracy"] == 1.0


def test_a_report_continues_from_its_state() -> None:
    report, resumed = Report([MAE(), RMSE()]), Report([MAE(), RMSE()])
    report.update(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    resumed.restore(json.loads(json.dumps(report.state())))
    for each in (report, resumed):
        each.update(np.array([0.1]), np.array([0.0]))
    assert report.compute() == resumed.compute()


def test_a_report_refuses_two_metrics_of_one_name() -> None:
    with pytest.raises(ValueError, match=r"^metrics: f1 is asked for twice; remove one$"):
        Report([F1(), Accuracy(), F1(average="macro")])


@pytest.mark.parametrize("shape", [(7, 3), (7, 3, 2, 4), (7, 1), (7,)])
def test_a_report_does_not_count_the_ignored_label(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=shape)
    targets = rng.integers(0, 2, shape[:1] + shape[2:])
    where = rng.random(targets.shape) < 0.4
    scores = np.moveaxis(outputs, 1, -1) if outputs.ndim > 1 else outputs
    metrics: list[Metric] = [Accuracy(), F1(), Confusion(), TopK(k=1)]
    report, expected = Report(metrics, ignored=255), Report(metrics)
    report.update(outputs, np.where(where, 255, targets))
    expected.update(scores[~where], targets[~where])
    for name, value in expected.compute().items():
        np.testing.assert_array_equal(report.compute()[name], value)
