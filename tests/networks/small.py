"""The shipped networks at a size that a test can afford: fewer channels, small pictures."""

from __future__ import annotations

from functools import cache

import netspec
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec

RESNET18 = [f"layers.layer{i}.width={8 * 2**i}" for i in (1, 2, 3, 4)] + [
    f"layers.layer{i}.first={{ stride = 2, project = true }}" for i in (2, 3, 4)
]
SMALL: dict[str, tuple[str, ...]] = {
    "alexnet": ("input.size=64", "variables.width=8", "variables.hidden=16"),
    "vgg16_bn": ("input.size=64", "variables.width=4", "variables.hidden=16"),
    "resnet18": ("input.size=64", "layers.conv1.out_channels=16", *RESNET18),
    "resnet50": ("input.size=64", "variables.width=8"),
    "resnext50_32x4d": ("input.size=64", "variables.width=16"),
    "squeezenet1_1": ("input.size=48",),
    "mobilenet_v1": ("input.size=64", "variables.width=0.25"),
    "mobilenet_v2": ("input.size=64", "variables.width=0.25"),
    "mobilenet_v3_small": ("input.size=64",),
    "densenet121": ("input.size=48", "variables.growth=4"),
    "googlenet": ("input.size=64", "variables.width=0.125"),
    "inception_v3": ("variables.scale=0.0625",),
    "efficientnet_b0": ("input.size=64", "variables.width=0.25"),
    "mnasnet0_5": ("input.size=64",),
    "shufflenet_v2_x0_5": ("input.size=64", "variables.last=64"),
    "unet": ("input.size=188", "variables.width=4"),
    "fcn8s": ("input.size=64", "variables.width=4", "variables.hidden=16", "variables.border=90"),
}
"""One of each architecture → what makes it small."""


@cache
def small(name: str) -> Spec:
    """The reduced spec; trained with momentum."""
    return netspec.load(shipped_specs()[name], [*SMALL[name], "optimizer.lr=0.001"])
