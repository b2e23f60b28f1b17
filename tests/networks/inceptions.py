"""GoogLeNet and Inception v3 in PyTorch; modules are called as in torchvision, whose weights must fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.networks.twins import ConvNorm, f, nn, torch


class Inception(nn.Module):
    def __init__(self, cin: int, c1: int, c3_reduce: int, c3: int, c5_reduce: int, c5: int, pool: int) -> None:
        super().__init__()
        self.branch1 = ConvNorm(cin, c1)
        self.branch2 = nn.Sequential(ConvNorm(cin, c3_reduce), ConvNorm(c3_reduce, c3, 3))
        self.branch3 = nn.Sequential(ConvNorm(cin, c5_reduce), ConvNorm(c5_reduce, c5, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), ConvNorm(cin, pool))

    def forward(self, x: Any) -> Any:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class Auxiliary(nn.Module):
    def __init__(self, cin: int, width: float) -> None:
        super().__init__()
        c, hidden = int(128 * width), int(1024 * width)
        self.conv, self.fc1, self.fc2 = ConvNorm(cin, c), nn.Linear(16 * c, hidden), nn.Linear(hidden, 1000)

    def forward(self, x: Any) -> Any:
        return self.fc2(f.relu(self.fc1(self.conv(f.adaptive_avg_pool2d(x, 4)).flatten(1))))


TABLE = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
"""Szegedy et al. 2015, table 1."""


class GoogLeNet(nn.Module):
    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        a, b = int(64 * width), int(192 * width)
        self.conv1, self.conv2, self.conv3 = ConvNorm(3, a, 7, 2), ConvNorm(a, a), ConvNorm(a, b, 3)
        cin, after = b, {}
        for name, row in TABLE.items():
            sizes = [int(c * width) for c in row]
            self.add_module(f"inception{name}", Inception(cin, *sizes))
            cin = after[name] = sizes[0] + sizes[2] + sizes[4] + sizes[5]
        self.aux1, self.aux2 = Auxiliary(after["4a"], width), Auxiliary(after["4d"], width)
        self.fc = nn.Linear(cin, 1000)

    def forward(self, x: Any) -> dict[str, Any]:
        def pool(x: Any, size: int = 3) -> Any:
            return f.max_pool2d(x, size, 2, ceil_mode=True)

        outputs = {}
        x = pool(self.conv3(self.conv2(pool(self.conv1(x)))))
        for name in TABLE:
            x = pool(x) if name == "4a" else pool(x, 2) if name == "5a" else x
            x = getattr(self, f"inception{name}")(x)
            if name in ("4a", "4d"):
                head = "aux1" if name == "4a" else "aux2"
                outputs[f"{head}.fc2"] = getattr(self, head)(x)
        return {"fc": self.fc(x.mean((2, 3))), **outputs}


Step = tuple[str, str | None, int, Any]
"""Name of a convolution, what it reads (None: the block's input), channels, window; a window (k, 's') has stride 2."""
A: tuple[Step, ...] = (
    ("branch1x1", None, 64, 1), ("branch5x5_1", None, 48, 1), ("branch5x5_2", "branch5x5_1", 64, 5),
    ("branch3x3dbl_1", None, 64, 1), ("branch3x3dbl_2", "branch3x3dbl_1", 96, 3), ("branch3x3dbl_3", "branch3x3dbl_2", 96, 3),
)  # fmt: skip
B: tuple[Step, ...] = (
    ("branch3x3", None, 384, "3s"), ("branch3x3dbl_1", None, 64, 1), ("branch3x3dbl_2", "branch3x3dbl_1", 96, 3),
    ("branch3x3dbl_3", "branch3x3dbl_2", 96, "3s"),
)  # fmt: skip
D: tuple[Step, ...] = (
    ("branch3x3_1", None, 192, 1), ("branch3x3_2", "branch3x3_1", 320, "3s"), ("branch7x7x3_1", None, 192, 1),
    ("branch7x7x3_2", "branch7x7x3_1", 192, (1, 7)), ("branch7x7x3_3", "branch7x7x3_2", 192, (7, 1)),
    ("branch7x7x3_4", "branch7x7x3_3", 192, "3s"),
)  # fmt: skip
E: tuple[Step, ...] = (
    ("branch1x1", None, 320, 1), ("branch3x3_1", None, 384, 1), ("branch3x3_2a", "branch3x3_1", 384, (1, 3)),
    ("branch3x3_2b", "branch3x3_1", 384, (3, 1)), ("branch3x3dbl_1", None, 448, 1),
    ("branch3x3dbl_2", "branch3x3dbl_1", 384, 3), ("branch3x3dbl_3a", "branch3x3dbl_2", 384, (1, 3)),
    ("branch3x3dbl_3b", "branch3x3dbl_2", 384, (3, 1)),
)  # fmt: skip


def c_steps(c7: int) -> tuple[Step, ...]:
    wide, high = (1, 7), (7, 1)
    return (
        ("branch1x1", None, 192, 1), ("branch7x7_1", None, c7, 1), ("branch7x7_2", "branch7x7_1", c7, wide),
        ("branch7x7_3", "branch7x7_2", 192, high), ("branch7x7dbl_1", None, c7, 1),
        ("branch7x7dbl_2", "branch7x7dbl_1", c7, high), ("branch7x7dbl_3", "branch7x7dbl_2", c7, wide),
        ("branch7x7dbl_4", "branch7x7dbl_3", c7, high), ("branch7x7dbl_5", "branch7x7dbl_4", 192, wide),
    )  # fmt: skip


class Mixed(nn.Module):
    """A block of Inception v3: its convolutions by name; those that nobody reads are joined, then the pooled branch."""

    def __init__(self, cin: int, steps: Sequence[Step], pool: int | None, scale: float) -> None:
        super().__init__()
        self.steps, self.is_mean, channels = steps, pool is not None, {None: cin}
        for name, read, width, size in steps:
            channels[name] = int(width * scale)
            options = {"stride": 2, "padding": 0} if size == "3s" else {}
            self.add_module(name, ConvNorm(channels[read], channels[name], 3 if size == "3s" else size, **options))
        if pool is not None:
            self.branch_pool = ConvNorm(cin, int(pool * scale))
        read_names = {read for _, read, _, _ in steps}
        self.ends = [name for name, *_ in steps if name not in read_names]
        self.width = sum(channels[name] for name in self.ends) + (cin if pool is None else int(pool * scale))

    def forward(self, x: Any) -> Any:
        values = {None: x}
        for name, read, _, _ in self.steps:
            values[name] = getattr(self, name)(values[read])
        last = self.branch_pool(f.avg_pool2d(x, 3, 1, 1)) if self.is_mean else f.max_pool2d(x, 3, 2)
        return torch.cat([*(values[name] for name in self.ends), last], 1)


class AuxLogits(nn.Module):
    def __init__(self, cin: int, scale: float) -> None:
        super().__init__()
        a, b = int(128 * scale), int(768 * scale)
        self.conv0, self.conv1, self.fc = ConvNorm(cin, a), ConvNorm(a, b, 5, padding=0), nn.Linear(b, 1000)

    def forward(self, x: Any) -> Any:
        return self.fc(self.conv1(self.conv0(f.avg_pool2d(x, 5, 3))).mean((2, 3)))


class InceptionV3(nn.Module):
    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        a, b, c, d = (int(n * scale) for n in (32, 64, 80, 192))
        self.Conv2d_1a_3x3 = ConvNorm(3, a, 3, 2, padding=0)
        self.Conv2d_2a_3x3 = ConvNorm(a, a, 3, padding=0)
        self.Conv2d_2b_3x3 = ConvNorm(a, b, 3)
        self.Conv2d_3b_1x1, self.Conv2d_4a_3x3 = ConvNorm(b, c), ConvNorm(c, d, 3, padding=0)
        plan: dict[str, tuple[Sequence[Step], int | None]] = {
            "5b": (A, 32), "5c": (A, 64), "5d": (A, 64), "6a": (B, None), "6b": (c_steps(128), 192),
            "6c": (c_steps(160), 192), "6d": (c_steps(160), 192), "6e": (c_steps(192), 192), "7a": (D, None),
            "7b": (E, 192), "7c": (E, 192),
        }  # fmt: skip
        self.names, width = list(plan), d
        for name, (steps, pool) in plan.items():
            if name == "7a":
                self.AuxLogits = AuxLogits(width, scale)
            block = Mixed(width, steps, pool, scale)
            self.add_module(f"Mixed_{name}", block)
            width = block.width
        self.fc = nn.Linear(width, 1000)

    def forward(self, x: Any) -> dict[str, Any]:
        x = f.max_pool2d(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))), 3, 2)
        x = f.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, 2)
        for name in self.names:
            x = getattr(self, f"Mixed_{name}")(x)
            if name == "6e":
                aux = self.AuxLogits(x)
        return {"fc": self.fc(x.mean((2, 3))), "AuxLogits.fc": aux}
