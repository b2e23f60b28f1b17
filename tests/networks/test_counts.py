"""Parameters and multiply-adds of the shipped networks are the published ones."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import netspec
from netspec.analysis import Report
from netspec.shipped import shipped_specs

FILE = Path(__file__).parents[2] / ".." / "shared" / "data" / "published_counts.json"
PUBLISHED: dict[str, int] = json.loads(FILE.read_text()) if FILE.is_file() else {}
HEADLINES = {
    "alexnet": 61_100_840, "vgg11": 132_863_336, "vgg13": 133_047_848, "vgg16": 138_357_544, "vgg19": 143_667_240,
    "vgg16_bn": 138_365_992, "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032,
    "resnet101": 44_549_160, "resnext50_32x4d": 25_028_904, "wide_resnet50_2": 68_883_240, "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496, "mobilenet_v2": 3_504_872, "mobilenet_v3_large": 5_483_032,
    "mobilenet_v3_small": 2_542_856, "densenet121": 7_978_856, "densenet169": 14_149_480, "googlenet": 13_004_888,
    "inception_v3": 27_161_264, "efficientnet_b0": 5_288_548, "mnasnet1_0": 4_383_312, "mnasnet0_5": 2_218_512,
    "shufflenet_v2_x1_0": 2_278_604, "shufflenet_v2_x0_5": 1_366_792,
}  # fmt: skip
"""Trainable parameters as torchvision's documentation gives them (GoogLeNet with its auxiliary heads)."""


@cache
def analysed(name: str) -> Report:
    return netspec.analyze(netspec.load(shipped_specs()[name]))


@pytest.mark.parametrize("name", HEADLINES)
def test_parameters_are_those_of_torchvisions_documentation(name: str) -> None:
    assert analysed(name).totals.params == HEADLINES[name]


@pytest.mark.skipif(not PUBLISHED, reason=f"{FILE} is not on this machine")
@pytest.mark.parametrize("name", sorted(shipped_specs().keys() & PUBLISHED.keys()))
def test_parameters_and_multiply_adds_are_the_published_ones(name: str) -> None:
    """Multiply-adds are published of the network as it is used, without the auxiliary heads."""
    report, published = analysed(name), PUBLISHED[name]
    assert [*report.shapes["input"]] == published["input"]
    assert report.totals.params == published["params"]
    assert sum(row.macs for row in report.table if not row.name.startswith(("aux", "Aux"))) == published["multiply_adds"]


def test_mobilenet_v1_has_keras_count_with_and_without_statistics() -> None:
    """Keras counts running means and variances as parameters: 4,253,864, of them 4,231,976 trainable."""
    totals = analysed("mobilenet_v1").totals
    assert totals.params == 4_231_976
    assert totals.params + totals.state == 4_253_864
    assert round(totals.macs / 1e6) == 569  # Howard et al. 2017, table 4


def test_unet_has_the_parameters_of_its_figure() -> None:
    """3×3 convolutions with biases, up-convolutions of 2×2, and 1×1 to two classes."""
    widths = [64, 128, 256, 512, 1024]
    pairs = [(1, 64), *pairwise(widths)]
    down = sum((9 * cin + 1) * cout + (9 * cout + 1) * cout for cin, cout in pairs)
    up = sum((4 * 2 * c + 1) * c + (9 * 2 * c + 1) * c + (9 * c + 1) * c for c in widths[:-1])
    assert analysed("unet").totals.params == down + up + 2 * (64 + 1) == 31_030_658
    assert analysed("unet").shapes["classes"] == (2, 388, 388)
    convolutions = [row for row in analysed("unet").table if row.type in ("conv2d", "conv_transpose2d")]
    assert len(convolutions) == 23  # "in total the network has 23 convolutional layers"


def test_fcn8s_has_the_parameters_of_vgg16_and_of_its_scores() -> None:
    fully_connected = (512 * 49 + 1) * 4096 + (4096 + 1) * 4096
    scores = 21 * (4096 + 1 + 512 + 1 + 256 + 1)
    enlarging = 21 * 21 * (16 + 16 + 256)
    assert analysed("fcn8s").totals.params == 14_714_688 + fully_connected + scores + enlarging == 134_489_759
    assert analysed("fcn8s").shapes["score"] == (21, 500, 500)


def test_resnet50_stands_in_80_lines() -> None:
    assert len(shipped_specs()["resnet50"].read_text(encoding="utf-8").splitlines()) <= 80
