"""A network for a set of data: as large as its samples allow, and small enough to train in minutes on a laptop.

Pictures: stages of 3×3 convolution, batch normalization, ReLU and pooling that halves the picture, until about 4 × 4
pixels are left, then the mean of each channel and a linear head. Vectors: one or two hidden layers. Boxes: a single-shot
detector with answers every 8 pixels. Masks: a small U-Net.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.starting.recognize import Found

FEW, SOME = 1000, 10_000
"""Samples below which a network has fewer channels, and dropout."""
LAST_SIDE = 4
"""Pixels that the last stage of a network for pictures should see at least."""
Layers = list[dict[str, Any]]


def network_for(found: Found) -> Layers:
    """The layers as tables, in order."""
    if found.task == "detection":
        return list(_detector(len(found.classes)))
    if found.task == "segmentation":
        return list(_u_net(len(found.classes)))
    body = _convolutions(found) if len(found.shape) == 3 else _hidden(found)
    outputs = len(found.classes) or 1
    return [*body, {"name": "fc", "type": "linear", "out_features": outputs}]


def _width(samples: int) -> int:
    """Channels of the first stage."""
    return 8 if samples < FEW else 16 if samples < SOME else 32


def _convolutions(found: Found) -> Iterator[dict[str, Any]]:
    side, channels, stage = min(found.shape[1:]), _width(found.samples), 0
    while stage == 0 or (side >= 2 * LAST_SIDE and stage < 4):
        stage += 1
        yield from _stage(str(stage), channels)
        if side >= 2:
            yield {"name": f"pool{stage}", "type": "max_pool2d", "kernel_size": 2, **_rounding(side)}
        side, channels = -(-side // 2), min(2 * channels, 128)
    yield {"name": "mean", "type": "global_avg_pool"}
    if found.samples < SOME:
        yield {"name": "dropout", "type": "dropout", "p": 0.3}


def _stage(name: str, channels: int, **settings: Any) -> Iterator[dict[str, Any]]:
    window = {"kernel_size": 3, "padding": settings.get("dilation", 1), **settings}
    yield {"name": f"conv{name}", "type": "conv2d", "out_channels": channels, **window, "bias": False}
    yield {"name": f"bn{name}", "type": "batch_norm"}
    yield {"name": f"relu{name}", "type": "relu"}


def _rounding(side: int) -> dict[str, str]:
    """Odd sides keep their last pixel."""
    return {"rounding": "ceil"} if side % 2 else {}


def _hidden(found: Found) -> Iterator[dict[str, Any]]:
    units = 16 if found.samples < FEW else 64 if found.samples < SOME else 128
    depth = 1 if found.samples < FEW else 2
    for layer in range(1, depth + 1):
        yield {"name": f"hidden{layer}", "type": "linear", "out_features": units}
        yield {"name": f"relu{layer}", "type": "relu"}


def _u_net(classes: int) -> Iterator[dict[str, Any]]:
    """Two halvings and back, each level joined with what was there before it was halved; a class for every pixel."""
    for stage, channels in enumerate((16, 32), 1):
        yield from _stage(str(stage), channels)
        yield {"name": f"pool{stage}", "type": "max_pool2d", "kernel_size": 2}
    yield from _stage("3", 64)
    for stage, channels in ((2, 32), (1, 16)):
        yield {"name": f"up{stage}", "type": "upsample", "scale": 2, "mode": "bilinear"}
        yield {"name": f"both{stage}", "type": "concat", "inputs": [f"up{stage}", f"relu{stage}"]}
        yield from _stage(f"_up{stage}", channels)
    yield {"name": "answers", "type": "conv2d", "out_channels": classes, "kernel_size": 1}


def _detector(classes: int) -> Iterator[dict[str, Any]]:
    """Three halvings, then dilated convolutions that see more and more, and for each cell classes + 4 reaches."""
    for stage, channels in enumerate((16, 32, 64), 1):
        yield from _stage(str(stage), channels, stride=2)
    for stage, dilation in enumerate((1, 2, 4), 4):
        yield from _stage(str(stage), 64, dilation=dilation)
    yield {"name": "answers", "type": "conv2d", "out_channels": classes + 4, "kernel_size": 1}
