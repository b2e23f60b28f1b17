# ruff: noqa: E501  # an inline table of TOML 1.0 stands on one line
"""ResNets as blocks: torchvision's names and published parameter counts."""

from __future__ import annotations

import pytest

import netspec

HEAD = """
[input]
shape = [3, 224, 224]

[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 64
kernel_size = 7
stride = 2
padding = 3
bias = false

[[layers]]
name = "bn1"
type = "batch_norm"

[[layers]]
name = "relu"
type = "relu"

[[layers]]
name = "maxpool"
type = "max_pool2d"
kernel_size = 3
stride = 2
padding = 1
"""

TAIL = """
[[layers]]
name = "avgpool"
type = "global_avg_pool"

[[layers]]
name = "fc"
type = "linear"
out_features = 1000
"""

BASIC = """
[blocks.basic]
required = ["width"]
parameters = { stride = 1, project = "${index == 0 and width > 64}" }
layers = [
  { name = "conv1", type = "conv2d", out_channels = "${width}", kernel_size = 3, stride = "${stride}", padding = 1, bias = false },
  { name = "bn1", type = "batch_norm" },
  { name = "relu", type = "relu" },
  { name = "conv2", type = "conv2d", out_channels = "${width}", kernel_size = 3, padding = 1, bias = false },
  { name = "bn2", type = "batch_norm" },
  { name = "downsample", type = "block", block = "shortcut", inputs = ["input"], when = "${project}", channels = "${width}", stride = "${stride}" },
  { name = "add", type = "add", inputs = ["bn2", "${'downsample' if project else 'input'}"] },
  { name = "relu2", type = "relu" },
]
"""

BOTTLENECK = """
[blocks.bottleneck]
required = ["width"]
parameters = { stride = 1, project = "${index == 0}" }
layers = [
  { name = "conv1", type = "conv2d", out_channels = "${width}", kernel_size = 1, bias = false },
  { name = "bn1", type = "batch_norm" },
  { name = "relu1", type = "relu" },
  { name = "conv2", type = "conv2d", out_channels = "${width}", kernel_size = 3, stride = "${stride}", padding = 1, bias = false },
  { name = "bn2", type = "batch_norm" },
  { name = "relu2", type = "relu" },
  { name = "conv3", type = "conv2d", out_channels = "${4 * width}", kernel_size = 1, bias = false },
  { name = "bn3", type = "batch_norm" },
  { name = "downsample", type = "block", block = "shortcut", inputs = ["input"], when = "${project}", channels = "${4 * width}", stride = "${stride}" },
  { name = "add", type = "add", inputs = ["bn3", "${'downsample' if project else 'input'}"] },
  { name = "relu3", type = "relu" },
]
"""

SHORTCUT = """
[blocks.shortcut]
required = ["channels", "stride"]
layers = [
  { name = "0", type = "conv2d", out_channels = "${channels}", kernel_size = 1, stride = "${stride}", bias = false },
  { name = "1", type = "batch_norm" },
]
"""


def stage(number: int, block: str, repeat: int) -> str:
    stride = "" if number == 1 else "first = { stride = 2 }\n"
    return (
        f'\n[[layers]]\nname = "layer{number}"\ntype = "block"\nblock = "{block}"\nwidth = {32 * 2**number}\n'
        f"repeat = {repeat}\n{stride}"
    )


def resnet(block: str, definition: str, repeats: list[int]) -> str:
    stages = "".join(stage(number, block, repeat) for number, repeat in enumerate(repeats, 1))
    return HEAD + stages + TAIL + definition + SHORTCUT


RESNET18 = resnet("basic", BASIC, [2, 2, 2, 2])
RESNET50 = resnet("bottleneck", BOTTLENECK, [3, 4, 6, 3])


@pytest.mark.parametrize(
    ("text", "params", "channels"), [(RESNET18, 11_689_512, 512), (RESNET50, 25_557_032, 2048)], ids=["18", "50"]
)
def test_resnets_have_their_published_sizes(text: str, params: int, channels: int) -> None:
    report = netspec.analyze(netspec.loads(text))
    assert report.totals.params == params
    assert report.shapes["avgpool"][0] == channels
    assert report.ok


def test_layers_have_torchvisions_names() -> None:
    names = {layer.name for layer in netspec.loads(RESNET50).layers}
    assert {
        "layer1.0.conv1",
        "layer1.0.downsample.0",
        "layer1.0.downsample.1",
        "layer4.2.bn3",
        "layer3.5.conv2",
    } <= names
    assert "layer1.1.downsample.0" not in names


def test_resnet50_fits_in_80_lines() -> None:
    assert len([line for line in RESNET50.splitlines() if line.strip()]) <= 80


def test_resnet50_renders_to_an_equal_spec_without_blocks() -> None:
    spec = netspec.loads(RESNET50)
    text = netspec.render(spec)
    assert "block" not in text
    assert netspec.render(netspec.loads(text)) == text
    assert netspec.spec_hash(netspec.loads(text)) == netspec.spec_hash(spec)


def test_weights_keep_torchvisions_names_in_a_frozen_backbone() -> None:
    text = RESNET18 + '\n[transfer]\nfreeze_to = "layer3"\n'
    rows = netspec.analyze(netspec.loads(text)).table
    frozen = {row.name.split(".")[0] for row in rows if row.frozen}
    assert frozen == {"conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3"}
    assert all(row.frozen for row in rows if row.name.startswith("layer3"))
