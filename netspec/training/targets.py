"""From the data's targets to those of the losses; and whether they fit, which is asked before the first step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from netspec.datasets.base import Array, Part
from netspec.datasets.batch import Batch
from netspec.datasets.load import Data
from netspec.graph import loss_path
from netspec.layers.base import ShapeError
from netspec.losses.base import Loss
from netspec.memory import to_stored
from netspec.problems import Path
from netspec.spec.model import Spec
from netspec.training.contract import Lane
from netspec.training.errors import TrainError, refuse


def ignored_label(loss: Loss | None) -> int | None:
    """Label of samples that take no part, neither in the loss nor in metrics; None when all do."""
    label: int | None = getattr(loss, "ignore_index", None)
    return label


def targets_for(lane: Lane, batch: Batch, losses: Sequence[Loss], dtype: DTypeLike) -> tuple[Array, ...]:
    """What each loss reads, as the kernels read it: labels as they are, or numbers in the compute type.

    Dense targets of pictures come as (n, C, H, W) and go, like all that kernels read, as (n, H, W, C).
    """
    return tuple(
        _target_for(lane, batch, loss, shape, dtype) for loss, shape in zip(losses, lane.loss_shapes, strict=True)
    )


def _target_for(lane: Lane, batch: Batch, loss: Loss, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    if loss.target is not None and loss.target in lane.inputs:
        return batch.inputs.get(loss.target, batch.x)
    mixed = batch.soft if loss.target is None and loss.target_kind == "dense" else None
    y = loss.as_target(named_target(loss, batch) if mixed is None else mixed, shape)
    if loss.target_kind == "class":
        return y.astype(np.int64, copy=False)
    return to_stored(y, np.dtype(dtype))


def named_target(loss: Loss, holder: Batch | Part) -> Array:
    """The data's targets that a loss names; KeyError where there are none of that name."""
    return holder.y if loss.target is None else holder.targets[loss.target]


def reads_classes(loss: Loss | None, part: Part) -> bool:
    """Whether metrics compare the main loss's output with class labels: its target decides, which it may name."""
    return part.has_classes if loss is None or loss.target is None else loss.target_kind == "class"


def weighs(losses: Sequence[Loss], batch: Batch) -> bool:
    """Whether any loss has something to learn from."""
    for loss in losses:
        if loss.target is not None and loss.target not in batch.targets:
            return True  # an input that is to be reproduced
        if loss.label_weight(named_target(loss, batch)):
            return True
    return False


def check_samples(spec: Spec, data: Data) -> None:
    """Raise SpecError when samples do not have the shapes of the network's inputs."""
    batch = first_samples(data)
    rest = [item for item in spec.inputs if item.name not in batch.inputs]
    if len(rest) != 1 or len(spec.inputs) != 1 + len(batch.inputs):
        names, given = ", ".join(item.name for item in spec.inputs), ", ".join(batch.inputs) or "only pictures or vectors"
        message = f"the network has {len(spec.inputs)} inputs ({names}), the data give {given}"
        raise refuse(spec, "NS402", ("inputs",), message, "train with data that give each input by its name")
    found = {name: tuple(array.shape[1:]) for name, array in batch.inputs.items()} | {rest[0].name: data.shape}
    for place, item in enumerate(spec.inputs):
        shape = found[item.name]
        if shape != item.shape:
            of = f" for {item.name}" if len(found) > 1 else ""
            message = f"the data have samples of {list(shape)}{of}, the network reads {list(item.shape)}"
            path = ("inputs", place, "shape")
            raise refuse(spec, "NS402", path, message, f"set shape = {list(shape)} under {'[[inputs]]' if of else '[input]'}")


def first_samples(data: Data) -> Batch:
    """The first training sample as the network is to read it, not normalized."""
    part = data.train.take(np.zeros(1, np.int64))
    batch = Batch(part.x, part.y, np.zeros(1, np.int64), part.inputs, part.targets)
    return batch if data.finish is None else data.finish(batch, None)


def check_targets(spec: Spec, data: Data, outputs: Sequence[tuple[int, ...]]) -> None:
    """Raise SpecError or TrainError when losses, the outputs' shapes ([C, H, W] or [F]) and targets do not go together."""
    batch = first_samples(data)
    for place, (loss, output) in enumerate(zip(spec.losses, outputs, strict=True)):
        path = loss_path(spec, place)
        if loss.target is not None and any(item.name == loss.target for item in spec.inputs):
            shape = next(item.shape for item in spec.inputs if item.name == loss.target)
            if shape != loss.target_shape(output) or loss.target_kind != "dense":
                message = f"{loss.label()} compares the output {list(output)} with the input {loss.target} {list(shape)}"
                hint = "give both one shape, and use a loss for numbers, such as mse"
                raise refuse(spec, "NS403", (*path, "target"), message, hint)
            continue
        if loss.target is not None and loss.target not in batch.targets:
            known = ", ".join([*batch.targets, *(item.name for item in spec.inputs)])
            message = f"{loss.label()} reads the target {loss.target}, which the data do not have"
            raise refuse(spec, "NS403", (*path, "target"), message, f"leave target out, or name one of {known}")
        _check_target(spec, path, loss, data, output, named_target(loss, batch))


def _check_target(
    spec: Spec, path: Path, loss: Loss, data: Data, output: tuple[int, ...], first: Array
) -> None:
    """first: the target of one sample."""
    kind = loss.type_name()
    if loss.target_kind == "class" and first.dtype.kind not in "iu":
        raise TrainError(
            f"[loss] {kind}: it needs class labels, but the data have targets of {first[0].size} numbers",
            'use a loss for numbers, such as type = "mse"',
        )
    classes = len(data.classes) if data.classes is not None and loss.target is None else None
    try:
        loss.check(output, classes)
    except ShapeError as problem:
        raise refuse(spec, "NS403", (*path, problem.field or "type"), problem.message, problem.hint) from problem
    if loss.target_kind == "boxes":
        _check_boxes(spec, path, loss, data, output)
    y = loss.as_target(first, output)
    if y.shape[1:] != loss.target_shape(output) and not (y.ndim == 1 and math.prod(output) == 1):
        raise _misfit(loss, output, y.shape[1:])
    if loss.target_kind == "dense":
        _check_range(spec, data.train.y if loss.target is None else data.train.targets.get(loss.target, y))
    for name, part in (("train", data.train), ("validation", data.validation)):
        if part is not None and loss.target is None and not loss.label_weight(part.y):
            raise TrainError(
                f"[loss] {kind}: every sample of the {name} part is ignored or of class weight 0, so it has no loss",
                "give class_weights above 0 or another ignore_index, or correct the labels",
            )


def _misfit(loss: Loss, output: tuple[int, ...], given: tuple[int, ...]) -> TrainError:
    """A target of another shape than the loss reads for this output."""
    if loss.target_kind == "class":
        wanted = f"labels of {list(output[1:])}" if output[1:] else "one label"
        return TrainError(
            f"[loss] {loss.type_name()}: for outputs of {list(output)} it reads {wanted} a sample, the data have "
            f"{f'labels of {list(given)}' if given else 'one label'}",
            "let the network end in [C, H, W] of the labels' size for labels of pixels, and in [C] for one label a sample",
        )
    hint = "give the last layer as many features as there are targets"
    if len(given) == 1 and math.prod(output) == given[0]:
        hint = f"give targets of shape [N, {', '.join(map(str, output))}], or end the network with a flatten layer"
    return TrainError(
        f"[loss] {loss.type_name()}: the network gives {list(output)} for a sample, the data have targets of {list(given)}",
        hint,
    )


def _check_boxes(spec: Spec, path: Path, loss: Loss, data: Data, output: tuple[int, ...]) -> None:
    """The boxes of every part fit into the loss's rows, and its grid into the network's input."""
    for part in data.parts().values():
        try:
            loss.as_target(part.y, output)
        except ValueError as problem:
            message, _, hint = str(problem).partition("; ")
            raise refuse(spec, "NS403", (*path, "type"), message, hint) from problem
    stride: int = getattr(loss, "stride", 0)
    cells = tuple(-(-side // stride) for side in data.shape[1:]) if stride else output[1:]
    if cells != output[1:]:
        given, found = list(data.shape[1:]), list(output[1:])
        message = f"cells of {stride} pixels divide an input of {given} into {list(cells)}, the output has {found}"
        fitting = round(data.shape[1] / output[1])
        raise refuse(spec, "NS403", (*path, "stride"), message, f"set stride = {fitting} under [loss], or change the network")


def _check_range(spec: Spec, y: Array) -> None:
    """Targets beyond what the compute type holds would become infinite."""
    most, largest = float(np.finfo(spec.train.dtype).max), float(np.abs(y).max())
    if largest > most:
        raise TrainError(
            f"[data]: there are targets up to {largest:.3g}, but {spec.train.dtype} ends at {most:.3g}",
            'scale the targets, or set dtype = "float64" under [train]',
        )
