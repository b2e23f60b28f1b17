"""What a spec leaves to rules that depend on its other parts → the same spec with all of it written out."""

from __future__ import annotations

from typing import Any

from netspec.datasets.base import Dataset, Split
from netspec.datasets.image_folder import ImageFolder
from netspec.datasets.load import DEFAULT_TEST
from netspec.detection.candidates import Detects
from netspec.graph import build_graph, outputs_of, read_names
from netspec.layers.base import Layer
from netspec.losses.base import Loss
from netspec.metrics.accuracy import Accuracy
from netspec.metrics.base import Metric
from netspec.metrics.mean_average_precision import MeanAveragePrecision
from netspec.schedules.constant import Constant
from netspec.spec.model import Spec
from netspec.spec.sections import Train


def fill_defaults(spec: Spec) -> Spec:
    """An equal network with an equal training, in which no key is left that netspec would have to work out.

    Keys that are still not there switch something off, or say what only the data know (`classes`).
    """
    outputs = outputs_of(spec, build_graph(spec))
    data = _data(spec)
    return spec.model_copy(
        update={
            "layers": tuple(_layer(spec, place) for place in range(len(spec.layers))),
            "outputs": outputs or spec.outputs,
            "losses": tuple(_loss(loss, outputs) for loss in spec.losses),
            "data": data,
            "train": _train(spec, data),
            "optimizers": tuple(item.model_copy(update={"name": item.label()}) for item in spec.optimizers),
            "schedule": spec.schedule or (Constant() if spec.optimizers else None),
            "metrics": spec.metrics or usual_metrics(spec),
            "checkpoint": spec.checkpoint.model_copy(update={"monitor": _monitor(spec, data)}),
        }
    )


def usual_metrics(spec: Spec) -> tuple[Metric, ...]:
    """The metrics of a spec that names none, as far as its losses alone decide."""
    if any(isinstance(loss, Detects) for loss in spec.losses):
        return (MeanAveragePrecision(),)
    return (Accuracy(),) if spec.loss and spec.loss.target_kind == "class" else ()


def _layer(spec: Spec, place: int) -> Layer:
    layer = spec.layers[place]
    update: dict[str, Any] = {}
    if layer.inputs is None and (names := read_names(spec, place)):
        update["inputs"] = names
    if getattr(layer, "stride", 1) is None:
        update["stride"] = getattr(layer, "kernel_size", None)
    return layer.model_copy(update=update)


def _loss(loss: Loss, outputs: tuple[str, ...]) -> Loss:
    if loss.input is not None or not outputs:
        return loss
    return loss.model_copy(update={"input": outputs[-1]})


def _data(spec: Spec) -> Dataset | None:
    data, update = spec.data, dict[str, Any]()
    if data is not None and data.split is None and data.is_whole:
        kept, part = 1 - DEFAULT_TEST, spec.train.validation_split
        update["split"] = Split(train=kept * (1 - part), validation=kept * part, test=DEFAULT_TEST)
    if isinstance(data, ImageFolder) and len(spec.inputs) == 1 and len(spec.inputs[0].shape) == 3:
        channels, height, width = spec.inputs[0].shape
        if data.size is None and (data.resize is None or max(height, width) <= data.resize):
            update["size"] = (height, width)
        if data.channels is None and channels in (1, 3):
            update["channels"] = channels
    return data.model_copy(update=update) if data is not None else None


def _train(spec: Spec, data: Dataset | None) -> Train:
    """`split` under [data], where there is one, gives all parts, and nothing is taken off the training part."""
    if data is None or data.split is None:
        return spec.train
    return spec.train.model_copy(update={"validation_split": 0.0})


def _monitor(spec: Spec, data: Dataset | None) -> str | None:
    """What "best" is measured by, where it is sure to be measured; without a validation part none is kept."""
    if spec.checkpoint.monitor is not None or spec.early_stopping is not None:
        return spec.checkpoint.monitor or (spec.early_stopping.monitor if spec.early_stopping else None)
    split = data.split if data is not None else None
    part = split.validation if split is not None else spec.train.validation_split
    return "val_loss" if data is not None and part > 0 else None
