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
from tests.starting.sets import idx

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
    assert "of the parameters learn at first, 100 % in the end: when more than the head learns" in text
    assert "learns epochs best epoch val loss" in text
    assert "the head alone 1 – 2 " in text
    assert "from conv2 on 3 " in text
    assert "kept: the weights after epoch" in text
    assert "chosen by and measured on the validation samples" in text
    assert "next: netspec predict runs/a PICTURE.jpg" in text
    events = map(json.loads, Path("runs/a/history.jsonl").read_text().splitlines())
    losses = [event["loss"] for event in events if event["event"] == "validation" and event["epoch"] > 0]
    assert f"{min(losses[:2]):.4f}" in text


def test_without_epochs_after_the_heads_own_nothing_else_moves_and_nothing_is_varied() -> None:
    told = finetune("-o", "runs/a", "--epochs", 0, "--freeze-epochs", 3, "--lr", 0.05).words
    assert "the new head alone, as this spec does" in told
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


def test_a_failure_before_the_first_step_leaves_nothing_that_stops_the_next_try() -> None:
    sound = Path("photos/red/3.png").read_bytes()
    Path("photos/red/3.png").write_bytes(b"\x89PNG broken")
    for words in (("-o", "runs/a"), ()):
        for _ in range(2):
            assert "photos/red/3.png" in finetune(*words, code=2).words
    assert not [*Path("runs").iterdir()]
    Path("photos/red/3.png").write_bytes(sound)
    tensors = read_weights("w.safetensors").tensors
    write_weights("other.safetensors", {**tensors, "conv2.weight": tensors["conv2.weight"][:, :2]})
    finetune("-o", "runs/a", "--weights", "other.safetensors", code=2)
    assert not [*Path("runs").iterdir()]


def test_the_next_number_is_free_for_the_run_and_for_its_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Path] = []
    monkeypatch.setattr("netspec.cli.training.run_job", lambda job, spec, closing: runs.append(job.output) or 0)
    Path("runs").mkdir()
    Path("runs/photos_net-3.toml").write_text("# somebody's")
    finetune()
    finetune()
    assert [path.name for path in runs] == ["photos_net-4", "photos_net-5"]
    assert Path("runs/photos_net-3.toml").read_text() == "# somebody's"
    again = finetune("-o", "runs/photos_net-3", code=2)
    assert "is already there; choose another -o, or repeat it with `netspec train runs/photos_net-3.toml`" in again.words


def test_a_wrong_set_is_told_where_it_was_typed() -> None:
    told = finetune("--set", "optimizer.lrr=3", code=2).words
    assert "--set optimizer.lrr=3" in told
    assert ".toml" not in told
    assert not Path("runs").exists()


def test_what_one_step_of_a_dry_run_measures_is_shown_as_no_result() -> None:
    told = finetune("--dry-run").words
    assert "dry run of photos_net: " in told
    assert "one step of 16 samples" in told
    assert "dry run: everything was built, nothing was written" in told
    assert "best" not in told[told.index("one step of") :]
    assert "val accuracy" not in told


def test_the_idx_files_of_another_set_than_the_networks_own_are_not_named_after_it() -> None:
    """Nothing is fetched into them, either: the base's `download` means the set of the base."""
    idx(Path("clothes"))
    own = 'data = { type = "idx", root = "mnist", download = "mnist", classes = ["a", "b"] }\nmetrics = []\n'
    Path("grey.toml").write_text(own + NET.replace("[3, 8, 8]", "[1, 12, 12]"))
    program = netspec.compile(netspec.load("grey.toml"), batch_size=1)
    write_weights("grey.safetensors", {**program.parameters, **program.states})
    result = run("finetune", "grey.toml", "--data", "clothes", "--weights", "grey.safetensors", "--dry-run")
    assert result.code == 0, result.err
    assert "found idx files: 80 samples of 1 × 12 × 12 numbers in 10 classes" in result.words
    assert 'download = "none"' in result.out
    assert 'classes = ["0", "1", "2"' in result.out
    assert not Path("mnist").exists()


def test_the_way_on_from_a_run_is_told_and_works() -> None:
    words = ("--set", "train.batch_size=8", "--freeze-epochs", 1, "--epochs", 2)
    finetune("-o", "runs/a", *words)
    refused = run("finetune", "runs/a.toml", "--data", "photos", "--weights", "w.safetensors").words
    assert "`netspec finetune net.toml --weights RUN/checkpoints/best.safetensors" in refused
    folder = run("finetune", "net.toml", "--data", "photos", "--weights", "runs/a").words
    assert "runs/a: is the folder of a run; name a file of weights in it: runs/a/checkpoints/best.safetensors" in folder
    write_pictures(Path("more"), "red", "green", "blue")
    onwards = ("net.toml", "--data", "more", "--weights", "runs/a/checkpoints/best.safetensors", "--dry-run")
    assert "2 newly initialized (fc)" in run("finetune", *onwards).words
    taken = finetune("-o", "runs/a", code=2).words
    assert "already holds a run; give another --output, or go on with it: netspec train --resume runs/a" in taken
    done = run("train", "--resume", "runs/a").words
    assert "photos_net is done already, after 9 steps: nothing is left to train" in done
    assert "learns epochs best epoch val loss" in done


def test_after_ctrl_c_the_only_next_step_is_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.cli.sigint.Interrupts.__enter__", lambda self: self.stop.set() or self)
    result = run("finetune", "net.toml", "--data", "photos", "--weights", "w.safetensors", "-o", "runs/a")
    assert result.code == 130
    assert "next: netspec train --resume runs/a" in result.words
    assert "netspec predict" not in result.words
