"""Classes of pixels from one score a pixel; looking inside of a network that gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.inside.network import Network, from_spec
from netspec.inside.segmenting import segment_file
from tests.datasets.mask_sets import write_set
from tests.inside.test_service import ask

SPEC = """
input.shape = [1, 16, 16]
layers = [{ name = "score", type = "conv2d", out_channels = 1, kernel_size = 1 }]
loss.type = "LOSS"
data = { type = "mask_folder", root = "set", normalize = "unit" }
train.validation_split = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_set(tmp_path / "set", count=3, size=(16, 16))
    return tmp_path


def network(folder: Path, loss: str) -> Network:
    """The score of a pixel is 2·x − 1 for x in 0 … 1."""
    made = from_spec(netspec.loads(SPEC.replace("LOSS", loss), base_dir=folder))
    made.program.load_parameters({"score.weight": np.full((1, 1, 1, 1), 2.0), "score.bias": np.array([-1.0])})
    return made


@pytest.mark.parametrize("loss", ["hinge", "bce_with_logits"])
def test_one_score_a_pixel_tells_two_classes_apart(folder: Path, loss: str) -> None:
    x = np.random.default_rng(0).integers(0, 256, (2, 1, 16, 16)).astype(np.uint8)
    np.save(folder / "x.npy", x)
    found = segment_file(network(folder, loss), folder / "x.npy")
    for one, pixels in zip(found, x, strict=True):
        np.testing.assert_array_equal(one.labels, pixels[0] > 127)
        assert one.shares() == {"0": (one.labels == 0).mean(), "1": (one.labels == 1).mean()}


def test_layers_show_a_picture_of_the_set_though_it_has_a_class_for_each_pixel(folder: Path) -> None:
    request = {"do": "activations", "source": {"text": SPEC.replace("LOSS", "hinge"), "folder": str(folder)}}
    [answer] = ask(folder, {**request, "layer": "score", "picture": {"part": "train", "index": 1}})
    assert answer["arrays"]["maps"].shape == (1, 16, 16)
    assert answer["result"]["true"] is None
