"""The page of shipped networks, made from the specs: lines, parameters, multiply-adds and the published numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netspec.analysis import analyze
from netspec.loading import load
from netspec.shipped import shipped_specs


@dataclass(frozen=True)
class Published:
    """What paper or library gives: trainable parameters, and multiply-adds without auxiliary heads, if they do."""

    params: int
    macs: int | None
    source: str


TORCHVISION = "[torchvision](https://docs.pytorch.org/vision/stable/models.html)"
PUBLISHED = {
    "lenet5": Published(61_706, None, "LeCun et al. 1998, fully connected"),
    "alexnet": Published(61_100_840, 714_188_480, TORCHVISION),
    "vgg11": Published(132_863_336, 7_609_090_048, TORCHVISION),
    "vgg11_bn": Published(132_868_840, 7_609_090_048, TORCHVISION),
    "vgg13": Published(133_047_848, 11_308_466_176, TORCHVISION),
    "vgg16": Published(138_357_544, 15_470_264_320, TORCHVISION),
    "vgg16_bn": Published(138_365_992, 15_470_264_320, TORCHVISION),
    "vgg19": Published(143_667_240, 19_632_062_464, TORCHVISION),
    "googlenet": Published(13_004_888, 1_498_376_192, TORCHVISION),
    "inception_v3": Published(27_161_264, 5_713_216_096, TORCHVISION),
    "squeezenet1_0": Published(1_248_424, 818_924_576, TORCHVISION),
    "squeezenet1_1": Published(1_235_496, 349_151_936, TORCHVISION),
    "resnet18": Published(11_689_512, 1_814_073_344, TORCHVISION),
    "resnet34": Published(21_797_672, 3_663_761_408, TORCHVISION),
    "resnet50": Published(25_557_032, 4_089_184_256, TORCHVISION),
    "resnet101": Published(44_549_160, 7_801_405_440, TORCHVISION),
    "resnext50_32x4d": Published(25_028_904, 4_230_479_872, TORCHVISION),
    "wide_resnet50_2": Published(68_883_240, 11_398_021_120, TORCHVISION),
    "resnet20_cifar": Published(269_722, None, "He et al. 2016, §4.2, shortcuts A"),
    "densenet121": Published(7_978_856, 2_834_161_664, TORCHVISION),
    "densenet169": Published(14_149_480, 3_359_843_328, TORCHVISION),
    "mobilenet_v1": Published(4_231_976, None, "Keras (4,253,864 with running statistics)"),
    "mobilenet_v2": Published(3_504_872, 300_774_272, TORCHVISION),
    "mobilenet_v3_large": Published(5_483_032, 216_589_760, TORCHVISION),
    "mobilenet_v3_small": Published(2_542_856, 56_510_400, TORCHVISION),
    "mnasnet0_5": Published(2_218_512, 104_455_968, TORCHVISION),
    "mnasnet1_0": Published(4_383_312, 314_415_872, TORCHVISION),
    "shufflenet_v2_x0_5": Published(1_366_792, 40_476_448, TORCHVISION),
    "shufflenet_v2_x1_0": Published(2_278_604, 144_907_992, TORCHVISION),
    "efficientnet_b0": Published(5_288_548, 385_814_752, TORCHVISION),
}
"""Facts to compare with; what a row of the page says of netspec is counted anew."""
HEAD = """# Networks

Every spec that comes with netspec. `netspec train NAME` trains those that name their data; `netspec init mine.toml --from NAME`
copies any of them, and the specs that it extends, to be changed: the networks of ImageNet get a `[data]` there. `netspec time
NAME` runs a step of each without data. Made by `python docs/update.py`.

Names of layers are torchvision's where it has the network, so that its weights fit as they are. Parameters are those that
are learned, with auxiliary heads; multiply-adds are those of convolutions and linear layers for one sample, without auxiliary
heads. ✓: both equal the published numbers (only the parameters where no multiply-adds are given). GoogLeNet's and
Inception's weights from torchvision expect pictures in −1 … 1 (its `transform_input`).

| spec | lines | input | parameters | multiply-adds | published | what it is |
|---|---|---|---|---|---|---|
"""


def networks_markdown() -> str:
    """The whole page."""
    return HEAD + "".join(_row(name) for name in shipped_specs())


def _row(name: str) -> str:
    path = shipped_specs()[name]
    text = path.read_text(encoding="utf-8")
    spec = load(path)
    table = analyze(spec).table
    params, macs = sum(row.params for row in table), sum(row.macs for row in table if not row.name.startswith(("aux", "Aux")))
    shape = " × ".join(str(size) for size in spec.inputs[0].shape)
    cells = [f"[{name}](../specs/{name}.toml)", str(len(text.splitlines())), shape, f"{params:,}", f"{macs:,}",
             _published(name, params, macs), _about(text).replace("|", "\\|")]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def _about(text: str) -> str:
    """The first sentence of the comment at the head of a spec."""
    head = re.match(r"(# .*\n)+", text)
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z])|:\s{2,}", head[0].replace("# ", "").replace("\n", " ")) if head else [""]
    return sentences[0].strip()


def _published(name: str, params: int, macs: int) -> str:
    found = PUBLISHED.get(name)
    if found is None:
        return ""
    equal = params == found.params and found.macs in (None, macs)
    return f"✓ {found.source}" if equal else f"✗ {found.params:,}, {found.macs or 0:,}: {found.source}"
