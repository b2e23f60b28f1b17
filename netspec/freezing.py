"""Which layers learn when, and how fast: the stages of [transfer], a pure function of spec and epoch.

Stage 0 begins before the first epoch. Layers are only ever unfrozen, and a stage begins at an epoch, so that a run which is
resumed stands in the same stage as one which was never interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from netspec.graph import Network, has_parameters, layers_of, match_any, match_layers, order
from netspec.layers.base import Layer
from netspec.spec.sections import Discriminative, Transfer, Unfreeze


@dataclass(frozen=True)
class FreezeStage:
    """A stretch of epochs in which the same layers are frozen."""

    number: int
    """From 0."""
    first_epoch: int
    """Epochs that are done when it begins."""
    frozen: frozenset[str]
    """Layers that keep their parameters and statistics."""
    rates: Mapping[str, float]
    """lr_mult of the layers that learn: their own, times those of `rates`, `discriminative` and `unfreeze`."""
    decays: Mapping[str, float]
    """decay_mult of the layers that learn: their own, times those of `rates`."""
    since: Mapping[str, int]
    """Epochs that were done when a layer that learns began to."""
    pulls: Mapping[str, float]
    """How strongly l2_sp pulls the layers that learn back to their pretrained weights; those in `replace` have none."""


def stages(spec: Network, graph: nx.DiGraph[str]) -> tuple[FreezeStage, ...]:
    """The stages in order, at least one; an entry that unfreezes nothing begins none."""
    transfer = spec.transfer or Transfer()
    begins = sorted({0, transfer.warmup_epochs, *(entry.at_epoch for entry in transfer.unfreeze)})
    frozen: dict[int, frozenset[str]] = {}
    for epoch in begins:
        now = frozen_at(spec, graph, epoch)
        if not frozen or now != frozen[max(frozen)]:
            frozen[epoch] = now
    rates, decays = _multipliers(transfer, graph)
    since: dict[str, int] = {}
    new = head(transfer, graph)
    found = []
    for number, (epoch, now) in enumerate(frozen.items()):
        for name in rates.keys() - now:
            since.setdefault(name, epoch)
        learns = [name for name in rates if name not in now]
        found.append(FreezeStage(
            number, epoch, now, {name: rates[name] for name in learns}, {name: decays[name] for name in learns},
            {name: since[name] for name in learns},
            {name: transfer.l2_sp for name in learns if transfer.l2_sp and name not in new},
        ))  # fmt: skip
    return tuple(found)


def stage_at(stages: Sequence[FreezeStage], epoch: int) -> FreezeStage:
    """The stage in which the epoch after `epoch` whole ones is trained."""
    return [stage for stage in stages if stage.first_epoch <= epoch][-1]


def frozen_layers(spec: Network, graph: nx.DiGraph[str]) -> frozenset[str]:
    """Layers that keep their parameters in the first stage."""
    return frozen_at(spec, graph, 0)


def frozen_at(spec: Network, graph: nx.DiGraph[str], epoch: int) -> frozenset[str]:
    """Layers that keep their parameters in the epoch after `epoch` whole ones."""
    transfer = spec.transfer or Transfer()
    learning = {name for entry in transfer.unfreeze if entry.at_epoch <= epoch for name in unfrozen_by(entry, graph)}
    frozen = (frozen_by_transfer(transfer, graph) - learning) | frozen_for_good(graph)
    return frozenset(frozen | body(transfer, graph) if epoch < transfer.warmup_epochs else frozen)


def frozen_for_good(graph: nx.DiGraph[str]) -> set[str]:
    """Layers with frozen = true of their own, which no schedule unfreezes."""
    return {name for name in layers_of(graph) if graph.nodes[name]["layer"].frozen}


def frozen_features(spec: Network, graph: nx.DiGraph[str]) -> list[str]:
    """Layers that [transfer] freezes at first and whose initial values are random: not normalization, which begins with 1
    and 0, and not those with frozen = true of their own, which often hold fixed filters. In file order."""
    held = frozen_at(spec, graph, 0) - frozen_for_good(graph)
    layers: list[Layer] = [graph.nodes[name]["layer"] for name in layers_of(graph) if name in held]
    return [layer.name for layer in layers if has_parameters(layer) and layer.family != "normalization"]


def frozen_by_transfer(transfer: Transfer, graph: nx.DiGraph[str]) -> set[str]:
    """Layers that `freeze` names, and those up to `freeze_to`."""
    layers = layers_of(graph)
    frozen = match_any(transfer.freeze, layers)
    for name in match_layers(transfer.freeze_to, layers) if transfer.freeze_to else ():
        frozen |= {name, *nx.ancestors(graph, name)}
    return frozen & set(layers)


def unfrozen_by(entry: Unfreeze, graph: nx.DiGraph[str]) -> set[str]:
    """Layers that an entry names: its `layers`, and `to` with everything computed from it."""
    layers = layers_of(graph)
    named = match_any(entry.layers, layers)
    for name in match_layers(entry.to, graph) if entry.to is not None else ():
        named |= {name, *nx.descendants(graph, name)}
    return named & set(layers)


def head(transfer: Transfer, graph: nx.DiGraph[str]) -> set[str]:
    """The layers in `replace`."""
    return match_any(transfer.replace, layers_of(graph))


def body(transfer: Transfer, graph: nx.DiGraph[str]) -> set[str]:
    """What warmup_epochs freezes: layers that learn and are not in `replace`, and all that those are computed from."""
    layers, new = layers_of(graph), head(transfer, graph)
    learned = {name for name in layers if has_parameters(graph.nodes[name]["layer"])} - new
    below = {name for one in learned for name in nx.ancestors(graph, one)}
    return ((learned | below) & set(layers)) - new


def _multipliers(transfer: Transfer, graph: nx.DiGraph[str]) -> tuple[dict[str, float], dict[str, float]]:
    """lr_mult and decay_mult of every layer that can learn, when its time has come."""
    rates: dict[str, float] = {}
    decays: dict[str, float] = {}
    slope = depth_factors(transfer.discriminative, graph)
    late = _late_factors(transfer, graph)
    for name in layers_of(graph):
        layer: Layer = graph.nodes[name]["layer"]
        if not has_parameters(layer):
            continue
        rates[name] = layer.lr_mult * slope.get(name, 1.0) * late.get(name, 1.0)
        decays[name] = layer.decay_mult
        for entry in transfer.rates:
            if match_any(entry.layers, [name]):
                rates[name] *= entry.lr_mult
                decays[name] *= entry.decay_mult
    return rates, decays


def _late_factors(transfer: Transfer, graph: nx.DiGraph[str]) -> dict[str, float]:
    """lr_mult of the entry that unfreezes a layer: the first one that names it."""
    waiting = frozen_by_transfer(transfer, graph) - frozen_for_good(graph)
    found: dict[str, float] = {}
    for entry in sorted(transfer.unfreeze, key=lambda entry: entry.at_epoch):
        named = unfrozen_by(entry, graph) & waiting
        found |= dict.fromkeys(named, entry.lr_mult)
        waiting -= named
    return found


def depth_factors(wanted: Discriminative | None, graph: nx.DiGraph[str]) -> dict[str, float]:
    """What `discriminative` multiplies the learning rate of each layer with parameters by."""
    if wanted is None:
        return {}
    depths = _depths(graph)
    learned = [name for name in depths if has_parameters(graph.nodes[name]["layer"])]
    if wanted.lowest is not None:
        deepest = max((depths[name] for name in learned), default=1)
        return {name: wanted.lowest ** ((deepest - depths[name]) / max(deepest - 1, 1)) for name in learned}
    assert wanted.factor is not None
    belongs, last = stages_of_layers(wanted, graph), len(wanted.stages) - 1
    return {name: wanted.factor ** (last - belongs[name]) for name in learned}


def stages_of_layers(wanted: Discriminative, graph: nx.DiGraph[str]) -> dict[str, int]:
    """Place in `stages` of every node; −1 before the first. What no entry names belongs where its latest input does."""
    layers = layers_of(graph)
    named = {name: place for place, pattern in enumerate(wanted.stages) for name in match_layers(pattern, layers)}
    found: dict[str, int] = {}
    for name in order(graph):
        above = max((found[source] for source in graph.predecessors(name)), default=-1)
        found[name] = named.get(name, above)
    return found


def _depths(graph: nx.DiGraph[str]) -> dict[str, int]:
    """How many layers with parameters lie on the longest way from an input through each node."""
    depths: dict[str, int] = {}
    for name in order(graph):
        above = max((depths[source] for source in graph.predecessors(name)), default=0)
        depths[name] = above + has_parameters(graph.nodes[name]["layer"])
    return depths
