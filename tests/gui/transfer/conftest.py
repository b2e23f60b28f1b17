"""A small network with blocks, whose pretrained weights lie beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.weights import write_weights
from tests.gui.panels.conftest import rig as rig

TEXT = """\
spec_version = 1
name = "tail"

[input]
shape = [4]

[[layers]]
name = "stem"
type = "linear"
out_features = 4

[[layers]]
name = "body"
type = "block"
block = "pair"
repeat = 2

[[layers]]
name = "fc"
type = "linear"
out_features = 3

[loss]
type = "cross_entropy"

[train]
epochs = 8
batch_size = 2

[optimizer]
type = "sgd"
lr = 0.1

[transfer]
freeze_to = "body"   # the backbone

[blocks.pair]
layers = [
  { name = "a", type = "linear", out_features = 4 },
  { name = "relu", type = "relu" },
]
"""
STAGES = TEXT.replace(
    "   # the backbone\n",
    '   # the backbone\nunfreeze = [\n  { at_epoch = 2, to = "body", lr_mult = 0.1 },   # the blocks\n'
    '  { at_epoch = 5, to = "input", lr_mult = 0.01 },\n]\n',
)
LAYERS = ("stem", "body.0.a", "body.1.a")


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    """The network with two stages of unfreezing."""
    path = tmp_path / "tail.toml"
    path.write_text(STAGES, encoding="utf-8")
    return path


@pytest.fixture
def weights_file(tmp_path: Path) -> Path:
    """All layers, with an fc for 10 classes, a body without bias in its second copy, and a layer that is not here."""
    tensors = {f"{name}.weight": np.zeros((4, 4), np.float32) for name in LAYERS}
    tensors |= {f"{name}.bias": np.zeros(4, np.float32) for name in LAYERS[:2]}
    tensors |= {"fc.weight": np.zeros((10, 4), np.float32), "fc.bias": np.zeros(10, np.float32)}
    tensors["aux.weight"] = np.zeros((2, 2), np.float32)
    path = tmp_path / "old.safetensors"
    write_weights(path, tensors)
    return path
