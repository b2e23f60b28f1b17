"""The process that looks inside: its answers are those of the library, and no question ends it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.inside.errors import InsideError
from netspec.inside.network import Network, from_run, from_spec
from netspec.inside.predicting import as_seen, notes_on, predict_file
from netspec.inside.service import serve
from netspec.probe import Probe

ROOT = Path(__file__).parent.parent.parent
SPEC = """
name = "small"
[input]
shape = [1, 8, 8]
[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3
[[layers]]
name = "relu1"
type = "relu"
[[layers]]
name = "fc"
type = "linear"
out_features = 10
[loss]
type = "cross_entropy"
[data]
type = "digits"
limit = 300
[train]
epochs = 2
validation_split = 0.2
[optimizer]
type = "adam"
lr = 0.01
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "small"
    list(netspec.train(netspec.loads(SPEC), output=folder))
    return folder


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pictures") / "digit.png"
    pixels = np.zeros((16, 16), np.uint8)
    pixels[2:14, 7:9] = 255
    Image.fromarray(pixels).save(file)
    return file


def ask(folder: Path, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Answers with their arrays; every line is JSON."""
    lines = io.StringIO("".join(json.dumps({"id": i, **request}) + "\n" for i, request in enumerate(requests)))
    answers = io.StringIO()
    serve(lines, answers, folder)
    found = [json.loads(line) for line in answers.getvalue().splitlines()]
    for answer in found:
        if "arrays" in answer:
            with np.load(answer["arrays"]) as arrays:
                answer["arrays"] = {name: arrays[name] for name in arrays.files}
    return found


def test_a_picture_gets_the_classes_that_predict_gives(run: Path, picture: Path, tmp_path: Path) -> None:
    progress, result = ask(tmp_path, {"do": "predict", "source": {"run": str(run)}, "files": [str(picture)]})
    [expected] = predict_file(from_run(run), picture)
    told = progress["progress"]["samples"][0]["top"]
    assert told[0] == [expected.class_name, pytest.approx(expected.chances.max())]
    assert len(told) == 5
    assert [chance for _, chance in told] == sorted((chance for _, chance in told), reverse=True)
    assert progress["arrays"]["seen"].shape == (1, 8, 8, 1)
    assert result["result"]["weights"].endswith("best.safetensors")
    assert "16 × 16 pixels; it was scaled and cut to 8 × 8" in progress["progress"]["notes"][0]


def test_one_bad_file_does_not_hide_the_others(run: Path, picture: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    first, second, _ = ask(tmp_path, {"do": "predict", "source": {"run": str(run)}, "files": [str(bad), str(picture)]})
    assert "not a PNG or JPEG picture" in first["progress"]["problem"]
    assert second["progress"]["samples"]


def test_what_the_network_sees_of_a_training_picture_is_that_picture(run: Path) -> None:
    network = from_run(run)
    part = network.data.train
    seen = as_seen(network, network.known_normalization().apply(part.x[:3]))
    assert seen is not None
    np.testing.assert_allclose(seen.reshape(3, -1), part.x[:3].reshape(3, -1) / 16 * 255, atol=1)  # rounded once


def test_a_picture_with_inverted_brightness_is_told(run: Path, picture: Path, tmp_path: Path) -> None:
    file = tmp_path / "inverted.png"
    Image.fromarray(255 - np.asarray(Image.open(picture))).save(file)
    network = from_run(run)
    assert any("brighter than the training pictures by" in note for note in notes_on(network, file))
    assert not any("training pictures" in note for note in notes_on(network, picture))


def test_activations_are_those_of_the_probe_for_the_sample(run: Path, tmp_path: Path) -> None:
    request = {"do": "activations", "source": {"run": str(run)}, "layer": "relu1"}
    [answer] = ask(tmp_path, {**request, "picture": {"part": "validation", "index": 3}})
    network = from_run(run)
    part = network.data.validation
    assert part is not None
    x = network.known_normalization().apply(part.x[3:4])
    expected = Probe(network.program, ["relu1"]).values(network.program.lanes[0], x)["relu1"][0]
    np.testing.assert_array_equal(answer["arrays"]["maps"], expected)
    assert answer["result"]["true"] == str(part.y[3])
    assert answer["result"]["shape"] == [4, 6, 6]


def test_filters_are_the_weights_of_the_first_convolution_also_before_training(run: Path, tmp_path: Path) -> None:
    untrained = {"text": SPEC, "format": "toml"}
    answers = ask(tmp_path, {"do": "filters", "source": {"run": str(run)}}, {"do": "filters", "source": untrained})
    for answer, network in zip(answers, (from_run(run), from_spec(netspec.loads(SPEC))), strict=True):
        np.testing.assert_array_equal(answer["arrays"]["weight"], network.program.parameters["conv1.weight"])
    assert answers[0]["result"]["weights"] is not None
    assert answers[0]["result"]["epoch"] in (1, 2)
    assert answers[1]["result"]["weights"] is None


def test_a_description_names_layers_and_filters(run: Path, tmp_path: Path) -> None:
    [answer] = ask(tmp_path, {"do": "describe", "source": {"run": str(run)}})
    assert [layer["name"] for layer in answer["result"]["layers"]] == ["conv1", "relu1", "fc"]
    assert answer["result"]["filters"] == ["conv1"]


def test_walks_and_landscapes_come_with_progress(run: Path, tmp_path: Path) -> None:
    optimizers = [{"type": "sgd", "lr": 0.1}, {"type": "adam", "lr": 0.1}]
    walked = {"do": "walks", "surface": "ravine", "start": [-7, 2], "steps": 9, "optimizers": optimizers}
    source = {"run": str(run)}
    answers = ask(tmp_path, walked, {"do": "landscape", "source": source, "points": 5, "samples": 64})
    assert answers[0]["arrays"]["points"].shape == (2, 10, 2)
    assert answers[0]["arrays"]["points"][0, 1].tolist() == pytest.approx([-7 + 0.07, 2 - 0.4])
    last = answers[-1]
    assert last["result"]["done"] == last["result"]["total"] == 25
    assert np.isfinite(last["arrays"]["losses"]).all()
    assert answers[1]["progress"]["done"] == 1


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"do": "filters", "source": {"run": "nowhere"}}, "nowhere"),
        ({"do": "filters", "source": {"text": "a =", "format": "toml"}}, ""),
        ({"do": "activations", "source": {"text": SPEC}, "layer": "relu9", "picture": {"index": 0}}, "relu9: no layer"),
        ({"do": "nothing"}, "nothing"),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_question_answered(
    request_: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    first, second = ask(tmp_path, request_, {"do": "describe", "source": {"text": SPEC}})
    assert problem in first["problem"]
    assert second["result"]["weights"] is None


def test_unfitting_weights_are_refused(run: Path) -> None:
    other = netspec.loads(SPEC.replace("out_channels = 4", "out_channels = 5"))
    with pytest.raises(InsideError, match="give the spec with which they were trained"):
        from_spec(other, run / "checkpoints" / "last.safetensors")


def test_a_network_without_known_normalization_says_so() -> None:
    spec = netspec.loads(SPEC.split("[data]")[0])
    network: Network = from_spec(spec)
    with pytest.raises(InsideError, match="not known how inputs are normalized"):
        network.known_normalization()


def test_a_network_without_data_can_be_looked_into_with_a_picture(picture: Path, tmp_path: Path) -> None:
    source = {"text": SPEC.split("[data]")[0]}
    request = {"do": "activations", "source": source, "layer": "relu1"}
    first, second = ask(tmp_path, {**request, "picture": {"index": 0}}, {**request, "picture": {"file": str(picture)}})
    assert first == {"id": 0, "problem": "the spec names no data", "hint": "add [data] with a type, or open a picture"}
    assert second["arrays"]["maps"].shape == (4, 6, 6)
    assert second["arrays"]["seen"].max() > 100
    assert not second["result"]["is_normalized"]


def test_large_data_are_not_read_a_second_time(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.inside.network.LARGEST", 1000)
    with pytest.raises(InsideError, match=r"the data take about .* KiB, too much to be read a second time"):
        _ = from_run(run).data


def test_large_maps_are_sent_reduced(tmp_path: Path) -> None:
    text = SPEC.replace("[1, 8, 8]", "[1, 300, 240]").split("[data]")[0]
    file = tmp_path / "grey.png"
    Image.fromarray(np.full((300, 240), 128, np.uint8)).save(file)
    request = {"do": "activations", "source": {"text": text}, "layer": "conv1", "picture": {"file": str(file)}}
    [answer] = ask(tmp_path, request)
    assert answer["result"]["shape"] == [4, 298, 238]
    assert answer["arrays"]["maps"].shape == (4, 99, 79)
    network = from_spec(netspec.loads(text))
    x = np.full((1, 300, 240, 1), 128 / 255, np.float32)
    whole = Probe(network.program, ["conv1"]).values(network.program.lanes[0], x)["conv1"][0]
    np.testing.assert_allclose(answer["arrays"]["maps"][2, 5, 7], whole[2, 15:18, 21:24].mean(), rtol=1e-5)
    assert answer["result"]["high"] == pytest.approx(max(0.0, float(whole.max())))


def test_the_process_answers_over_pipes_and_ends_quietly_when_nobody_listens(tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    command = [sys.executable, "-m", "netspec.inside.service", str(folder)]
    walk = {"do": "walks", "surface": "saddle", "start": [1, 1], "steps": 2, "optimizers": [{"type": "sgd"}]}
    folder.mkdir()
    ask = "".join(json.dumps({"id": i, **walk}) + "\n" for i in range(2))
    ended = subprocess.run(command, input=ask, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == [0, 1]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not folder.exists()
    folder.mkdir()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.write(ask)
    process.stdin.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=120) == 0
    process.stderr.close()
