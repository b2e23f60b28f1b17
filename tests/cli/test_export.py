"""`netspec export`: weights in another format, with what is known about them, for netspec and for PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.weights import read_weights, write_weights
from tests.cli.runner import run

NETWORK = """
name = "small"
input.shape = [2, 6, 6]
layers = [
  { name = "conv1", type = "conv2d", out_channels = 3, kernel_size = 3, padding = 1, bias = false },
  { name = "bn1", type = "batch_norm" },
  { name = "relu1", type = "relu" },
  { name = "fc", type = "linear", out_features = 2 },
]
"""
BIAS = np.array([1.5, -2.0], np.float32)


def file_of_weights(folder: Path) -> Path:
    program = netspec.compile(netspec.loads(NETWORK))
    program.load_parameters({"bn1.running_mean": np.array([0.5, 0, -1]), "fc.bias": BIAS}, strict=False)
    path = folder / "w.safetensors"
    write_weights(path, {**program.parameters, **program.states}, {"spec_hash": "abc"})
    return path


def test_every_format_gives_the_same_tensors_and_metadata(tmp_path: Path) -> None:
    source = file_of_weights(tmp_path)
    for name, kind in (("a.npz", "npz"), ("a.pth", "torch"), ("a.safetensors", "safetensors")):
        document = run("export", source, "-o", tmp_path / name, "--format", "json").json
        assert document["format"] == kind
        assert document["metadata"] == ["netspec_version", "spec_hash"]
        found, expected = read_weights(tmp_path / name), read_weights(source)
        assert {**found.tensors, "bn1.num_batches_tracked": None}.keys() - expected.tensors.keys() == {
            "bn1.num_batches_tracked"
        }
        assert all(np.array_equal(found.tensors[name], array) for name, array in expected.tensors.items())
        assert found.metadata["spec_hash"] == "abc"


def test_a_run_exports_its_best_weights_with_spec_normalization_and_classes(small: Path) -> None:
    assert run("train", small, "-q", "-o", "run").code == 0
    result = run("export", "run", "-o", "best.pth")
    assert result.code == 0
    assert result.out.startswith("written: best.pth (torch): 4 tensors, 42 numbers")
    metadata = read_weights("best.pth").metadata
    assert {"spec", "spec_hash", "normalization", "classes", "netspec_version"} <= metadata.keys()
    documents = [run("evaluate", *what, "--format", "json").json for what in (["run"], [small, "--weights", "best.pth"])]
    assert documents[0]["loss"] == documents[1]["loss"]


def test_equal_weights_give_equal_bytes(tmp_path: Path) -> None:
    source = file_of_weights(tmp_path)
    for name in ("a.pth", "b.pth"):
        assert run("export", source, "-o", tmp_path / name).code == 0
    assert (tmp_path / "a.pth").read_bytes() == (tmp_path / "b.pth").read_bytes()


@pytest.mark.peers
def test_torch_loads_it_strictly_and_computes_the_same(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
    source = file_of_weights(tmp_path)
    result = run("export", source, "-o", tmp_path / "w.pth")
    assert "1 num_batches_tracked added for PyTorch's batch norm" in result.out
    model = torch.nn.ModuleDict({
        "conv1": torch.nn.Conv2d(2, 3, 3, padding=1, bias=False), "bn1": torch.nn.BatchNorm2d(3), "fc": torch.nn.Linear(108, 2)
    }).eval()  # fmt: skip
    state = torch.load(tmp_path / "w.pth", weights_only=True)
    assert list(state) == list(model.state_dict())
    model.load_state_dict(state, strict=True)
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 6)).astype(np.float32)
    with torch.no_grad():
        expected = model["fc"](torch.relu(model["bn1"](model["conv1"](torch.tensor(x)))).flatten(1))
    program = netspec.compile(netspec.loads(NETWORK), batch_size=2)
    program.load_parameters(read_weights(source).tensors)
    np.testing.assert_allclose(program.forward(x), expected.numpy(), rtol=0, atol=1e-5)


def test_an_ending_that_says_otherwise_and_files_that_are_there_are_refused(tmp_path: Path) -> None:
    source = file_of_weights(tmp_path)
    (tmp_path / "there.npz").write_bytes(b"mine")
    for arguments, text in (
        ((source, "-o", tmp_path / "there.npz"), "there.npz is already there; choose another name"),
        ((source, "-o", tmp_path / "w.npz", "--to", "torch"), ".npz is the ending of npz files, but torch was asked for"),
        ((source, "-o", tmp_path / "w.onnx"), ".onnx is no format of weights that netspec writes; use .safetensors"),
        ((source, "-o", tmp_path), "this is a folder"),
        ((source, "-o", tmp_path / "no" / "w.npz"), "there is no such folder"),
        ((tmp_path / "nope", "-o", tmp_path / "w.npz"), "nope: there is no such file or folder"),
    ):
        result = run("export", *arguments)
        assert result.code == 2
        assert text in result.words
    assert (tmp_path / "there.npz").read_bytes() == b"mine"
    assert run("export", source, "-o", tmp_path / "there.npz", "--force", "-q").out == ""
    assert len(read_weights(tmp_path / "there.npz").tensors) == 7
    assert run("export", source, "-o", tmp_path / "weights", "--to", "torch").code == 0
    assert (tmp_path / "weights").read_bytes()[:2] == b"PK"


def test_caffes_numbers_become_names_and_other_sets_are_told(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.npz", {"fc.0": np.zeros((2, 3)), "fc.1": BIAS})
    result = run("export", tmp_path / "w.npz", "-o", tmp_path / "w.pth")
    assert "Caffe's numbers .0 and .1 became .weight and .bias" in result.out
    assert list(read_weights(tmp_path / "w.pth").tensors) == ["fc.weight", "fc.bias"]
