"""Training on augmented samples: resumed, at any number of threads, and nothing but training samples is varied."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.datasets.base import DataError
from netspec.datasets.preprocess import preprocess
from netspec.problems import SpecError
from netspec.spec.model import Spec
from netspec.training.events import End, Validation
from netspec.training.inputs import augmenter_for, data_for, overfit
from tests.training.helpers import StopAfter, of, weights_digest

NETWORK = """
[input]
shape = [1, 8, 8]
[[layers]]
name = "fc"
type = "linear"
out_features = 10
[loss]
type = "cross_entropy"
targets = "probabilities"
[data]
type = "digits"
limit = 150
augment = ["mixup", { type = "random_crop", padding = 1 }, "random_erasing"]
[train]
epochs = 3
batch_size = 32
validation_split = 0.2
[optimizer]
type = "sgd"
lr = 0.05
"""


def train(spec: Spec, folder: Path | None, **options: Any) -> list[Any]:
    return list(netspec.train(spec, None, folder, **options))


def test_a_run_resumed_inside_an_epoch_and_on_one_thread_has_the_bits_of_the_whole(tmp_path: Path) -> None:
    spec = netspec.loads(NETWORK)
    whole = train(spec, tmp_path / "whole", threads=2)
    train(spec, tmp_path / "parts", threads=1, stop=StopAfter(7))  # 5 steps an epoch
    train(spec, None, resume=tmp_path / "parts", threads=1)
    found = [next((tmp_path / name).rglob("last*.safetensors")) for name in ("whole", "parts")]
    assert weights_digest(found[0]) == weights_digest(found[1])
    losses = [event.loss for event in of(whole, Validation)]
    assert losses[-1] < losses[0]
    assert of(whole, End)


def test_evaluation_of_the_training_part_sees_it_as_it_is(tmp_path: Path) -> None:
    """With a rate of almost 0 every evaluation of the same samples is the same, augmented training or not."""
    text = NETWORK.replace("validation_split = 0.2", "validation_split = 0.2\nevaluate_train = true")
    text = text.replace("lr = 0.05", "lr = 1e-30")
    plain = text.replace(text[text.index("augment =") : text.index("[train]")], "")
    found = []
    for name, each in (("varied", text), ("plain", plain)):
        events = train(netspec.loads(each), tmp_path / name)
        found.append([event.train_loss for event in events if getattr(event, "train_loss", None) is not None])
    assert len(found[0]) == 3
    assert found[0] == found[1]


def test_the_statistics_of_normalization_and_an_overfitted_run_are_those_of_the_samples_as_they_are() -> None:
    varied, plain = (
        data_for(netspec.loads(text), None) for text in (NETWORK, NETWORK.replace("augment =", "# augment ="))
    )
    assert varied.normalization.to_json() == plain.normalization.to_json()
    assert varied.augment
    assert augmenter_for(netspec.loads(NETWORK), overfit(varied, 32, 0)) is None


def test_mixing_with_a_loss_that_reads_labels_is_refused_with_its_place() -> None:
    with pytest.raises(SpecError) as caught:
        netspec.loads(NETWORK.replace('targets = "probabilities"', ""))
    problems = caught.value.problems
    assert [problem.code for problem in problems] == ["NS503"]
    assert problems[0].span is not None
    assert problems[0].span.text.startswith("augment")
    assert problems[0].hint == 'set targets = "probabilities" under [loss]'


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Twelve pictures of different sizes in two classes."""
    rng = np.random.default_rng(0)
    for label in ("ant", "bee"):
        (tmp_path / label).mkdir()
        for i in range(6):
            noise = rng.integers(0, 256, (21 + i, 33 - 2 * i, 3)).astype(np.uint8)
            Image.fromarray(noise).resize((90 - 7 * i, 60 + i)).save(tmp_path / label / f"{i}.png")
    return tmp_path


def folder_spec(root: Path, more: str) -> Spec:
    """Pictures of 16×16, cut out of larger ones."""
    return netspec.Spec.model_validate(
        {
            "input": {"shape": [3, 16, 16]},
            "layers": [{"name": "fc", "type": "linear", "out_features": 2}],
            "data": {"type": "image_folder", "root": str(root), **tomllib.loads(more)},
        }
    )


def test_larger_pictures_are_kept_for_training_and_evaluated_in_their_middle(photographs: Path) -> None:
    plain = data_for(folder_spec(photographs, "resize = 21"), None)
    spec = folder_spec(photographs, 'resize = 21\naugment = ["random_crop"]')
    data = data_for(spec, None)
    assert data.train.stored is not None
    assert data.train.stored.shape[1:] == (21, 21, 3)
    assert data.test is not None
    assert data.test.stored is None
    assert "random_crop cuts 16×16 out of training pictures of 21×21" in " ".join(data.notes)
    for part in (data.train, data.test):
        for row, name in enumerate(part.names):
            found = preprocess(spec.data, photographs / str(name), (3, 16, 16), data.normalization)
            assert np.array_equal(found[0], data.normalization.apply(part.x)[row])
    assert plain.test is not None
    assert np.abs(plain.test.x.astype(int) - data.test.x.astype(int)).mean() < 60  # at most a pixel further
    made = augmenter_for(spec, data)
    assert made is not None
    assert made.batch(np.arange(len(data.train)), 0).x.shape == data.train.x.shape
    assert data.fingerprint != plain.fingerprint


def test_a_cut_of_pictures_as_large_as_the_input_is_refused(photographs: Path) -> None:
    spec = folder_spec(photographs, 'augment = ["random_crop"]')
    with pytest.raises(DataError, match=r"augment\[0\] random_crop\.padding: .* every cut is the same; set padding"):
        augmenter_for(spec, data_for(spec, None))


def test_vectors_are_refused() -> None:
    spec = netspec.loads(NETWORK.replace("shape = [1, 8, 8]", "shape = [64]"))
    with pytest.raises(
        DataError, match=r"augment: samples are vectors of 64 values, not pictures; set shape = \[C, H, W\]"
    ):
        augmenter_for(spec, data_for(spec, None))
