"""The shipped networks in PyTorch, written from the papers; modules are called as in torchvision, whose weights must fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
nn = torch.nn
f = torch.nn.functional
Activation = Callable[[], Any] | None


def conv(cin: int, cout: int, size: int | tuple[int, int] = 1, stride: int = 1, groups: int = 1, **options: Any) -> Any:
    """A convolution without bias that keeps the size, unless told otherwise."""
    padding = options.pop("padding", size // 2 if isinstance(size, int) else (size[0] // 2, size[1] // 2))
    return nn.Conv2d(cin, cout, size, stride, padding, groups=groups, **{"bias": False, **options})


def conv_norm(cin: int, cout: int, size: int = 1, stride: int = 1, groups: int = 1, act: Activation = nn.ReLU6,
              **norm: Any) -> Any:  # fmt: skip
    parts = [conv(cin, cout, size, stride, groups), nn.BatchNorm2d(cout, **norm)]
    return nn.Sequential(*parts, *([act()] if act else []))


class ConvNorm(nn.Module):
    """conv, bn and ReLU under those names: the unit of the Inception networks."""

    def __init__(self, cin: int, cout: int, size: int | tuple[int, int] = 1, stride: int = 1, **options: Any) -> None:
        super().__init__()
        self.conv = conv(cin, cout, size, stride, **options)
        self.bn = nn.BatchNorm2d(cout, eps=0.001)

    def forward(self, x: Any) -> Any:
        return f.relu(self.bn(self.conv(x)))


class Classifying(nn.Module):
    """features (or another `part`), a pooling to a fixed size, and a classifier."""

    def __init__(self, features: Any, classifier: Any, size: int | None = None, part: str = "features") -> None:
        super().__init__()
        self.add_module(part, features)
        self.classifier, self.size, self.part = classifier, size, part

    def forward(self, x: Any) -> Any:
        x = getattr(self, self.part)(x)
        return self.classifier(x.mean((2, 3)) if self.size is None else f.adaptive_avg_pool2d(x, self.size).flatten(1))


def two_hidden(start: int, hidden: int, order: str) -> list[Any]:
    layers = {"d": nn.Dropout, "r": nn.ReLU}
    linear = iter([(start, hidden), (hidden, hidden), (hidden, 1000)])
    return [nn.Linear(*next(linear)) if kind == "l" else layers[kind]() for kind in order]


def alexnet(width: int = 64, hidden: int = 4096) -> Any:
    w = width
    bias: dict[str, Any] = {"bias": True}
    features = [
        conv(3, w, 11, 4, padding=2, **bias), nn.ReLU(), nn.MaxPool2d(3, 2), conv(w, 3 * w, 5, **bias), nn.ReLU(),
        nn.MaxPool2d(3, 2), conv(3 * w, 6 * w, 3, **bias), nn.ReLU(), conv(6 * w, 4 * w, 3, **bias), nn.ReLU(),
        conv(4 * w, 4 * w, 3, **bias), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]  # fmt: skip
    return Classifying(nn.Sequential(*features), nn.Sequential(*two_hidden(4 * w * 36, hidden, "dlrdlrl")), 6)


def vgg(stages: Sequence[int] = (2, 2, 3, 3, 3), norm: bool = False, width: int = 64, hidden: int = 4096) -> Any:
    features, cin = [], 3
    for repeat, factor in zip(stages, (1, 2, 4, 8, 8), strict=True):
        for _ in range(repeat):
            cout = factor * width
            features += [conv(cin, cout, 3, bias=True), *([nn.BatchNorm2d(cout)] if norm else []), nn.ReLU()]
            cin = cout
        features.append(nn.MaxPool2d(2))
    return Classifying(nn.Sequential(*features), nn.Sequential(*two_hidden(cin * 49, hidden, "lrdlrdl")), 7)


class Residual(nn.Module):
    """A basic block of two convolutions, or a bottleneck of three."""

    def __init__(self, cin: int, cout: int, middle: int, stride: int, groups: int, deep: bool) -> None:
        super().__init__()
        sizes = [(cin, middle, 1, 1, 1), (middle, middle, 3, stride, groups), (middle, cout, 1, 1, 1)] if deep else [
            (cin, middle, 3, stride, 1), (middle, cout, 3, 1, 1)
        ]  # fmt: skip
        self.number = len(sizes)
        for i, size in enumerate(sizes, 1):
            setattr(self, f"conv{i}", conv(*size))
            setattr(self, f"bn{i}", nn.BatchNorm2d(size[1]))
        self.downsample = conv_norm(cin, cout, 1, stride, act=None) if stride > 1 or cin != cout else None

    def forward(self, x: Any) -> Any:
        y = x
        for i in range(1, self.number + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = f.relu(y) if i < self.number else y
        return f.relu(y + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    def __init__(self, repeats: Sequence[int], deep: bool = True, width: int = 64, stem: int | None = None,
                 groups: int = 1, group_width: int = 64) -> None:  # fmt: skip
        super().__init__()
        cin = stem or width
        self.conv1, self.bn1 = conv(3, cin, 7, 2), nn.BatchNorm2d(cin)
        for i, repeat in enumerate(repeats):
            channels, blocks = width * 2**i, []
            cout = 4 * channels if deep else channels
            for k in range(repeat):
                middle = channels * group_width // 64 * groups if deep else channels
                blocks.append(Residual(cin, cout, middle, 2 if i and not k else 1, groups, deep))
                cin = cout
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(cin, 1000)

    def forward(self, x: Any) -> Any:
        x = f.max_pool2d(f.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(x.mean((2, 3)))


class Fire(nn.Module):
    def __init__(self, cin: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = conv(cin, squeeze, 1, bias=True)
        self.expand1x1 = conv(squeeze, expand, 1, bias=True)
        self.expand3x3 = conv(squeeze, expand, 3, bias=True)

    def forward(self, x: Any) -> Any:
        x = f.relu(self.squeeze(x))
        return f.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


class SqueezeNet(nn.Module):
    def __init__(self, first: tuple[int, int], plan: str) -> None:
        """plan: the squeezing widths in sixteenths, p for a pooling."""
        super().__init__()
        cin, size = first
        layers: list[Any] = [nn.Conv2d(3, cin, size, 2), nn.ReLU()]
        for item in f"p{plan}":
            if item == "p":
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                layers.append(Fire(cin, 16 * int(item), 64 * int(item)))
                cin = 128 * int(item)
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(cin, 1000, 1), nn.ReLU())

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x)).mean((2, 3))


class MobileNetV1(nn.Module):
    PLAN = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        cin = int(32 * width)
        self.conv1, self.bn1, self.layers = conv(3, cin, 3, 2), nn.BatchNorm2d(cin), nn.ModuleList()
        for filters, stride in self.PLAN:
            cout = int(filters * width)
            self.layers.append(nn.ModuleDict({
                "depthwise": conv(cin, cin, 3, stride, cin), "bn1": nn.BatchNorm2d(cin),
                "pointwise": conv(cin, cout), "bn2": nn.BatchNorm2d(cout),
            }))  # fmt: skip
            cin = cout
        self.fc = nn.Linear(cin, 1000)

    def forward(self, x: Any) -> Any:
        x = f.relu6(self.bn1(self.conv1(x)))
        for layer in self.layers:
            x = f.relu6(layer["bn1"](layer["depthwise"](x)))
            x = f.relu6(layer["bn2"](layer["pointwise"](x)))
        return self.fc(x.mean((2, 3)))


class Inverted(nn.Module):
    """Inverted residual; `name`: under which its parts stand."""

    def __init__(self, name: str, parts: Sequence[Any], has_sum: bool) -> None:
        super().__init__()
        self.name, self.has_sum = name, has_sum
        setattr(self, name, nn.Sequential(*parts))

    def forward(self, x: Any) -> Any:
        y = getattr(self, self.name)(x)
        return x + y if self.has_sum else y


def mobilenet_v2(width: float = 1.0) -> Any:
    plan = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    cin = int(32 * width)
    layers = [conv_norm(3, cin, 3, 2)]
    for expand, filters, repeat, first in plan:
        for k in range(repeat):
            stride, cout, hidden = first if k == 0 else 1, int(filters * width), cin * expand
            parts = [conv_norm(cin, hidden)] if expand > 1 else []
            parts += [conv_norm(hidden, hidden, 3, stride, hidden), conv(hidden, cout), nn.BatchNorm2d(cout)]
            layers.append(Inverted("conv", parts, stride == 1 and cin == cout))
            cin = cout
    layers.append(conv_norm(cin, max(1280, int(1280 * width))))
    return Classifying(nn.Sequential(*layers), nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000)))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, few: int, act: Any, gate: Any) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, few, 1), nn.Conv2d(few, channels, 1)
        self.act, self.gate = act, gate

    def forward(self, x: Any) -> Any:
        return x * self.gate(self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True)))))


LARGE = """3 16 16 - r 1, 3 64 24 - r 2, 3 72 24 - r 1, 5 72 40 s r 2, 5 120 40 s r 1, 5 120 40 s r 1, 3 240 80 - h 2,
 3 200 80 - h 1, 3 184 80 - h 1, 3 184 80 - h 1, 3 480 112 s h 1, 3 672 112 s h 1, 5 672 160 s h 2, 5 960 160 s h 1,
 5 960 160 s h 1"""
SMALL = """3 16 16 s r 2, 3 72 24 - r 2, 3 88 24 - r 1, 5 96 40 s h 2, 5 240 40 s h 1, 5 240 40 s h 1, 5 120 48 s h 1,
 5 144 48 s h 1, 5 288 96 s h 2, 5 576 96 s h 1, 5 576 96 s h 1"""
"""Rows of tables 1 and 2 of Howard et al. 2019: window, expansion, channels, squeezed or not, ReLU or h-swish, stride."""
SQUEEZED = {16: 8, 72: 24, 96: 24, 120: 32, 144: 40, 240: 64, 288: 72, 480: 120, 576: 144, 672: 168, 960: 240}


def mobilenet_v3(table: str, head: int) -> Any:
    norm = {"eps": 0.001, "momentum": 0.01}
    cin, layers = 16, [conv_norm(3, 16, 3, 2, act=nn.Hardswish, **norm)]
    for size, hidden, cout, squeeze, kind, stride in (row.split() for row in table.split(",")):
        act, n, m, s = nn.ReLU if kind == "r" else nn.Hardswish, int(hidden), int(cout), int(stride)
        parts = [conv_norm(cin, n, act=act, **norm)] if n != cin else []
        parts.append(conv_norm(n, n, int(size), s, n, act, **norm))
        if squeeze == "s":
            parts.append(SqueezeExcitation(n, SQUEEZED[n], f.relu, f.hardsigmoid))
        parts.append(conv_norm(n, m, act=None, **norm))
        layers.append(Inverted("block", parts, s == 1 and m == cin))
        cin = m
    layers.append(conv_norm(cin, 6 * cin, act=nn.Hardswish, **norm))
    parts = [nn.Linear(6 * cin, head), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(head, 1000)]
    return Classifying(nn.Sequential(*layers), nn.Sequential(*parts))


def efficientnet_b0(width: float = 1.0) -> Any:
    plan = ((1, 16, 3, 1, 1), (6, 24, 3, 2, 2), (6, 40, 5, 2, 2), (6, 80, 3, 3, 2), (6, 112, 5, 3, 1), (6, 192, 5, 4, 2),
            (6, 320, 3, 1, 1))  # fmt: skip
    cin = int(32 * width)
    layers = [conv_norm(3, cin, 3, 2, act=nn.SiLU)]
    for expand, filters, size, repeat, first in plan:
        stage = []
        for k in range(repeat):
            stride, cout, n = first if k == 0 else 1, int(filters * width), cin * expand
            parts = [conv_norm(cin, n, act=nn.SiLU)] if expand > 1 else []
            parts += [conv_norm(n, n, size, stride, n, nn.SiLU), SqueezeExcitation(n, max(1, cin // 4), f.silu, torch.sigmoid)]
            parts.append(conv_norm(n, cout, act=None))
            stage.append(Inverted("block", parts, stride == 1 and cin == cout))
            cin = cout
        layers.append(nn.Sequential(*stage))
    layers.append(conv_norm(cin, int(1280 * width), act=nn.SiLU))
    return Classifying(nn.Sequential(*layers), nn.Sequential(nn.Dropout(0.2), nn.Linear(int(1280 * width), 1000)))


def mnasnet(width: float = 1.0) -> Any:
    plan = ((24, 3, 3, 3, 2), (40, 5, 3, 3, 2), (80, 5, 6, 3, 2), (96, 3, 6, 2, 1), (192, 5, 6, 4, 2), (320, 3, 6, 1, 1))
    norm, c, cin = {"momentum": 0.0003}, int(32 * width), int(16 * width)
    layers = [*conv_norm(3, c, 3, 2, act=nn.ReLU, **norm), *conv_norm(c, c, 3, 1, c, nn.ReLU, **norm),
              *conv_norm(c, cin, act=None, **norm)]  # fmt: skip
    for filters, size, expand, repeat, first in plan:
        stack = []
        for k in range(repeat):
            stride, cout, n = first if k == 0 else 1, (int(filters * width) + 4) // 8 * 8, cin * expand
            parts = [*conv_norm(cin, n, act=nn.ReLU, **norm), *conv_norm(n, n, size, stride, n, nn.ReLU, **norm)]
            stack.append(Inverted("layers", [*parts, *conv_norm(n, cout, act=None, **norm)], stride == 1 and cin == cout))
            cin = cout
        layers.append(nn.Sequential(*stack))
    layers += conv_norm(cin, 1280, act=nn.ReLU, **norm)
    return Classifying(nn.Sequential(*layers), nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000)), part="layers")


class DenseLayer(nn.Module):
    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(cin), conv(cin, 4 * growth)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth, 3)

    def forward(self, x: Any) -> Any:
        y = self.conv1(f.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(f.relu(self.norm2(y)))], 1)


def densenet(blocks: Sequence[int] = (6, 12, 24, 16), growth: int = 32) -> Any:
    features, c = nn.Sequential(), 2 * growth
    for name, part in (("conv0", conv(3, c, 7, 2)), ("norm0", nn.BatchNorm2d(c)), ("relu0", nn.ReLU()),
                       ("pool0", nn.MaxPool2d(3, 2, 1))):  # fmt: skip
        features.add_module(name, part)
    for i, repeat in enumerate(blocks, 1):
        block = nn.Sequential()
        for k in range(repeat):
            block.add_module(f"denselayer{k + 1}", DenseLayer(c, growth))
            c += growth
        features.add_module(f"denseblock{i}", block)
        if i < len(blocks):
            parts = {"norm": nn.BatchNorm2d(c), "relu": nn.ReLU(), "conv": conv(c, c // 2), "pool": nn.AvgPool2d(2)}
            transition = nn.Sequential()
            for name, part in parts.items():
                transition.add_module(name, part)
            features.add_module(f"transition{i}", transition)
            c //= 2
    features.add_module("norm5", nn.BatchNorm2d(c))
    features.add_module("relu5", nn.ReLU())
    return Classifying(features, nn.Linear(c, 1000))


class ShuffleUnit(nn.Module):
    def __init__(self, cin: int, half: int, stride: int) -> None:
        super().__init__()
        start = cin if stride == 2 else half
        self.halves = stride == 2
        self.branch1 = nn.Sequential(*(
            [*conv_norm(cin, cin, 3, 2, cin, None), *conv_norm(cin, half, act=nn.ReLU)] if self.halves else []
        ))  # fmt: skip
        self.branch2 = nn.Sequential(
            *conv_norm(start, half, act=nn.ReLU), *conv_norm(half, half, 3, stride, half, None),
            *conv_norm(half, half, act=nn.ReLU),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        a, b = (x, x) if self.halves else x.chunk(2, 1)
        y = torch.cat([self.branch1(a), self.branch2(b)], 1)
        n, c, h, w = y.shape
        return y.reshape(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class ShuffleNet(nn.Module):
    def __init__(self, half: int = 58, last: int = 1024) -> None:
        super().__init__()
        cin = 24
        self.conv1 = conv_norm(3, cin, 3, 2, act=nn.ReLU)
        for i, repeat in enumerate((4, 8, 4)):
            h = half * 2**i
            units = [ShuffleUnit(cin if k == 0 else 2 * h, h, 2 if k == 0 else 1) for k in range(repeat)]
            setattr(self, f"stage{i + 2}", nn.Sequential(*units))
            cin = 2 * h
        self.conv5, self.fc = conv_norm(cin, last, act=nn.ReLU), nn.Linear(last, 1000)

    def forward(self, x: Any) -> Any:
        x = f.max_pool2d(self.conv1(x), 3, 2, 1)
        return self.fc(self.conv5(self.stage4(self.stage3(self.stage2(x)))).mean((2, 3)))


class UNet(nn.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        sizes = [width * 2**i for i in range(5)]
        for name, cin, cout in zip(("down1", "down2", "down3", "down4", "bottom"), [1, *sizes], sizes, strict=False):
            self.add_module(name, self._double(cin, cout))
        for i in (4, 3, 2, 1):
            wide, cout = sizes[i], sizes[i - 1]
            up = nn.ModuleDict({"conv": nn.ConvTranspose2d(wide, cout, 2, 2), "convs": self._double(wide, cout)})
            self.add_module(f"up{i}", up)
        self.classes = nn.Conv2d(width, 2, 1)

    def _double(self, cin: int, cout: int) -> Any:
        return nn.ModuleDict({"conv1": nn.Conv2d(cin, cout, 3), "conv2": nn.Conv2d(cout, cout, 3)})

    def _twice(self, double: Any, x: Any) -> Any:
        return f.relu(double["conv2"](f.relu(double["conv1"](x))))

    def forward(self, x: Any) -> Any:
        kept = []
        for i in (1, 2, 3, 4):
            kept.append(self._twice(getattr(self, f"down{i}"), x))
            x = f.max_pool2d(kept[-1], 2)
        x = self._twice(self.bottom, x)
        for i in (4, 3, 2, 1):
            up = getattr(self, f"up{i}")
            x = up["conv"](x)
            top, left = ((a - b) // 2 for a, b in zip(kept[i - 1].shape[2:], x.shape[2:], strict=True))
            crop = kept[i - 1][:, :, top : top + x.shape[2], left : left + x.shape[3]]
            x = self._twice(up["convs"], torch.cat([crop, x], 1))
        return self.classes(x)


class FCN8s(nn.Module):
    def __init__(self, width: int = 64, hidden: int = 4096, border: int = 100, classes: int = 21) -> None:
        super().__init__()
        features = vgg(width=width, hidden=1).features
        features[0].padding = (border, border)
        for part in features:
            if isinstance(part, nn.MaxPool2d):
                part.ceil_mode = True
        self.features, w = features, width
        self.fc6, self.fc7 = nn.Conv2d(8 * w, hidden, 7), nn.Conv2d(hidden, hidden, 1)
        for name, cin in (("score_fr", hidden), ("score_pool4", 8 * w), ("score_pool3", 4 * w)):
            self.add_module(name, nn.Conv2d(cin, classes, 1))
        for name, size in (("upscore2", 4), ("upscore_pool4", 4), ("upscore8", 16)):
            self.add_module(name, nn.ConvTranspose2d(classes, classes, size, size // 2, bias=False))

    def forward(self, x: Any) -> Any:
        height, width = x.shape[2:]
        pool3 = self.features[:17](x)
        pool4 = self.features[17:24](pool3)
        y = f.relu(self.fc7(f.relu(self.fc6(self.features[24:](pool4)))))
        y = self._plus(self.upscore2(self.score_fr(y)), self.score_pool4(pool4), 5)
        y = self._plus(self.upscore_pool4(y), self.score_pool3(pool3), 9)
        return self.upscore8(y)[:, :, 31 : 31 + height, 31 : 31 + width]

    def _plus(self, y: Any, skip: Any, offset: int) -> Any:
        return y + skip[:, :, offset : offset + y.shape[2], offset : offset + y.shape[3]]
