"""What a valid spec probably does not mean: warnings about the network's ends and about how it is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

from netspec.augment.base import Mixing
from netspec.defaults import usual_metrics
from netspec.graph import Locate, inputs_of, outputs_of
from netspec.layers.base import Layer, Shape
from netspec.linting.fine_tuning import lint_fine_tuning
from netspec.linting.lost_bias import lost_biases
from netspec.linting.settings import lint_settings
from netspec.linting.structure import Network, lint_structure
from netspec.losses.base import loss_names
from netspec.metrics.accuracy import Accuracy
from netspec.problems import Path, Problem, also, error, warning
from netspec.spec.model import Spec
from netspec.spec.suggest import question
from netspec.transfer_checks import check_epochs

LEAST_LR = 1e-6
MOST_LR = 10
"""In units of the optimizer's usual learning rate."""


def lint(
    spec: Spec, graph: nx.DiGraph[str], shapes: Mapping[str, Shape], locate: Locate
) -> list[Problem]:  # fmt: skip
    """Warnings of a spec whose graph and shapes have no errors, and errors for monitors that no run measures."""
    network = Network(spec, graph, shapes, locate)
    problems = [*_lint_last_layer(spec, graph, locate), *_lint_bias(network), *lint_structure(network)]
    if spec.loss is not None:
        problems += [*_lint_training(spec, locate), *lint_settings(network), *_check_monitors(spec, locate)]
        problems += _check_mixing(spec, locate)
    if spec.transfer is not None:
        problems += [*check_epochs(spec.transfer, spec.train.epochs, locate), *lint_fine_tuning(network)]
    return problems


def _lint_last_layer(spec: Spec, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    outputs = outputs_of(spec, graph)
    for name in outputs:
        where: Path = ("layers", name)
        if _type(graph, name) == "dropout":
            message = "dropout is the last layer: while training it sets outputs of the network to zero"
            yield warning("NS905", where, locate((*where, "name")), message, "put it before the last linear layer")
    for place, one in enumerate(spec.losses if outputs else ()):
        name, loss = one.input or outputs[-1], one.type_name()
        if one.link is not None and _type(graph, name) in ("softmax", "sigmoid"):
            message = f"{loss} applies its own {one.link} to what this layer gives"
            hint = f"remove it; the loss reads {', '.join(inputs_of(graph, name))} then"
            related = also(locate(("losses", place, "type")), f"the loss is {loss} here")
            yield warning("NS903", ("layers", name), locate(("layers", name, "name")), message, hint, related)


def _lint_bias(network: Network) -> Iterable[Problem]:
    """Biases that the mean of a normalization takes away; pretrained layers have the biases they have."""
    if network.spec.transfer is not None and network.spec.transfer.weights is not None:
        return
    lost = lost_biases(network.graph, network.shapes, network.outputs, network.frozen)
    for name, reader in lost.items():
        if name in network.frozen:
            continue
        message = f"{reader} subtracts the mean, so that the bias of this layer has no effect"
        related = network.here(reader, "the mean is subtracted here")
        span = network.locate(("layers", name, "name"))
        yield warning("NS904", ("layers", name, "bias"), span, message, "set bias = false", related)


def _lint_training(spec: Spec, locate: Locate) -> Iterable[Problem]:
    train = spec.train
    if not spec.optimizers:
        return
    for place, optimizer in enumerate(spec.optimizers):
        path: Path = ("optimizer", "lr") if len(spec.optimizers) == 1 else ("optimizers", place, "lr")
        span, usual = locate(("optimizers", place, "lr")), type(optimizer).usual_lr
        kind = type(optimizer).type_name()
        if optimizer.lr == 0:
            yield warning("NS912", path, span, "lr is 0, so nothing is learned", f"write lr = {usual:g}")
        elif not LEAST_LR <= optimizer.lr <= MOST_LR * usual:
            message = f"lr is {optimizer.lr:g}, far from the {usual:g} that is usual for {kind}"
            yield warning("NS912", path, span, message, f"try lr = {usual:g}")
    if train.epochs == 0:
        span = locate(("train", "epochs"))
        yield warning("NS911", ("train", "epochs"), span, "epochs is 0, so nothing is learned", "write epochs = 10")
    if train.shuffle == "never" and spec.loss is not None and spec.loss.target_kind == "class":
        message = 'shuffle = "never": data sorted by class then give batches of one class'
        hint = 'write shuffle = "every_epoch", unless the order is meant'
        yield warning("NS910", ("train", "shuffle"), locate(("train", "shuffle")), message, hint)


def _check_monitors(spec: Spec, locate: Locate) -> Iterable[Problem]:
    """Names that no run of this spec measures, whatever the data; whether there is validation, only the data know."""
    metrics = spec.metrics or usual_metrics(spec) or ((Accuracy(),) if spec.loss and spec.loss.link == "softmax" else ())
    names = [*loss_names(spec.losses), *(metric.better_name() for metric in metrics if metric.direction is not None)]
    prefixes = ("val_", "running_", "train_") if spec.train.evaluate_train else ("val_", "running_")
    known = [prefix + name for prefix in prefixes for name in names]
    wanted = {
        "checkpoint": spec.checkpoint.monitor if spec.checkpoint.save_best else None,
        "early_stopping": spec.early_stopping.monitor if spec.early_stopping else None,
        "schedule": spec.schedule.monitored() if spec.schedule else None,
    }
    for section, monitor in wanted.items():
        if monitor is not None and monitor not in known:
            path: Path = (section, "monitor")
            hint = question(monitor, known, what="what is measured")
            related = also(locate(("metrics",)), "these are the metrics") if spec.metrics else ()
            yield error("NS501", path, locate(path), f'monitor "{monitor}" is not measured in this run', hint, related)


def _check_mixing(spec: Spec, locate: Locate) -> Iterable[Problem]:
    """A mixed sample belongs to two classes, for which a loss that reads one label has no place."""
    if spec.data is None or spec.loss is None or spec.loss.target_kind != "class":
        return
    for place, item in enumerate(spec.data.augment):
        if isinstance(item, Mixing):
            loss, path = spec.loss.type_name(), ("data", "augment", place)
            message = f"{item.type_name()} gives each sample probabilities of two classes, {loss} reads one label"
            hint = 'set targets = "probabilities" under [loss]'
            hint += "" if loss == "cross_entropy" else ' with type = "cross_entropy"'
            yield error("NS503", path, locate(path), message, hint)


def _type(graph: nx.DiGraph[str], name: str) -> str:
    layer: Layer | None = graph.nodes[name]["layer"] if name in graph else None
    return str(getattr(layer, "type", ""))
