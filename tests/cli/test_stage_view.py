"""What is told of the layers that are frozen when a run begins."""

from __future__ import annotations

import pytest

from netspec.cli.stage_view import stage_begins
from netspec.training.events import Stage

RESNET = ["conv1", "bn1", *(f"layer1.{i}.conv1" for i in range(7)), "layer2.0.conv1"]


@pytest.mark.parametrize(
    ("frozen", "told"),
    [
        (["conv1", "layer1.0.conv1"], "frozen: conv1, layer1.0.conv1"),
        (RESNET, "frozen: conv1, bn1, layer1 (7 layers), layer2 (1 layer)"),
    ],
)
def test_many_frozen_layers_are_counted_by_block(frozen: list[str], told: str) -> None:
    assert stage_begins(Stage(step=0, epoch=0, seconds=0.0, frozen=frozen)).endswith(told)
