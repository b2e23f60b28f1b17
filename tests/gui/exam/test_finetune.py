"""Fine-tuning is begun in a dialog: what is made is a spec to look at, and what stands in the way is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from gui.examiner import answer
from gui.welcome.finetune_dialog import FinetuneDialog, networks, public
from netspec.shipped import shipped_specs
from netspec.weights import write_weights


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[FinetuneDialog]:
    dialog = FinetuneDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    dialog.exam.cancel()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("ants", "bees"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            picture = np.full((16, 16, 3), 40 * number, np.uint8)
            Image.fromarray(picture).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_networks_with_public_weights_are_offered_the_quick_ones_first() -> None:
    assert networks()[:2] == ["resnet18", "mobilenet_v2"]
    assert set(networks()) <= set(shipped_specs())


def test_networks_without_public_weights_come_last_and_need_a_file(dialog: FinetuneDialog) -> None:
    offered = networks()
    assert "resnet20_cifar" in offered
    assert not {"mlp", "unet", "detector_bccd", "vgg16_mnist", "autoencoder"} & set(offered)
    assert [public(name) is None for name in offered] == sorted(public(name) is None for name in offered)
    assert dialog.needs.text() == "Still needed: a folder of pictures"
    dialog.network.setCurrentText("resnet20_cifar")
    dialog.pictures.setText("photos")
    assert not dialog.make.isEnabled()
    assert dialog.needs.text() == "Still needed: a file of weights: there are no public ones of resnet20_cifar"
    dialog.weights.setText("resnet20.th")
    assert dialog.make.isEnabled()
    assert dialog.needs.text() == ""


def test_nothing_is_made_before_pictures_are_named_and_public_weights_are_offered(dialog: FinetuneDialog) -> None:
    assert not dialog.make.isEnabled()
    dialog.pictures.setText("photos")
    assert dialog.make.isEnabled()
    dialog.network.setCurrentText("mobilenet_v2")
    assert dialog.weights.placeholderText().startswith("torchvision/mobilenet_v2: 14 MiB, ")


def test_the_answer_is_a_spec_whose_paths_start_beside_the_pictures(photos: Path) -> None:
    weights = photos.parent / "w.safetensors"
    write_weights(weights, {"fc.weight": np.zeros((1000, 512), np.float32)})
    request = {"do": "finetune", "network": "resnet18", "data": str(photos), "weights": str(weights), "name": "photos_resnet18",
               "folder": str(photos.parent)}  # fmt: skip
    (line,) = answer(request)
    assert 'extends = "resnet18"' in line["result"]["text"]
    assert 'root = "photos"' in line["result"]["text"]
    assert 'replace = ["fc"]' in line["result"]["text"]


def test_the_spec_that_was_made_is_handed_on_and_the_dialog_closes(qtbot: QtBot, dialog: FinetuneDialog) -> None:
    with qtbot.waitSignal(dialog.made) as made:
        dialog.exam.ended.emit({"text": "name = 'x'\n", "name": "photos_resnet18", "folder": "/tmp/here"})
    assert made.args == ["name = 'x'\n", "photos_resnet18.toml", Path("/tmp/here")]
    assert not dialog.isVisible()


def test_a_folder_that_is_not_there_is_told_and_the_dialog_stays(qtbot: QtBot, dialog: FinetuneDialog, tmp_path: Path) -> None:
    dialog.pictures.setText(str(tmp_path / "none"))
    dialog.weights.setText("w.pth")
    dialog.make.click()
    assert dialog.make.text() == "Cancel"
    qtbot.waitUntil(dialog.words.isVisible, timeout=60_000)
    assert str(tmp_path / "none") in dialog.words.text()
    assert dialog.make.text() == "Make the spec"
