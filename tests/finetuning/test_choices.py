"""What a fine-tuning is done with, for shipped networks and sets of all sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.finetuning import Wishes, choose, find_base, spec_text
from netspec.finetuning.base import IMAGENET, Base
from netspec.freezing import stages
from netspec.shipped import shipped_specs
from netspec.starting import Found, recognize
from tests.starting.sets import class_folders


def base(name: str) -> Base:
    path = shipped_specs()[name]
    return find_base(path, netspec.load(path))


def found(samples: int, classes: tuple[str, ...] = ("ant", "bee"), **changes: Any) -> Found:
    data = {"type": "npz", "file": "/data/set.npz"}
    values = {"data": data, "shape": (3, 40, 40), "task": "classification", "classes": classes, "samples": samples,
              "has_validation": False, "about": f"{samples} pictures"}  # fmt: skip
    return Found(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "head", "key", "first", "last"),
    [
        ("resnet18", "fc", "out_features", "conv1", "layer4"),
        ("vgg16", "classifier.6", "out_features", "features.0", "classifier.3"),
        ("mobilenet_v2", "classifier.1", "out_features", "features.0", "features.18"),
        ("squeezenet1_1", "classifier.1", "out_channels", "features.0", "features.12"),
        ("densenet121", "classifier", "out_features", "features.conv0", "features.norm5"),
        ("resnet20_cifar", "linear", "out_features", "conv1", "layer3"),
    ],
)
def test_head_and_groups_of_shipped_networks(name: str, head: str, key: str, first: str, last: str) -> None:
    found = base(name)
    assert (found.head, found.size_key) == (head, key)
    assert (found.groups()[0], found.groups()[-1]) == (first, last)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "squeezenet1_1", "vgg16"])
@pytest.mark.parametrize("samples", [40, 3000, 50_000])
def test_what_is_chosen_is_a_valid_spec_whose_stages_thaw_from_the_head_down(name: str, samples: int, tmp_path: Path) -> None:
    network, data = base(name), found(samples)
    choices = choose(network, data, "/w/w.safetensors", None, Wishes())
    spec = netspec.loads(spec_text(network, data, choices, "mine", tmp_path, "netspec finetune"), base_dir=tmp_path)
    reached = stages(spec, netspec.graph.build_graph(spec))
    assert set(reached[0].rates) == {network.head}
    assert [len(stage.frozen) for stage in reached] == sorted((len(stage.frozen) for stage in reached), reverse=True)
    assert reached[-1].frozen == frozenset()
    assert reached[-1].rates[network.head] == 1
    assert min(reached[-1].rates.values()) == pytest.approx(0.04)
    assert spec.data is not None
    assert spec.data.normalize == IMAGENET


def test_fewer_pictures_have_more_epochs_so_that_there_are_steps_enough() -> None:
    chosen = [choose(base("resnet18"), found(samples), "w", None, Wishes()) for samples in (100, 5000, 50_000)]
    epochs = [choices.sections["train"]["epochs"] for choices in chosen]
    assert epochs == sorted(epochs, reverse=True)
    assert len(set(epochs)) == 3


def test_pictures_much_larger_than_the_input_are_told(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "photos", size=(70, 80))
    for name, told in (("resnet20_cifar", True), ("resnet18", False)):
        choices = choose(base(name), recognize(folder), "w", None, Wishes())
        assert ("--set input.size=64" in choices.reasons.get("data", "")) is told


def test_digits_are_not_mirrored() -> None:
    digits = choose(base("resnet18"), found(3000, tuple("0123456789")), "w", None, Wishes())
    assert "augment" not in digits.sections["data"]
    assert choose(base("resnet18"), found(3000), "w", None, Wishes()).sections["data"]["augment"] == ["flip"]
