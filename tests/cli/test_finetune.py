"""`netspec finetune`: a spec with reasons, a run of it, and what the stages reached."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.datasets.normalization import Normalization
from netspec.weights import read_weights, write_weights
from tests.cli.runner import Result, run

NET = """
name = "net"
input.shape = [3, 8, 8]
layers = [
  { name = "conv1", type = "conv2d", out_channels = 4, kernel_size = 3, padding = 1, bias = false },
  { name = "bn1", type = "batch_norm" },
  { name = "relu1", type = "relu" },
  { name = "conv2", type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1 },
  { name = "relu2", type = "relu" },
  { name = "pool", type = "global_avg_pool" },
  { name = "fc", type = "linear", out_features = 10 },
]
loss.type = "cross_entropy"
"""
EACH = 12


@pytest.fixture(autouse=True)
def _pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """net.toml with w.safetensors, and photos/{green,red}."""
    monkeypatch.chdir(tmp_path)
    Path("net.toml").write_text(NET)
    program = netspec.compile(netspec.load("net.toml"), batch_size=1, seed=3)
    write_weights("w.safetensors", {**program.parameters, **program.states})
    write_pictures(Path("photos"), "red", "green")


def write_pictures(folder: Path, *colours: str) -> None:
    random = np.random.default_rng(0)
    for colour in colours:
        (folder / colour).mkdir(parents=True)
        for number in range(EACH):
            picture = random.integers(0, 120, (10, 11, 3))
            picture[..., 0 if colour == "red" else 1] += 120
            Image.fromarray(picture.astype(np.uint8)).save(folder / colour / f"{number}.png")


def finetune(*words: object, code: int = 0) -> Result:
    result = run("finetune", "net.toml", "--data", "photos", "--weights", "w.safetensors", *words)
    assert result.code == code, result.err
    return result


def weights(run_folder: str) -> dict[str, np.ndarray]:
    return read_weights(Path(run_folder) / "checkpoints" / "last.safetensors").tensors


def test_training_the_spec_that_it_wrote_is_the_same_run_to_the_bit() -> None:
    words = ("--freeze-epochs", 2, "--epochs", 3, "--lr", 0.02, "--seed", 4, "--format", "json")
    document = finetune("-o", "runs/a", "--set", "train.batch_size=8", *words).json
    assert document["spec"] == "runs/a.toml"
    again = run("train", "runs/a.toml", "-o", "runs/b", "--format", "json").json
    for key in ("step", "digest", "best", "last", "test"):
        assert document["optimizers"][0][key] == again["optimizers"][0][key]
    assert all(np.array_equal(tensor, weights("runs/b")[name]) for name, tensor in weights("runs/a").items())
    learns = [(row["learns"], row["first_epoch"], row["last_epoch"]) for row in document["stages"]]
    assert learns == [("the head alone", 1, 2), ("from conv2 on", 3, 3), ("everything", 4, 5)]


def test_the_history_of_the_run_is_what_the_table_says() -> None:
    words = ("--freeze-epochs", 2, "--epochs", 2, "--lr", 0.02)
    text = finetune("-o", "runs/a", *words).words
    assert "learns epochs best val loss" in text
    assert "kept: the weights after epoch" in text
    assert "netspec predict runs/a PICTURE.jpg" in text
    events = map(json.loads, Path("runs/a/history.jsonl").read_text().splitlines())
    losses = [event["loss"] for event in events if event["event"] == "validation" and event["epoch"] > 0]
    assert f"{min(losses[:2]):.4f}" in text


def test_without_epochs_after_the_heads_own_nothing_else_moves_and_nothing_is_varied() -> None:
    finetune("-o", "runs/a", "--epochs", 0, "--freeze-epochs", 3, "--lr", 0.05)
    new, old = weights("runs/a"), read_weights("w.safetensors").tensors
    assert {name for name in new if name not in old or not np.array_equal(new[name], old[name])} == {"fc.weight", "fc.bias"}
    spec = tomllib.loads(Path("runs/a.toml").read_text())
    assert "augment" not in spec["data"]
    assert spec["transfer"]["freeze"] == ["conv1", "bn1", "conv2"]
    assert "computed once for each picture and kept" in Path("runs/a.toml").read_text()


def test_settings_of_the_command_line_stand_in_the_file() -> None:
    changes = ("optimizer.lr=0.5", "layers.conv1.frozen=true", "input.size=16", "data.augment=[]", "train.epochs=1")
    words = [word for change in changes for word in ("--set", change)]
    text = finetune("--dry-run", *words, "--set", "transfer.unfreeze=[]", "--set", "transfer.warmup_epochs=0").out
    spec = netspec.loads(text[text.index("# Made by") : text.index("\npart ")], base_dir=Path())
    assert spec.optimizers[0].model_dump()["lr"] == 0.5
    assert (spec.inputs[0].shape, spec.train.epochs) == ((3, 16, 16), 1)
    assert [layer.name for layer in spec.layers if layer.frozen] == ["conv1"]
    assert not Path("runs").exists()


def test_pixels_are_normalized_as_the_file_of_weights_says() -> None:
    normalization = Normalization(np.array([0.5, 0.25, 1.0]), np.array([2.0, 1.0, 4.0]), full_scale=1.0)
    write_weights("w.safetensors", read_weights("w.safetensors").tensors, {"normalization": normalization.to_json()})
    text = finetune("--dry-run").out
    assert "normalize = { mean = [127.5, 63.75, 255.0], std = [510.0, 255.0, 1020.0] }" in text
    assert "as the weights were trained with" in text


def test_a_shipped_network_begins_with_its_public_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those stand in the spec by name; the file here is a stand-in."""
    stand_in = Path("w.safetensors").resolve()
    monkeypatch.setattr("netspec.weights.known_download.fetch", lambda known, progress=None: stand_in)
    monkeypatch.setattr("netspec.cli.training.run_job", lambda job, spec, closing: 0)
    text = run("finetune", "squeezenet1_1", "--data", "photos", "--dry-run").out
    assert 'weights = "torchvision/squeezenet1_1"' in text
    assert "mean = [123.675, 116.28, 103.53]" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("net.toml", "--data", "nowhere"), "nowhere: does not exist; name a folder of pictures"),
        (("net.toml", "--data", "one", "--weights", "w.safetensors"), "one: has one class, red, so there is nothing to tell"),
        (("net.toml", "--data", "empty"), "empty: holds none of the known kinds of data"),
        (("net.toml", "--data", "table.csv"), "no pictures in classes; put the pictures of each class into a folder"),
        (("net.toml", "--data", "photos"), "net: which weights to begin with is not said; name a file"),
        (("net.toml", "--data", "photos", "--weights", "no.npz"), "no.npz: no such file, and no known name"),
        (("net.toml", "--data", "photos", "--weights", "bad.safetensors"), "bad.safetensors: "),
        (("logistic", "--data", "photos", "--weights", "w.safetensors"), "logistic: its input is [64], no picture"),
        (("googlenet", "--data", "photos"), "googlenet: has 3 outputs (fc, aux1.fc2, aux2.fc2)"),
        (("resnet18_cifar10", "--data", "photos"), "says under [transfer] what is replaced and frozen; train it as it is"),
        (("net.tml", "--data", "photos"), "net.tml"),
        (("--data", "photos"), "SPEC is missing; name a network: resnet18"),
        (("net.toml",), "--data is missing; name the folder"),
        (("net.toml", "--data", "photos", "--weights", "w.safetensors", "--lr", "0"), "--lr 0.0: must be a number above 0"),
        (("net.toml", "--data", "photos", "--weights", "w.safetensors", "--epochs", 0, "--freeze-epochs", 0), "nothing would"),
        (("net.toml", "--data", "photos", "--weights", "w.safetensors", "--set", "trian.epochs=3"), "--set: there is no"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_told_before_anything_is_written(words: tuple[object, ...], told: str) -> None:
    write_pictures(Path("one"), "red")
    Path("empty").mkdir()
    Path("table.csv").write_text("a,target\n1,2.5\n2,3.5\n3,4.25\n")
    Path("bad.safetensors").write_bytes(b"not tensors")
    result = run("finetune", *words)
    assert result.code == 2
    assert told in result.words
    assert not Path("runs").exists()


def test_a_damaged_picture_is_named_and_an_old_spec_is_not_overwritten() -> None:
    Path("photos/red/3.png").write_bytes(b"\x89PNG broken")
    result = finetune("-o", "runs/a", code=2)
    assert "photos/red/3.png" in result.words
    again = finetune("-o", "runs/a", code=2)
    assert "runs/a.toml: is already there; choose another -o, or repeat it with `netspec train runs/a.toml`" in again.words
