"""Settings of [transfer] that seldom end well."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.datasets.base import MeanStd
from netspec.freezing import FreezeStage, stages
from netspec.graph import match_layers
from netspec.linting.structure import Network
from netspec.problems import Path, Problem, also, warning
from netspec.spec.sections import Transfer
from netspec.weights.known import Known, find_known

NEAR = 0.02
"""How far means and deviations may lie apart, in units of white = 1."""


def lint_fine_tuning(network: Network) -> Iterator[Problem]:
    """All rules of this file."""
    transfer = network.spec.transfer
    if transfer is None or not network.spec.optimizers:
        return
    plan = stages(network.spec, network.graph)
    yield from _nothing_learns(network, transfer, plan)
    yield from _moving_statistics(network, transfer)
    if transfer.weights is not None:
        yield from _fast(network, transfer, plan)
        yield from _other_normalization(network, transfer.weights)


def _nothing_learns(network: Network, transfer: Transfer, plan: tuple[FreezeStage, ...]) -> Iterator[Problem]:
    """[transfer] freezes every layer with parameters, in every stage."""
    if any(stage.rates for stage in plan):
        return
    frozen = [layer.name for layer in network.layers() if layer.parameters(network.inputs(layer))]
    if not frozen or not (transfer.freeze or transfer.freeze_to):
        return
    path: Path = ("transfer", "freeze" if transfer.freeze else "freeze_to")
    message = f"every layer with parameters is frozen, {frozen[-1]} as well: nothing is left to train"
    hint = f"leave {frozen[-1]} out, and name it under replace when the task is another one, or write unfreeze"
    yield warning("NS943", path, network.locate(path), message, hint, network.here(frozen[-1], "the last of them"))


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
    new = {name for pattern in transfer.replace for name in match_layers(pattern, network.graph)}
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
