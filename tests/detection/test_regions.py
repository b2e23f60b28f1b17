"""Proposed regions, and what they are called."""

from __future__ import annotations

import numpy as np

from netspec.detection.boxes import as_boxes, iou_matrix
from netspec.detection.proposals import propose, segments
from netspec.detection.sampling import label_regions, sample_regions
from netspec.random import stream

OBJECTS, CLASSES = as_boxes([[10, 10, 50, 50], [60, 20, 90, 80]]), np.array([2, 0])


def shapes() -> np.ndarray:
    """A grey picture with a dark square, a bright bar and a red spot."""
    picture = np.full((120, 160, 3), 128, np.uint8)
    picture[20:60, 30:70] = 30
    picture[80:100, 20:140] = 230
    picture[30:44, 110:124] = (200, 40, 40)
    return picture


def test_each_shape_of_a_picture_is_proposed() -> None:
    boxes = propose(shapes(), 50)
    wanted = as_boxes([[30, 20, 70, 60], [20, 80, 140, 100], [110, 30, 124, 44]])
    assert iou_matrix(wanted, boxes).max(axis=1).min() > 0.75
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= [160, 120]).all()


def test_proposals_are_the_same_each_time_and_fewer_are_the_first_of_more() -> None:
    np.testing.assert_array_equal(propose(shapes(), 50), propose(shapes(), 50))
    np.testing.assert_array_equal(propose(shapes(), 3), propose(shapes(), 50)[:3])
    assert propose(np.zeros((20, 30, 1), np.uint8), 9).tolist() == [[0, 0, 30, 20]]


def test_segments_are_areas_of_one_colour() -> None:
    labels = segments(shapes().astype(float), 20.0, least=5)
    assert len(np.unique(labels)) == 4
    assert len(np.unique(labels[20:60, 30:70])) == 1


def test_regions_get_the_class_and_the_coded_box_of_their_object() -> None:
    rois = as_boxes([[10, 10, 50, 50], [10, 10, 50, 30], [100, 100, 110, 110], [-1, -1, -1, -1]])
    made = label_regions(rois, OBJECTS, CLASSES)
    assert made.labels.tolist() == [3, 3, 0, -1]
    assert made.codes[0].tolist() == [3, 0, 0, 0, 0]
    np.testing.assert_allclose(made.codes[1], [3, 0, 5, 0, 5 * np.log(2)])
    assert made.codes[2:, 0].tolist() == [0, -1]
    assert label_regions(rois, as_boxes([]), CLASSES[:0]).labels.tolist() == [0, 0, 0, -1]


def test_a_sample_has_at_most_its_share_of_objects_and_is_padded() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 80, (40, 2))
    rois = np.concatenate([low, low + 15, ], axis=1)
    rois[:10] = OBJECTS[0] + rng.uniform(-3, 3, (10, 4))
    made = sample_regions(rois, OBJECTS, CLASSES, 16, stream(0, "a"), foreground=0.25)
    assert (made.labels > 0).sum() == 4
    assert (made.labels == 0).sum() == 12
    few = sample_regions(rois[:10], OBJECTS, CLASSES, 16, stream(0, "a"), foreground=0.25)
    assert few.labels.tolist() == [*few.labels[:4], *[-1] * 12]
    assert (few.rois[4:] == -1).all()
    again = sample_regions(rois, OBJECTS, CLASSES, 16, stream(0, "a"), foreground=0.25)
    np.testing.assert_array_equal(again.rois, made.rois)
