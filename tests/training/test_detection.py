"""Detectors trained on a few drawn pictures: mean average precision of whole pictures, however their regions are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.datasets.batch import Key
from netspec.datasets.load import Data, load_data
from netspec.problems import SpecError
from netspec.training.events import Validation
from netspec.training.inputs import data_for
from tests.datasets.helpers import dataset
from tests.datasets.test_boxes import xml

LISTS = {"train": ["p0", "p1", "p2", "p3"], "val": ["p4", "p5"]}
CONV = {"type": "conv2d", "kernel_size": 3, "padding": 1}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures of 48 × 32 pixels with a bright square and a dark bar."""
    folder = tmp_path_factory.mktemp("shapes")
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    for k in range(6):
        picture = np.full((32, 48, 3), 120, np.uint8)
        x, y = 4 + 3 * k, 3 + k
        picture[y : y + 12, x : x + 12] = 250
        picture[20:28, 30:46] = 10
        Image.fromarray(picture).save(folder / "JPEGImages" / f"p{k}.png")
        boxes = [("square", x, y, x + 12, y + 12, 0), ("bar", 30, 20, 46, 28, 0)]
        (folder / "Annotations" / f"p{k}.xml").write_text(xml(boxes, (48, 32)))
    for part, names in LISTS.items():
        (folder / "ImageSets" / "Main" / f"{part}.txt").write_text("\n".join(names))
    return folder


@pytest.fixture(autouse=True)
def _own_cache_of_proposals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.kernels.cache.cache_root", lambda: tmp_path)


def single_shot(root: Path, **loss: Any) -> netspec.Spec:
    layers = [{"name": "a", **CONV, "out_channels": 8, "stride": 4}, {"name": "r", "type": "relu"},
              {"name": "b", **CONV, "out_channels": 6}]
    return netspec.Spec.model_validate({
        "input": {"shape": [3, 32, 48]}, "layers": layers, "loss": {"type": "single_shot", "stride": 4, **loss},
        "data": {"type": "boxes", "root": str(root)}, "train": {"epochs": 2, "batch_size": 2},
        "optimizer": {"type": "adam", "lr": 0.01}})  # fmt: skip


def fast_rcnn(root: Path) -> netspec.Spec:
    layers = [{"name": "a", **CONV, "out_channels": 4, "inputs": ["picture"]},
              {"name": "pool", "type": "roi_pool", "inputs": ["a", "rois"], "output_size": 2},
              {"name": "scores", "type": "conv2d", "kernel_size": 1, "out_channels": 3},
              {"name": "boxes", "type": "conv2d", "kernel_size": 1, "out_channels": 8, "inputs": ["pool"]}]
    return netspec.Spec.model_validate({
        "inputs": [{"name": "picture", "shape": [3, 32, 48]}, {"name": "rois", "shape": [5, 4]}],
        "layers": layers, "losses": heads(), "data": {"type": "regions", "root": str(root), "size": [32, 48],
        "regions": 5, "proposals": 12}, "train": {"epochs": 1, "batch_size": 2},
        "optimizer": {"type": "sgd", "lr": 0.01}})  # fmt: skip


def heads() -> list[dict[str, Any]]:
    return [{"type": "cross_entropy", "input": "scores", "target": "region_labels", "ignore_index": -1},
            {"type": "box_regression", "input": "boxes", "target": "region_boxes", "scores": "scores"}]  # fmt: skip


def validations(spec: netspec.Spec, tmp_path: Path) -> list[Validation]:
    return [event for event in netspec.train(spec, output=tmp_path / "run") if isinstance(event, Validation)]


def test_a_single_shot_detector_reports_mean_average_precision(root: Path, tmp_path: Path) -> None:
    found = validations(single_shot(root), tmp_path)
    assert len(found) == 3
    assert all(0 <= event.metrics["mean_average_precision"] <= 1 for event in found)
    assert found[-1].loss is not None
    assert found[0].loss is not None
    assert found[-1].loss < found[0].loss


def test_a_stride_that_is_not_the_networks_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cells of 8 pixels divide an input of \[32, 48\] into \[4, 6\]"):
        validations(single_shot(root, stride=8), tmp_path)
    with pytest.raises(SpecError, match="a picture has 2 objects; set max_boxes"):
        validations(single_shot(root, max_boxes=1), tmp_path)


def test_metrics_of_classes_are_refused_for_boxes(root: Path, tmp_path: Path) -> None:
    spec = single_shot(root)
    with pytest.raises(SpecError, match="accuracy is a metric of classification, but the data have boxes as targets"):
        validations(netspec.Spec.model_validate({**spec.model_dump(), "metrics": ["accuracy"]}), tmp_path)


def test_fast_rcnn_sees_all_regions_of_a_picture_in_evaluation(root: Path, tmp_path: Path) -> None:
    spec = fast_rcnn(root)
    found = validations(spec, tmp_path)
    assert all(0 <= event.metrics["mean_average_precision"] <= 1 for event in found)
    data = data_for(spec, None)
    assert data.validation is not None
    assert len(data.train) == 4
    pictures = data.validation.targets["picture"]
    assert sorted(set(pictures.tolist())) == [0, 1]
    assert len(pictures) > 2
    rois = data.validation.targets["proposals"][pictures == 0].reshape(-1, 5)
    assert len({tuple(roi) for roi in rois.tolist() if roi[0] >= 0}) == (rois[:, 0] >= 0).sum() <= 12


def batch_of(data: Data, key: Key | None) -> Any:
    part = data.train
    index = np.arange(len(part))
    assert data.finish is not None
    return data.finish(netspec.datasets.batch.Batch(part.x, part.y, index, part.inputs, part.targets), key)


def test_regions_are_drawn_anew_each_epoch_and_the_same_for_the_same_key(root: Path) -> None:
    data = data_for(fast_rcnn(root), None)
    first, again, other = (batch_of(data, Key(3, epoch)) for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first.inputs["rois"], again.inputs["rois"])
    assert (first.inputs["rois"] != other.inputs["rois"]).any()
    labels = first.targets["region_labels"]
    assert labels.shape == (4, 5, 1)
    assert ((labels > 0).sum(axis=(1, 2)) == 1).all()  # a quarter of five
    np.testing.assert_array_equal(labels[..., 0], first.targets["region_boxes"][..., 0])
    assert batch_of(data, None).inputs["rois"].shape == (4, 5, 4)


def test_regions_are_cut_out_for_rcnn(root: Path, tmp_path: Path) -> None:
    keys = {"root": str(root), "picture": (32, 48), "proposals": 9, "per_picture": 6}
    data = load_data(dataset(type="region_crops", **keys), base_dir=tmp_path, seed=0, validation_split=0, input_shape=(3, 8, 8))
    assert data.train.x.shape[1:] == (8, 8, 3)
    labels = data.train.targets["region_labels"]
    squares = data.train.x[labels == 1 + data.classes.index("square")]  # type: ignore[union-attr]
    assert len(squares)
    assert (squares[:, 4, 4] > 200).all()
    assert data.validation is not None
    assert (np.diff(data.validation.targets["picture"]) >= 0).all()
    layers = [{"name": "scores", "type": "linear", "out_features": 3},
              {"name": "boxes", "type": "linear", "out_features": 8, "inputs": ["input"]}]
    spec = netspec.Spec.model_validate({
        "input": {"shape": [3, 8, 8]}, "layers": layers, "losses": heads(), "data": {"type": "region_crops", **keys},
        "train": {"epochs": 1, "batch_size": 16}, "optimizer": {"type": "sgd", "lr": 0.01}})  # fmt: skip
    assert all(0 <= event.metrics["mean_average_precision"] <= 1 for event in validations(spec, tmp_path))


def test_regions_need_lists_of_pictures(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="limit and split would tear pictures and their regions apart"):
        dataset(type="regions", root=str(root), limit=3)


def test_a_rendered_detector_is_measured_as_the_spec_was(root: Path, tmp_path: Path) -> None:
    spec = fast_rcnn(root)
    rendered = netspec.loads(netspec.render(spec))
    assert [metric.type_name() for metric in rendered.metrics] == ["mean_average_precision"]
    assert validations(rendered, tmp_path)[-1].metrics == validations(spec, tmp_path / "again")[-1].metrics


def test_a_detector_can_monitor_its_mean_average_precision_without_naming_it(root: Path) -> None:
    spec = fast_rcnn(root).model_dump() | {"checkpoint": {"monitor": "val_mean_average_precision"}}
    assert not [problem for problem in netspec.analyze(netspec.Spec.model_validate(spec)).problems if problem.code == "NS501"]


@pytest.mark.parametrize(("changes", "code", "message"), [
    ({"scores": "scoers"}, "NS308", "the network has no output scoers"),
    ({"scores": "boxes"}, "NS207", "box_regression of [8, 5, 1] needs scores [3, 5, 1]"),
    ({"scores": None}, None, ""),
])  # fmt: skip
def test_the_scores_beside_the_boxes_are_checked(root: Path, changes: dict[str, Any], code: str, message: str) -> None:
    classes, boxes = heads()
    spec = netspec.Spec.model_validate(fast_rcnn(root).model_dump() | {"losses": [classes, boxes | changes]})
    found = [(one.code, one.message) for one in netspec.analyze(spec).problems if one.severity == "error"]
    assert [one for one, _ in found] == ([code] if code else [])
    assert all(message in text for _, text in found)
