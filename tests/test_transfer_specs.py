"""The worked examples of transfer learning: what is frozen keeps every bit, all else learns, and the loss falls."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs
from netspec.weights import read_weights, write_weights
from tests.cli.runner import run

CLASSES, EACH = 10, 4
CIFAR, MNIST = "cifar", "mnist"
SHALLOW = ("variables.width=8", "variables.hidden=32", *(f"variables.stage{stage}=1" for stage in range(1, 6)))
"""VGG with five convolutions: thirteen of random values would make all pictures alike."""


@dataclass(frozen=True)
class Recipe:
    """A shipped example, the network that it begins with, and how both are made small."""

    name: str
    base: str
    data: str
    frozen: str
    """What the names of frozen tensors begin with; "-": nothing is frozen."""
    new: str
    """What those of the new head begin with."""
    small: tuple[str, ...] = ()
    """--set for both."""
    settings: tuple[str, ...] = ()


RECIPES = (
    Recipe("resnet18_cifar10", "resnet18", CIFAR, "-", "fc.", settings=("train.epochs=2", "train.batch_size=20")),
    Recipe("vgg16_mnist", "vgg16", MNIST, "-", "classifier.", SHALLOW, ("optimizer.lr=0.05", "train.epochs=8")),
    Recipe(
        "vgg16_cifar10_frozen", "vgg16", CIFAR, "features.", "classifier.6.", SHALLOW,
        ("optimizer.lr=0.02", "train.epochs=8", "layers.classifier.2.p=0", "layers.classifier.5.p=0"),
    ),
    Recipe("resnet50_cifar10_frozen", "resnet50", CIFAR, "conv1 bn1 layer", "fc", ("variables.width=8",)),
)  # fmt: skip


def pictures(channels: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Bytes (N, C, H, W) and labels: each class has its own brightness and its own pattern."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES), EACH)
    patterns = random.integers(0, 200, (CLASSES, channels, 4, 4))
    x = np.kron(patterns[labels], np.ones((1, 1, side // 4, side // 4))) + random.integers(0, 40, (len(labels), 1, side, side))
    order = random.permutation(len(labels))
    return x.astype(np.uint8)[order], labels.astype(np.uint8)[order]


def write_cifar(folder: Path) -> None:
    x, y = pictures(3, 32)
    (folder / "data_batch_1.bin").write_bytes(np.concatenate([y[:, None], x.reshape(len(x), -1)], axis=1).tobytes())


def write_mnist(folder: Path) -> None:
    x, y = pictures(1, 28)
    head = np.array([0x803, len(x), 28, 28], ">i4").tobytes(), np.array([0x801, len(y)], ">i4").tobytes()
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head[0] + x.tobytes()))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head[1] + y.tobytes()))


def stand_in(recipe: Recipe, file: Path) -> dict[str, np.ndarray]:
    """Weights as the public ones are named and shaped, with 1,000 classes, but of random values."""
    spec = netspec.load(shipped_specs()[recipe.base], [*recipe.small, "input.size=32", "train.batch_size=1"])
    program = netspec.compile(spec, batch_size=1, seed=5)
    tensors = {**program.parameters, **program.states}
    random = np.random.default_rng(0)
    for name, tensor in tensors.items():
        if name.startswith("classifier") and name.endswith("weight"):  # begins far smaller than trained ones are
            tensors[name] = random.normal(0, (2 / tensor.shape[1]) ** 0.5, tensor.shape).astype(np.float32)
    write_weights(file, tensors)
    return tensors


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_recipe_moves_what_it_shall_and_nothing_else(recipe: Recipe, tmp_path: Path) -> None:
    (write_cifar if recipe.data == CIFAR else write_mnist)(tmp_path)
    old = stand_in(recipe, tmp_path / "public.safetensors")
    settings = ("data.root=" + str(tmp_path), "input.size=32", "train.batch_size=10", "train.epochs=3", "data.augment=[]")
    words = [word for item in (*recipe.small, *settings, *recipe.settings) for word in ("--set", item)]
    result = run("train", recipe.name, "--weights", tmp_path / "public.safetensors", "-o", tmp_path / "run", "-q",
                 "--format", "json", *words)  # fmt: skip
    assert result.code == 0, result.err
    new = read_weights(tmp_path / "run" / "checkpoints" / "last.safetensors").tensors
    begins = tuple(recipe.frozen.split())
    for name, tensor in new.items():
        if name.startswith(recipe.new):
            assert name not in old or tensor.shape != old[name].shape, name
        elif name.startswith(begins):
            assert np.array_equal(tensor, old[name]), name
        elif name.endswith("weight"):
            assert not np.array_equal(tensor, old[name]), name
    events = map(json.loads, (tmp_path / "run" / "history.jsonl").read_text().splitlines())
    losses = [event["loss"] for event in events if event["event"] == "epoch"]
    assert losses[-1] < 0.9 * losses[0], losses


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_recipe_is_a_patch_that_names_public_weights(recipe: Recipe) -> None:
    path = shipped_specs()[recipe.name]
    spec = netspec.load(path)
    assert [Path(file).stem for file in spec.origin.bases] == [recipe.base]
    assert spec.transfer is not None
    assert spec.transfer.weights == f"torchvision/{recipe.base}"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 32
