"""A network that tells the class of each pixel, from the folder of masks to the pictures that predict writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.runner import run
from tests.datasets.mask_sets import disc, write_set

SPEC = """
name = "discs"
metrics = ["mean_iou", "pixel_accuracy"]
input.shape = [1, 16, 16]
layers = [
  { name = "conv1", type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1 },
  { name = "relu1", type = "relu" },
  { name = "pool", type = "max_pool2d", kernel_size = 2 },
  { name = "conv2", type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1 },
  { name = "relu2", type = "relu" },
  { name = "up", type = "conv_transpose2d", out_channels = 8, kernel_size = 2, stride = 2 },
  { name = "both", type = "concat", inputs = ["relu1", "up"] },
  { name = "classes", type = "conv2d", out_channels = 2, kernel_size = 1 },
]
loss = { type = "cross_entropy", class_weights = [1, 2], ignore_index = 9 }
data = { type = "mask_folder", root = "set", classes = ["ground", "disc"], values = [0, 255], ignore_value = 100 }
train = { epochs = 12, batch_size = 8, validation_split = 0 }
optimizer = { type = "adam", lr = 0.02 }
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, its data and a run."""
    folder = tmp_path_factory.mktemp("masks")
    write_set(folder / "set", count=12, size=(32, 32))
    for number in range(12):  # a row that belongs to no class
        path = folder / "set" / "masks" / f"{number}.png"
        mask = np.array(Image.open(path))
        mask[0] = 100
        Image.fromarray(mask).save(path)
    (folder / "discs.toml").write_text(SPEC, encoding="utf-8")
    result = run("train", folder / "discs.toml", "-o", folder / "run")
    assert result.code == 0, result.words
    assert "part pixels ground disc (ignored)" in result.words
    return folder


def test_pixels_without_a_class_do_not_count(trained: Path) -> None:
    result = run("evaluate", trained / "run", "--format", "json").json
    confusion = np.array(result["confusion"])
    assert confusion.sum() == 2 * 31 * 32  # two pictures held out, without their first row
    assert result["metrics"]["pixel_accuracy"] == pytest.approx(np.trace(confusion) / confusion.sum(), abs=1e-12)
    assert result["metrics"]["pixel_accuracy"] > 0.95
    assert confusion[1, 1] / confusion[1].sum() > 0.8


def test_predict_writes_a_mask_as_large_as_the_picture(trained: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    truth = disc(rng, (37, 50))
    Image.fromarray((60 + 120 * truth).astype(np.uint8)).save(tmp_path / "large.png")
    Image.fromarray(np.full((9, 40), 60, np.uint8)).save(tmp_path / "small.png")
    result = run("predict", trained / "run", tmp_path / "large.png", tmp_path / "small.png", "-o", tmp_path / "out",
                 "--format", "json")  # fmt: skip
    assert result.code == 0, result.words
    large, small = result.json["predictions"]
    assert (large["size"], small["size"]) == ([37, 50], [9, 40])
    mask = np.array(Image.open(large["mask"]))
    assert set(np.unique(mask)) == {0, 255}  # the values of the training masks
    assert ((mask == 255) == truth).mean() > 0.95
    assert large["shares"] == {"ground": pytest.approx((mask == 0).mean()), "disc": pytest.approx((mask == 255).mean())}
    assert np.array(Image.open(large["overlay"])).shape == (37, 50, 3)
    assert small["shares"]["ground"] > 0.9


def test_predict_tells_the_shares_of_the_classes(trained: Path) -> None:
    picture = trained / "set" / "images" / "0.png"
    assert "input size ground disc" in run("predict", trained / "run", picture).words
    np.save(trained / "x.npy", np.array(Image.open(picture))[None, None, :16, :16])
    (one,) = run("predict", trained / "run", trained / "x.npy", "--format", "json").json["predictions"]
    assert (one["size"], sum(one["shares"].values())) == ([16, 16], pytest.approx(1))


def test_pictures_of_one_name_are_not_written_over_each_other(trained: Path, tmp_path: Path) -> None:
    first, second = trained / "set" / "images" / "0.png", trained / "set" / "masks" / "0.png"
    result = run("predict", trained / "run", first, second, "-o", tmp_path / "out")
    assert result.code == 2
    assert f"would both become {tmp_path}/out/0_mask.png; predict them one after the other" in result.words.replace("/ ", "/")


def test_masks_are_only_written_by_networks_that_make_some(tmp_path: Path) -> None:
    assert run("train", "logistic", "-q", "-o", tmp_path / "run", "--set", "train.epochs=1").code == 0
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 8, 8)))
    result = run("predict", tmp_path / "run", tmp_path / "x.npy", "-o", tmp_path / "out")
    assert (result.code, (tmp_path / "out").exists()) == (2, False)
    assert "-o writes masks or boxes, but this network gives neither" in result.words
