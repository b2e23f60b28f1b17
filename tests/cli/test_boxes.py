"""A detector on the command line: checked, trained, evaluated, and asked about pictures, which it draws boxes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.runner import run
from tests.datasets.test_boxes import voc, xml

SPEC = """
name = "squares"
metrics = ["mean_average_precision", "average_precision"]
input.shape = [3, 24, 32]
layers = [
  { name = "a", type = "conv2d", out_channels = 8, kernel_size = 3, stride = 4, padding = 1 },
  { name = "relu", type = "relu" },
  { name = "b", type = "conv2d", out_channels = 5, kernel_size = 3, padding = 1 },
]
loss = { type = "single_shot", stride = 4 }
data = { type = "boxes", root = "set", augment = ["flip"] }
train = { epochs = 1, batch_size = 2 }
optimizer = { type = "adam", lr = 0.01 }
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, its data and a run."""
    folder = tmp_path_factory.mktemp("boxes")
    annotation = xml([("square", 8, 8, 40, 40, 0), ("square", 50, 5, 60, 15, 1)])
    voc(folder / "set", dict.fromkeys("abc", annotation), {"train": ["a", "b"], "val": ["c"]})
    (folder / "squares.toml").write_text(SPEC, encoding="utf-8")
    result = run("train", folder / "squares.toml", "-o", folder / "run")
    assert result.code == 0, result.words
    return folder


def test_evaluation_tells_the_average_precision_of_each_class(trained: Path) -> None:
    result = run("evaluate", trained / "run")
    assert "mean average precision" in result.words
    assert "average precision square" in result.words
    values = run("evaluate", trained / "run", "--format", "json").json["metrics"]
    assert values["average_precision"] == [values["mean_average_precision"]]


def test_data_check_counts_objects_and_those_that_do_not_count(trained: Path) -> None:
    result = run("data", "check", trained / "squares.toml")
    assert "part boxes square (ignored)" in result.words
    assert "the same values as" in result.words  # pictures a, b and c


def test_data_check_says_that_bad_boxes_are_left_out_where_that_is_chosen(tmp_path: Path) -> None:
    flat = xml([("square", 8, 8, 40, 40, 0), ("square", 50, 5, 50, 5, 0)])
    voc(tmp_path / "set", {"a": flat}, {"train": ["a"]})
    (tmp_path / "squares.toml").write_text(SPEC, encoding="utf-8")
    failed = run("data", "check", tmp_path / "squares.toml")
    assert failed.code != 0
    assert 'which has no area; remove it, or set on_bad = "skip" under [data]' in failed.words
    skipped = run("data", "check", tmp_path / "squares.toml", "--set", "data.on_bad=skip")
    assert skipped.code == 0, skipped.words
    assert 'which has no area; on_bad = "skip" leaves it out, or cuts it off' in skipped.words


def test_faults_are_told_with_the_number_of_all_pictures(tmp_path: Path) -> None:
    flat = xml([("square", 8, 8, 40, 40, 0), ("square", 50, 5, 50, 5, 0)])
    voc(tmp_path / "set", {"a": flat, "b": "<annotation>"}, {"train": ["a", "b"]})
    (tmp_path / "squares.toml").write_text(SPEC, encoding="utf-8")
    assert "2 of 2 pictures and their boxes cannot be read" in run("train", tmp_path / "squares.toml").words


def test_boxes_are_told_in_pixels_of_the_file_and_drawn(trained: Path, tmp_path: Path) -> None:
    picture = trained / "set" / "JPEGImages" / "c.png"
    document = run("predict", trained / "run", picture, "--score", "0", "-o", tmp_path, "--format", "json").json
    (answer,) = document["predictions"]
    assert answer["less_sure"] == 0
    boxes = np.array([item["box"] for item in answer["detections"]])
    assert 0 < len(boxes) <= 100
    assert (boxes >= 0).all()
    assert (boxes <= [64, 48, 64, 48]).all()
    assert boxes[:, 2].max() > 32  # of the file's 64 columns, not of the network's 32
    scores = [item["score"] for item in answer["detections"]]
    assert scores == sorted(scores, reverse=True)
    assert {item["class"] for item in answer["detections"]} == {"square"}
    drawn = np.array(Image.open(answer["picture"]))
    assert drawn.shape == (48, 64, 3)
    assert (drawn != np.array(Image.open(picture))).any()


def test_what_is_less_sure_is_counted(trained: Path) -> None:
    picture = trained / "set" / "JPEGImages" / "c.png"
    result = run("predict", trained / "run", picture, "--score", "1")
    assert "nothing" in result.words
    assert "less sure; --score 0.05 shows more" in result.words


def test_pictures_of_one_name_and_arrays_are_refused(trained: Path, tmp_path: Path) -> None:
    picture = trained / "set" / "JPEGImages" / "c.png"
    assert "two pictures are called c" in run("predict", trained / "run", picture, picture, "-o", tmp_path).words
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 24, 32)))
    assert "a detector looks at pictures" in run("predict", trained / "run", tmp_path / "x.npy").words
