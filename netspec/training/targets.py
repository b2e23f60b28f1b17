"""Do the targets fit the loss and the network's output? Asked before the first step."""

from __future__ import annotations

import math

import numpy as np

from netspec.datasets.base import Array
from netspec.datasets.load import Data
from netspec.layers.base import ShapeError
from netspec.losses.base import Loss
from netspec.spec.model import Spec
from netspec.training.errors import TrainError, refuse


def ignored_label(loss: Loss | None) -> int | None:
    """Label of samples that take no part, neither in the loss nor in metrics; None when all do."""
    label: int | None = getattr(loss, "ignore_index", None)
    return label


def check_samples(spec: Spec, data: Data) -> None:
    """Raise SpecError when samples do not have the shape of the network's only input."""
    if len(spec.inputs) != 1:
        names = ", ".join(item.name for item in spec.inputs)
        raise refuse(spec, "NS402", ("inputs",), f"{len(spec.inputs)} inputs ({names})", "train networks of one input")
    shape = spec.inputs[0].shape
    if data.shape != shape:
        message = f"the data have samples of {list(data.shape)}, the network reads {list(shape)}"
        raise refuse(spec, "NS402", ("inputs", 0, "shape"), message, f"set shape = {list(data.shape)} under [input]")


def check_targets(spec: Spec, loss: Loss, data: Data, output: tuple[int, ...]) -> None:
    """Raise SpecError or TrainError when loss, output shape ([C, H, W] or [F]) and targets do not go together."""
    kind, y = loss.type_name(), data.train.y
    if loss.target_kind == "class" and not data.train.has_classes:
        raise TrainError(
            f"[loss] {kind}: it needs class labels, but the data have targets of {y.shape[1]} numbers",
            'use a loss for numbers, such as type = "mse"',
        )
    try:
        loss.check(output, len(data.classes) if data.classes is not None else None)
    except ShapeError as problem:
        raise refuse(spec, "NS403", ("loss", problem.field or "type"), problem.message, problem.hint) from problem
    if loss.target_kind == "dense" and y.shape[1:] != output and not (y.ndim == 1 and math.prod(output) == 1):
        hint = "give the last layer as many features as there are targets"
        if y.ndim == 2 and math.prod(output) == y.shape[1]:
            hint = f"give targets of shape [N, {', '.join(map(str, output))}], or end the network with a flatten layer"
        raise TrainError(
            f"[loss] {kind}: the network gives {list(output)} for a sample, the data have targets of {list(y.shape[1:])}",
            hint,
        )
    if loss.target_kind == "dense":
        _check_range(spec, y)
    for name, part in (("train", data.train), ("validation", data.validation)):
        if part is not None and not loss.label_weight(part.y):
            raise TrainError(
                f"[loss] {kind}: every sample of the {name} part is ignored or of class weight 0, so it has no loss",
                "give class_weights above 0 or another ignore_index, or correct the labels",
            )


def _check_range(spec: Spec, y: Array) -> None:
    """Targets beyond what the compute type holds would become infinite."""
    most, largest = float(np.finfo(spec.train.dtype).max), float(np.abs(y).max())
    if largest > most:
        raise TrainError(
            f"[data]: there are targets up to {largest:.3g}, but {spec.train.dtype} ends at {most:.3g}",
            'scale the targets, or set dtype = "float64" under [train]',
        )
