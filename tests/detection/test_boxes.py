"""Boxes, their coding, suppression, anchors and matching."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.detection.anchors import anchors, cell_centres
from netspec.detection.boxes import are_sound, as_boxes, clip_boxes, iou_matrix
from netspec.detection.coding import MOST_LOG, decode, encode
from netspec.detection.matching import BACKGROUND, BETWEEN, match
from netspec.detection.suppression import suppress, suppress_by_class
from tests.detection import references


def random_boxes(rng: np.random.Generator, n: int, size: float = 100, integer: bool = False) -> np.ndarray:
    low = rng.uniform(0, 0.8 * size, (n, 2))
    boxes = np.concatenate([low, low + rng.uniform(2, 0.4 * size, (n, 2))], axis=1)
    return np.rint(boxes) if integer else boxes


def test_iou_by_hand() -> None:
    boxes = as_boxes([[0, 0, 10, 10], [5, 0, 15, 10], [10, 10, 20, 20], [2, 2, 4, 4], [3, 3, 3, 9]])
    assert iou_matrix(boxes[:1], boxes).tolist() == [[1.0, 50 / 150, 0.0, 0.04, 0.0]]
    assert iou_matrix(boxes[4:], boxes[4:]).tolist() == [[0.0]]
    assert iou_matrix(as_boxes([]), boxes).shape == (0, 5)


def test_only_boxes_with_finite_edges_and_an_area_are_sound() -> None:
    boxes = as_boxes([[0, 0, 1, 1], [5, 5, 5, 9], [9, 0, 2, 4], [0, 0, np.nan, 1], [0, 0, np.inf, 1]])
    assert are_sound(boxes).tolist() == [True, False, False, False, False]


def test_clipping_keeps_what_lies_in_the_picture() -> None:
    boxes = clip_boxes(as_boxes([[-5, 3, 30, 9], [50, 50, 60, 60]]), height=10, width=20)
    assert boxes.tolist() == [[0, 3, 20, 9], [20, 10, 20, 10]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_decoding_undoes_encoding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes, references_ = random_boxes(rng, 7), random_boxes(rng, 7)
    np.testing.assert_allclose(decode(encode(boxes, references_), references_), boxes, atol=1e-9)


def test_the_coding_by_hand() -> None:
    reference, box = as_boxes([[0, 0, 10, 20]]), as_boxes([[5, 5, 25, 15]])
    assert encode(box, reference, (1, 1, 1, 1)).tolist() == [[1.0, 0.0, math.log(2), math.log(0.5)]]
    assert encode(box, reference)[0, :2].tolist() == [10.0, 0.0]


def test_an_untrained_network_makes_no_infinite_boxes() -> None:
    box = decode(np.array([[0, 0, 1e4, 1e4]]), as_boxes([[0, 0, 16, 16]]))
    np.testing.assert_allclose(box[0, 2] - box[0, 0], 16 * math.exp(MOST_LOG))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_suppression_equals_the_greedy_loop(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    boxes, scores = random_boxes(rng, 30, 40, integer=True), np.round(rng.random(30), 1)  # many ties
    assert suppress(boxes, scores, threshold).tolist() == references.nms(boxes, scores, threshold)


def test_suppression_leaves_other_classes_alone_and_drops_nan() -> None:
    boxes = as_boxes([[0, 0, 9, 9]] * 5)
    scores, classes = np.array([0.5, 0.7, 0.7, 0.9, np.nan]), np.array([1, 0, 0, 1, 2])
    assert suppress_by_class(boxes, scores, classes, 0.5).tolist() == [3, 1]
    assert suppress_by_class(boxes[:0], scores[:0], classes[:0], 0.5).size == 0


def test_anchors_lie_around_the_cells() -> None:
    assert cell_centres(2, 3, 8).tolist() == [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12]]
    made = anchors(1, 2, 8, sizes=(4, 8), ratios=(1, 4))
    assert made.tolist() == [
        [2, 2, 6, 6], [3, 0, 5, 8], [0, 0, 8, 8], [2, -4, 6, 12],
        [10, 2, 14, 6], [11, 0, 13, 8], [8, 0, 16, 8], [10, -4, 14, 12],
    ]  # fmt: skip


def test_matching_by_hand() -> None:
    objects = as_boxes([[0, 0, 10, 10], [100, 100, 110, 110]])
    candidates = as_boxes([[0, 0, 10, 10], [0, 0, 10, 4], [0, 0, 10, 1], [100, 100, 110, 104], [50, 50, 60, 60]])
    found, iou = match(candidates, objects, foreground=0.5, background=0.2)
    assert found.tolist() == [0, BETWEEN, BACKGROUND, BETWEEN, BACKGROUND]
    assert iou.tolist() == pytest.approx([1, 0.4, 0.1, 0.4, 0])
    assert match(candidates, objects, 0.5, 0.2, each_has_one=True)[0].tolist() == [0, BETWEEN, BACKGROUND, 1, BACKGROUND]
    assert match(candidates, as_boxes([]))[0].tolist() == [BACKGROUND] * 5
