"""Settings of [transfer] that seldom end well, or keep the training from beginning.

All are warnings: a network that cannot be trained like this can still be evaluated, and predict.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.datasets.base import MeanStd
from netspec.freezing import FreezeStage, frozen_features, head, stages
from netspec.linting.idle_transfer import lint_idle
from netspec.linting.structure import Network
from netspec.problems import Path, Problem, also, warning
from netspec.spec.sections import Transfer
from netspec.spec.suggest import listing
from netspec.weights.known import Known, find_known

NEAR = 0.02
"""How far means and deviations may lie apart, in units of white = 1."""


def lint_fine_tuning(network: Network) -> Iterator[Problem]:
    """All rules of this file."""
    transfer = network.spec.transfer
    if transfer is None or not network.spec.optimizers:
        return
    epochs = network.spec.train.epochs
    reached = tuple(stage for stage in stages(network.spec, network.graph) if stage.first_epoch < max(epochs, 1))
    stuck = [*_nothing_learns(network, transfer, reached[0]), *_nothing_loaded(network, transfer)]
    yield from stuck or lint_idle(network, transfer, reached)
    yield from _moving_statistics(network, transfer)
    if transfer.weights is None:
        yield from _without_weights(network, transfer)
    else:
        yield from _fast(network, transfer, reached)
        yield from _other_normalization(network, transfer.weights)


def _nothing_learns(network: Network, transfer: Transfer, first: FreezeStage) -> Iterator[Problem]:
    """Every layer with parameters is frozen at first, where training begins; the later stages do not help."""
    learned = [layer.name for layer in network.layers() if layer.parameters(network.inputs(layer))]
    if not learned or any(name in first.rates for name in learned):
        return
    last = learned[-1]
    key = "freeze" if transfer.freeze else "freeze_to" if transfer.freeze_to else ""
    path: Path = ("transfer", key) if key else ("layers", last, "frozen")
    when = "" if not transfer.unfreeze else " in the first epoch"
    message = f"every layer with parameters is frozen{when}, {last} as well: nothing is left, and train refuses it"
    hint = f"leave {last} out, and name it under replace when the task is another one"
    yield warning("NS504", path, network.locate(path), message, hint, network.here(last, "the last of them"))


def _nothing_loaded(network: Network, transfer: Transfer) -> Iterator[Problem]:
    """`replace` names every layer that weights could be loaded into."""
    learned = [layer.name for layer in network.layers() if layer.parameters(network.inputs(layer))]
    if transfer.weights is None or not learned or not head(transfer, network.graph).issuperset(learned):
        return
    path: Path = ("transfer", "replace")
    message = "replace names every layer with parameters: nothing would be loaded from weights, and train refuses it"
    hint = f'replace the new head only, replace = ["{learned[-1]}"], or remove weights'
    related = also(network.locate(("transfer", "weights")), "the weights are named here")
    yield warning("NS503", path, network.locate(path), message, hint, related)


def _without_weights(network: Network, transfer: Transfer) -> Iterator[Problem]:
    """What makes sense with weights only; --weights may still name some."""
    if names := frozen_features(network.spec, network.graph):
        key = "freeze" if transfer.freeze else "freeze_to" if transfer.freeze_to else "warmup_epochs"
        path: Path = ("transfer", key)
        message = f"{key}: no weights are named, so that {listing(names, 3)} would stay frozen at random values"
        hint = 'name them, weights = "…", or give them to train with --weights'
        yield warning("NS945", path, network.locate(path), message, hint)
    if transfer.l2_sp:
        path = ("transfer", "l2_sp")
        message = "l2_sp pulls towards pretrained weights, and none are named"
        hint = 'name them, weights = "…", give them to train with --weights, or remove l2_sp'
        yield warning("NS948", path, network.locate(path), message, hint)


def _moving_statistics(network: Network, transfer: Transfer) -> Iterator[Problem]:
    """bn = "train": frozen layers whose outputs change all the same."""
    frozen = [name for name in network.graph if name in network.frozen and network.type_of(name) == "batch_norm"]
    if transfer.bn != "train" or not frozen:
        return
    path: Path = ("transfer", "bn")
    others = f" and {len(frozen) - 1} more" if len(frozen) > 1 else ""
    message = f'bn = "train": weights of {frozen[0]}{others} stand still, but statistics follow the new data, batch by batch'
    hint = 'write bn = "eval", unless the new data differ much from the old ones and batches are large'
    yield warning("NS942", path, network.locate(path), message, hint, network.here(frozen[0], "it is frozen"))


def _fast(network: Network, transfer: Transfer, plan: tuple[FreezeStage, ...]) -> Iterator[Problem]:
    """Pretrained layers that learn as fast as new ones usually do."""
    new = head(transfer, network.graph)
    rates: dict[str, float] = {}
    for stage in plan:
        for name, rate in stage.rates.items():
            if name not in new:
                rates[name] = max(rate, rates.get(name, 0.0))
    if not rates:
        return
    fastest = max(rates, key=lambda name: rates[name])
    for place, optimizer in enumerate(network.spec.optimizers):
        rate, usual = optimizer.lr * rates[fastest], type(optimizer).usual_lr
        if rate < usual:
            continue
        path: Path = ("optimizer", "lr") if len(network.spec.optimizers) == 1 else ("optimizers", place, "lr")
        kind, span = type(optimizer).type_name(), network.locate(("optimizers", place, "lr"))
        message = f"{fastest} is pretrained and learns at {rate:g}, as fast as is usual from scratch ({usual:g} with {kind})"
        hint = f"fine-tune at a tenth or less: lr = {usual / 10:g}, or discriminative = {{ lowest = 0.01 }} under [transfer]"
        related = also(network.locate(("transfer", "weights")), "its weights come from here")
        yield warning("NS941", path, span, message, hint, related)


def _other_normalization(network: Network, weights: str) -> Iterator[Problem]:
    """Public weights expect a certain normalization. Statistics of the data themselves ("standard") only the data know."""
    known, data = find_known(weights), network.spec.data
    if known is None or data is None or data.normalize == "standard" or _is_near(data.normalize, known):
        return
    path: Path = ("data", "normalize")
    given = f'"{data.normalize}"' if isinstance(data.normalize, str) else "of another mean or std"
    numbers = f"{{ mean = {list(known.mean)}, std = {list(known.std)} }}"
    message = f"normalize is {given}, but {known.name} expects mean {list(known.mean)}, std {list(known.std)}"
    related = also(network.locate(("transfer", "weights")), "the weights are named here")
    yield warning("NS944", path, network.locate(path), message, f"write normalize = {numbers}", related)


def _is_near(normalize: object, known: Known) -> bool:
    """Within NEAR of white in every channel; one number stands for all."""
    if not isinstance(normalize, MeanStd):
        return False
    for given, wanted in ((normalize.mean, known.mean), (normalize.std, known.std)):
        each = given * len(wanted) if len(given) == 1 else given
        if len(each) != len(wanted) or any(abs(a - b) > NEAR * 255 for a, b in zip(each, wanted, strict=True)):
            return False
    return True
