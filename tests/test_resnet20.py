"""The pretrained ResNet-20 of ../shared/data in the shipped spec: its tensors' names fit as they are, and so do its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs
from netspec.training.pretrained import load_pretrained
from tests.cli.runner import run

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
FOLDER = DATA / "weights" / "resnet20_cifar10"
WEIGHTS = FOLDER / "resnet20.npz"
FILES = ("resnet20.npz", "resnet20-12fca82f.th")
PICTURES = DATA / "cifar10" / "cifar10_lossless_databatch1_first4000.npz"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"{WEIGHTS} is not on this machine")
needs_pictures = pytest.mark.skipif(not PICTURES.is_file(), reason=f"{PICTURES} is not on this machine")


def write_batch(file: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """CIFAR-10's binary format: a label, then the red, green and blue bytes."""
    records = images.transpose(0, 3, 1, 2).reshape(len(labels), -1)
    np.concatenate([labels[:, None], records], axis=1).astype(np.uint8).tofile(file)


@needs_weights
@needs_pictures
@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_it_knows_the_pictures_it_was_trained_on(tmp_path: Path, name: str) -> None:
    with np.load(PICTURES) as data:
        write_batch(tmp_path / "test_batch.bin", data["images"], data["labels"])
        write_batch(tmp_path / "data_batch_1.bin", data["images"][:50], data["labels"][:50])
    document = run(
        "evaluate", "resnet20_cifar", "--weights", FOLDER / name, "--set", f"data.root={tmp_path}", "--format", "json"
    ).json
    assert document["samples"] == 4000
    assert sum(document["confusion"][label][label] for label in range(10)) == 3992  # 99.80 %


@needs_weights
@pytest.mark.peers
@pytest.mark.parametrize("name", FILES)
def test_its_logits_are_pytorchs(name: str) -> None:
    """Read by netspec from either file; PyTorch is given the npz's arrays."""
    torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
    x = np.random.default_rng(0).normal(size=(8, 3, 32, 32)).astype(np.float32)
    with np.load(WEIGHTS) as file:
        tensors = {name: file[name] for name in file.files}
    spec = netspec.load(shipped_specs()["resnet20_cifar"])
    program = netspec.compile(spec, batch_size=8)
    report = load_pretrained(program, spec, FOLDER / name)
    assert len(report.loaded) == len(tensors)
    prefix = ('the prefix "module." came off',) if name.endswith(".th") else ()
    assert report.notes[-3:] == (("taken from state_dict", *prefix, "not read: best_prec1") if prefix else ())
    with torch.no_grad():
        expected = resnet20(torch, torch.tensor(x), {name: torch.tensor(t) for name, t in tensors.items()})
    np.testing.assert_allclose(program.forward(x), expected.numpy(), rtol=0, atol=1e-4)


def resnet20(torch: Any, x: Any, p: dict[str, Any]) -> Any:
    """He et al. 2016, §4.2, with PyTorch's functions."""
    f = torch.nn.functional

    def conv(x: Any, name: str, stride: int = 1) -> Any:
        return f.conv2d(x, p[f"{name}.weight"], stride=stride, padding=1)

    def norm(x: Any, name: str) -> Any:
        keys = ("running_mean", "running_var", "weight", "bias")
        return f.batch_norm(x, *(p[f"{name}.{key}"] for key in keys))

    x = f.relu(norm(conv(x, "conv1"), "bn1"))
    for stage in (1, 2, 3):
        for block in range(3):
            name, widens = f"layer{stage}.{block}", stage > 1 and block == 0
            y = f.relu(norm(conv(x, f"{name}.conv1", 2 if widens else 1), f"{name}.bn1"))
            y = norm(conv(y, f"{name}.conv2"), f"{name}.bn2")
            zeros = y.shape[1] // 4
            x = f.relu(y + (f.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, zeros, zeros)) if widens else x))
    return f.linear(x.mean((2, 3)), p["linear.weight"], p["linear.bias"])
