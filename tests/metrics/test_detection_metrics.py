"""Average precision: hand-made cases, loops written apart, and what holds for every metric."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from netspec.detection.average_precision import average_precision
from netspec.metrics.average_precision import AveragePrecision
from netspec.metrics.mean_average_precision import MeanAveragePrecision
from netspec.metrics.monitor import direction_of, is_share
from netspec.metrics.report import Report
from tests.detection import references


def padded(rows: list[list[list[float]]], width: int) -> np.ndarray:
    most = max(1, *(len(picture) for picture in rows))
    made = np.full((len(rows), most, width), -1.0)
    for picture, out in zip(rows, made, strict=True):
        if picture:
            out[: len(picture)] = picture
    return made


def random_pictures(seed: int, pictures: int = 6) -> list:
    """Detections near objects and elsewhere, with tied scores; and objects, some of them difficult."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(pictures):
        truth = []
        for _ in range(rng.integers(0, 6)):
            x, y = rng.integers(0, 60, 2)
            w, h = rng.integers(5, 30, 2)
            truth.append([rng.integers(0, 2), x, y, x + w, y + h, rng.random() < 0.25])
        found = []
        for _ in range(rng.integers(0, 12)):
            near = truth[rng.integers(len(truth))][1:5] if truth and rng.random() < 0.8 else [5, 5, 25, 30]
            box = np.array(near) + rng.integers(-3, 4, 4)
            found.append([rng.integers(0, 2), round(rng.random(), 1), *box.tolist()])
        made.append((found, truth))
    return made


def arrays(pictures: list) -> tuple[np.ndarray, np.ndarray]:
    truth = [[[-2 - t[0] if t[5] else t[0], *t[1:5]] for t in objects] for _, objects in pictures]
    return padded([found for found, _ in pictures], 6), padded(truth, 5)


def measure(metric, pictures):
    counted = metric.start()
    counted.update(*arrays(pictures))
    return counted.compute()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.5, 0.75])
def test_the_rules_of_voc_equal_plain_loops(seed: int, threshold: float) -> None:
    pictures = random_pictures(seed)
    for rule, eleven in (("voc", False), ("voc2007", True)):
        got = measure(AveragePrecision(rule=rule, iou=threshold), pictures)
        for label, value in enumerate(got):
            if not math.isnan(value):
                assert value == pytest.approx(references.voc_ap(pictures, label, threshold, eleven=eleven), abs=1e-14)


@pytest.mark.parametrize("seed", range(8))
def test_the_rule_of_coco_equals_plain_loops(seed: int) -> None:
    pictures = random_pictures(seed)
    got = measure(AveragePrecision(rule="coco"), pictures)
    for label, value in enumerate(got):
        if not math.isnan(value):
            wanted = [references.coco_ap(pictures, label, 0.5 + 0.05 * k) for k in range(10)]
            assert value == pytest.approx(np.mean(wanted), abs=1e-12)


def test_average_precision_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    hits, excused = np.array([True, False, True, False]), np.zeros(4, bool)
    # recall ½ with precision 1, recall 1 with precision 2/3
    assert average_precision(scores, hits, excused, 2, "voc") == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision(scores, hits, excused, 2, "voc2007") == pytest.approx((6 * 1 + 5 * 2 / 3) / 11)
    assert average_precision(scores, hits, excused, 2, "coco") == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)
    assert average_precision(scores, hits, np.array([False, True, False, False]), 2, "voc") == pytest.approx(1.0)
    assert math.isnan(average_precision(scores, hits, excused, 0, "voc"))


def test_a_second_detection_of_an_object_is_wrong_and_a_difficult_object_excuses() -> None:
    box = [10, 10, 20, 20]
    twice = [([[0, 0.9, *box], [0, 0.8, *box]], [[0, *box, False], [0, 50, 50, 60, 60, False]])]
    assert measure(MeanAveragePrecision(), twice) == pytest.approx(0.5)
    excused = [([[0, 0.9, 50, 50, 60, 60], [0, 0.8, *box]], [[0, *box, False], [0, 50, 50, 60, 60, True]])]
    assert measure(MeanAveragePrecision(), excused) == 1.0
    assert measure(MeanAveragePrecision(rule="coco"), excused) == pytest.approx(1.0)


def test_classes_without_objects_do_not_count_but_wrong_detections_of_others_do() -> None:
    box = [10, 10, 20, 20]
    pictures = [([[2, 0.9, *box], [1, 0.9, *box]], [[2, *box, False], [0, *box, False]])]
    assert measure(MeanAveragePrecision(), pictures) == 0.5  # class 0 missed, class 1 absent, class 2 found
    np.testing.assert_array_equal(measure(AveragePrecision(), pictures), [0.0, np.nan, 1.0])
    assert math.isnan(measure(MeanAveragePrecision(), [([], [])]))


def test_only_a_hundred_detections_count_for_coco() -> None:
    wrong = [[0, 0.9, 50 + k % 7, 50, 70, 70] for k in range(100)]
    pictures = [([*wrong, [0, 0.1, 10, 10, 20, 20]], [[0, 10, 10, 20, 20, False]])]
    assert measure(MeanAveragePrecision(rule="coco", iou=0.5), pictures) == 0.0
    assert measure(MeanAveragePrecision(), pictures) > 0.0


def test_nan_scores_and_boxes_are_wrong_detections() -> None:
    box = [10, 10, 20, 20]
    pictures = [([[0, np.nan, *box], [0, 0.9, np.nan, 0, 9, 9]], [[0, *box, False]])]
    assert measure(MeanAveragePrecision(), pictures) == 0.5  # the NaN score comes last, after a miss


@pytest.mark.parametrize("rule", ["voc", "voc2007", "coco"])
def test_batches_and_a_stored_state_change_nothing(rule: str) -> None:
    pictures = random_pictures(11)
    found, truth = arrays(pictures)
    metrics = [MeanAveragePrecision(rule=rule), AveragePrecision(rule=rule)]
    whole, first, second = Report(metrics), Report(metrics), Report(metrics)
    whole.update(found, truth)
    first.update(found[:2], truth[:2])
    second.restore(json.loads(json.dumps(first.state())))
    second.update(found[2:3], truth[2:3])
    second.update(found[3:], truth[3:])
    for name, value in whole.compute().items():
        np.testing.assert_array_equal(second.compute()[name], value)


@pytest.mark.parametrize(
    ("keys", "name"),
    [({}, ""), ({"iou": 0.5}, ""), ({"iou": 0.75}, "_at_75"), ({"rule": "coco"}, "_coco"),
     ({"rule": "coco", "iou": 0.5}, "_coco_at_50"), ({"rule": "voc2007"}, "_voc2007")],
)  # fmt: skip
def test_names_say_the_rule(keys: dict, name: str) -> None:
    assert MeanAveragePrecision(**keys).better_name() == "mean_average_precision" + name
    assert direction_of(f"val_mean_average_precision{name}") == "max"
    assert is_share(f"val_mean_average_precision{name}")


def test_arrays_that_are_no_detections_are_refused() -> None:
    with pytest.raises(ValueError, match=r"detections have shape \(2, 3\)"):
        MeanAveragePrecision().start().update(np.zeros((2, 3)), np.zeros((2, 5)))
    with pytest.raises(ValueError, match="nothing was counted"):
        MeanAveragePrecision().start().compute()
