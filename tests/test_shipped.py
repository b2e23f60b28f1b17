"""The specs that come with netspec: free of warnings, of the published sizes, and as accurate as they claim."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.shipped import shipped_specs
from tests.cli.runner import run

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
needs_mnist = pytest.mark.skipif(not (DATA / "mnist").is_dir(), reason="../shared/data/mnist is not on this machine")
MNIST = ["--set", f"data.root={(DATA / 'mnist').resolve()}"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


QUIRKS = {
    "squeezenet1_0": {"NS901"},  # its first windows leave the last row and column of 224 unread
    "squeezenet1_1": {"NS901"},
    "inception_v3": {"NS902"},  # the auxiliary head normalizes pictures of one pixel
    **{f"vgg{depth}_bn": {"NS904"} for depth in (11, 13, 16, 19)},  # torchvision's have a bias before the normalization
}
"""Warnings about what was published so."""


@pytest.mark.parametrize("name", sorted(shipped_specs()))
def test_shipped_specs_have_no_problems_but_those_of_the_papers(name: str) -> None:
    problems = netspec.analyze(netspec.load(shipped_specs()[name])).problems
    assert {problem.code for problem in problems} == QUIRKS.get(name, set())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lenet5", 61_706),  # LeCun et al. 1998 with full connections and ten logits
        ("lenet_caffe", 431_080),  # Caffe's examples/mnist
        ("mlp", 785 * 256 + 257 * 128 + 129 * 10),
        ("logistic", 65 * 10),
        ("resnet20_cifar", 269_722),  # He et al. 2016, §4.2, shortcuts A
        ("autoencoder", 65 * 32 + 33 * 8 + 9 * 32 + 33 * 64),
    ],
)
def test_parameter_counts_are_the_published_ones(name: str, parameters: int) -> None:
    assert netspec.analyze(netspec.load(shipped_specs()[name])).totals.params == parameters


@pytest.mark.parametrize(
    ("name", "least"), [("digits", 0.96), ("logistic", 0.92), ("one_hidden_layer", 0.96)]
)  # fmt: skip
def test_specs_without_files_learn_their_task(name: str, least: float) -> None:
    result = run("train", name, "--format", "json")
    assert result.code == 0
    (lane,) = result.json["optimizers"]
    assert lane["test"]["metrics"]["accuracy"] >= least


def test_the_autoencoder_draws_digits_again_better_than_their_mean() -> None:
    """The mean picture has a mean square error of 0.073."""
    (lane,) = run("train", "autoencoder", "--format", "json").json["optimizers"]
    assert lane["test"]["loss"] < 0.035


def test_every_lane_of_the_digits_race_learns() -> None:
    lanes = run("train", "digits_race", "--format", "json").json["optimizers"]
    assert [lane["optimizer"] for lane in lanes] == ["sgd", "momentum", "adagrad", "rmsprop", "adam"]
    assert min(lane["test"]["metrics"]["accuracy"] for lane in lanes) >= 0.95


@needs_mnist
@pytest.mark.parametrize("file", ["lenet.npz", "lenet_iter_10000.caffemodel"])
def test_caffes_lenet_gets_the_published_digits_right(file: str) -> None:
    weights = DATA / "weights" / "lenet_mnist" / file
    document = run("evaluate", "lenet_caffe", "--weights", weights, "--format", "json", *MNIST).json
    assert sum(document["confusion"][label][label] for label in range(10)) == 9905
    assert document["loss"] == pytest.approx(0.0297565, abs=2e-7)


@needs_mnist
@pytest.mark.slow
def test_lenet5_reads_mnist_within_five_epochs() -> None:
    (lane,) = run("train", "lenet5", "--format", "json", *MNIST).json["optimizers"]
    assert lane["epoch"] == 5
    assert lane["test"]["samples"] == 10_000
    assert lane["test"]["metrics"]["accuracy"] >= 0.988
