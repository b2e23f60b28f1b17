"""The pretrained ResNet-20 of ../shared/data in the shipped spec: its tensors' names fit as they are, and so do its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs
from tests.cli.runner import run

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
WEIGHTS = DATA / "weights" / "resnet20_cifar10" / "resnet20.npz"
PICTURES = DATA / "cifar10" / "cifar10_lossless_databatch1_first4000.npz"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"{WEIGHTS} is not on this machine")
needs_pictures = pytest.mark.skipif(not PICTURES.is_file(), reason=f"{PICTURES} is not on this machine")


def write_batch(file: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """CIFAR-10's binary format: a label, then the red, green and blue bytes."""
    records = images.transpose(0, 3, 1, 2).reshape(len(labels), -1)
    np.concatenate([labels[:, None], records], axis=1).astype(np.uint8).tofile(file)


@needs_weights
@needs_pictures
def test_it_knows_the_pictures_it_was_trained_on(tmp_path: Path) -> None:
    with np.load(PICTURES) as data:
        write_batch(tmp_path / "test_batch.bin", data["images"], data["labels"])
        write_batch(tmp_path / "data_batch_1.bin", data["images"][:50], data["labels"][:50])
    document = run(
        "evaluate", "resnet20_cifar", "--weights", WEIGHTS, "--set", f"data.root={tmp_path}", "--format", "json"
    ).json
    assert document["samples"] == 4000
    assert sum(document["confusion"][label][label] for label in range(10)) == 3992  # 99.80 %


@needs_weights
@pytest.mark.peers
def test_its_logits_are_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
    x = np.random.default_rng(0).normal(size=(8, 3, 32, 32)).astype(np.float32)
    with np.load(WEIGHTS) as file:
        tensors = {name: file[name] for name in file.files}
    program = netspec.compile(netspec.load(shipped_specs()["resnet20_cifar"]), batch_size=8)
    report = program.load_parameters(tensors)
    assert len(report.loaded) == len(tensors)
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
