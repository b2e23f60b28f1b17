"""Settings of the training that are legal, but seldom meant."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Locate
from netspec.linting.structure import Network
from netspec.problems import Path, Problem, Related, also, warning
from netspec.spec.model import Spec

MOST_DECAY = 0.2
MOST_DECOUPLED_DECAY = 1.0
"""A share of the weights in units of the learning rate: AdamW is used with up to a few tenths."""
MOST_RATIO = 1000.0
"""Between the largest and the smallest class weight."""
MOST_DEGREES = 30
"""By which a digit can be turned and still be read."""
DISTANCES = frozenset({"mse", "l1", "smooth_l1", "huber"})
"""Losses whose targets are never classes."""


def lint_settings(network: Network) -> Iterator[Problem]:
    """All rules of this file."""
    spec, locate = network.spec, network.locate
    yield from _batch_of_one(network)
    yield from _weight_decay(spec, locate)
    yield from _class_weights(spec, locate)
    yield from _patience(spec, locate)
    yield from _milestones(spec, locate)
    yield from _metrics(spec, locate)
    yield from _turned_digits(spec, locate)


def _batch_of_one(network: Network) -> Iterator[Problem]:
    if network.spec.train.batch_size != 1 or not network.spec.optimizers:
        return
    for layer in network.layers():
        if type(layer).type_name() == "batch_norm" and layer.name not in network.frozen:
            path: Path = ("train", "batch_size")
            message = f"with batch_size = 1 {layer.name} (batch_norm) takes the mean and variance of a single sample"
            related = network.here(layer.name, "batch_norm is here")
            yield warning("NS902", path, network.locate(path), message, "write batch_size = 16 or more", related)
            return


def _weight_decay(spec: Spec, locate: Locate) -> Iterator[Problem]:
    for place, optimizer in enumerate(spec.optimizers):
        is_decoupled = optimizer.weight_decay_mode == "decoupled"
        if optimizer.weight_decay > (MOST_DECOUPLED_DECAY if is_decoupled else MOST_DECAY):
            one: Path = ("optimizer",) if len(spec.optimizers) == 1 else ("optimizers", place)
            path: Path = (*one, "weight_decay")
            usual = "0.01" if is_decoupled else "0.0001 to 0.01"
            message = f"weight_decay is {optimizer.weight_decay:g}, far more than the usual {usual}: weights go to 0"
            span = locate(("optimizers", place, "weight_decay"))
            yield warning("NS920", path, span, message, f"try weight_decay = {0.01 if is_decoupled else 0.0005:g}")


def _class_weights(spec: Spec, locate: Locate) -> Iterator[Problem]:
    for place, loss in enumerate(spec.losses):
        weights = getattr(loss, "class_weights", None)
        if not isinstance(weights, tuple) or not weights:
            continue
        path: Path = ("loss", "class_weights") if len(spec.losses) == 1 else ("losses", place, "class_weights")
        span = locate(("losses", place, "class_weights"))
        zeros = [index for index, weight in enumerate(weights) if weight == 0]
        if zeros:
            message = f"class {zeros[0]} has the weight 0: it is never learned"
            yield warning("NS921", path, span, message, "give it a weight, or leave its samples out with ignore_index")
        elif max(weights) > MOST_RATIO * min(weights):
            message = f"the weights of classes differ by a factor of {max(weights) / min(weights):.0f}"
            yield warning("NS921", path, span, message, "weights of about 1/share of the class are usual")


def _patience(spec: Spec, locate: Locate) -> Iterator[Problem]:
    stopping, every = spec.early_stopping, spec.train.validation_every.epochs
    if stopping is None or every is None or spec.train.epochs == 0:
        return
    if stopping.patience * every >= spec.train.epochs:
        path: Path = ("early_stopping", "patience")
        message = f"patience of {stopping.patience} never ends a run of {spec.train.epochs} epochs"
        related = also(locate(("train", "epochs")), "the epochs are here") if "epochs" in spec.train.model_fields_set else ()
        yield warning("NS923", path, locate(path), message, "lower patience, or raise epochs", related)


def _milestones(spec: Spec, locate: Locate) -> Iterator[Problem]:
    """A schedule that begins too late; of one that a base brings, what the patch can write is told."""
    schedule, epochs = spec.schedule, spec.train.epochs
    if schedule is None or getattr(schedule, "unit", "") not in ("epoch", "epochs") or epochs == 0:
        return
    key = "milestones" if hasattr(schedule, "milestones") else "step_size"
    first = min(getattr(schedule, "milestones", (getattr(schedule, "step_size", 0),)))
    if first < epochs:
        return
    path: Path = ("schedule", key)
    message = f"the learning rate changes at epoch {first} for the first time, but the run ends after {epochs}"
    span, hint = locate(path), f"choose {key} below epochs, or leave [schedule] out"
    related: tuple[Related, ...] = ()
    here = locate(("train", "epochs"))
    if span is not None and here is not None and here.file == spec.origin.file != span.file:
        later = f"[{epochs // 2}, {epochs * 3 // 4}]" if key == "milestones" else str(max(epochs // 3, 1))
        own = f"schedule = {{ {key} = {later} }}" if epochs > 3 else 'schedule = { type = "constant" }'
        related, span, hint = also(span, "the schedule of the base is here"), here, f"write {own} into this file, too"
    yield warning("NS924", path, span, message, hint, related)


def _metrics(spec: Spec, locate: Locate) -> Iterator[Problem]:
    """Metrics that cannot be measured on what the only loss learns from."""
    if len(spec.losses) != 1:
        return
    loss = spec.losses[0]
    wrong = {"regression", "detection"} if loss.target_kind == "class" else set()
    wrong = {"classification", "detection"} if loss.type_name() in DISTANCES else wrong
    for place, metric in enumerate(spec.metrics):
        if metric.task in wrong:
            path: Path = ("metrics", place)
            targets = "classes" if loss.target_kind == "class" else "numbers"
            message = f"{metric.better_name()} is a metric of {metric.task}, but {loss.type_name()} learns {targets}"
            related = also(locate(("losses", 0, "type")), f"the loss is {loss.type_name()} here")
            yield warning("NS925", path, locate(path), message, "use another metric, or another loss", related)


def _turned_digits(spec: Spec, locate: Locate) -> Iterator[Problem]:
    """Digits that are mirrored, or turned far: a 6 becomes a 9."""
    data = spec.data
    are_digits = data is not None and (data.type_name() == "digits" or getattr(data, "download", None) == "mnist")
    for place, item in enumerate(data.augment if data is not None and are_digits else ()):
        is_mirrored = item.type_name() == "flip" and item.chance() > 0
        if is_mirrored or float(getattr(item, "degrees", 0)) > MOST_DEGREES:
            path: Path = ("data", "augment", place)
            done = "mirrors" if is_mirrored else "turns"
            message = f"{item.type_name()} {done} digits, which then are others: a 6 looks like a 9, a 2 like no digit"
            hint = "remove it" if is_mirrored else f"turn by {MOST_DEGREES} degrees at most"
            yield warning("NS930", path, locate(path), message, hint)
