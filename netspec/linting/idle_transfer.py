"""Keys of [transfer] that change nothing, because of what is frozen."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.freezing import FreezeStage
from netspec.graph import layers_of, match_layers
from netspec.linting.structure import Network
from netspec.problems import Path, Problem, warning
from netspec.spec.sections import Transfer


def lint_idle(network: Network, transfer: Transfer, reached: tuple[FreezeStage, ...]) -> Iterator[Problem]:
    """All rules of this file. reached: the stages that begin before the training ends, at least one."""
    frozen = {name for stage in reached for name in stage.frozen}
    if transfer.l2_sp and not any(stage.pulls for stage in reached):
        message = f"l2_sp = {transfer.l2_sp:g} pulls at nothing: every layer that is loaded stays frozen"
        yield _idle(network, ("transfer", "l2_sp"), message, "remove it, or let some of these layers learn")
    if transfer.cache in ("memory", "disk") and not frozen:
        message = f'cache = "{transfer.cache}" keeps nothing: no layer is frozen'
        yield _idle(network, ("transfer", "cache"), message, 'remove it, or freeze the first layers, freeze_to = "…"')
    if transfer.bn == "train" and not any(network.type_of(name) == "batch_norm" for name in frozen):
        message = 'bn = "train" changes nothing: it is about frozen batch normalization, and none is frozen'
        yield _idle(network, ("transfer", "bn"), message, "remove it; what is not frozen takes its statistics from the batch")
    yield from _idle_rates(network, transfer, reached)


def _idle_rates(network: Network, transfer: Transfer, reached: tuple[FreezeStage, ...]) -> Iterator[Problem]:
    """Entries of `rates` of which no layer ever learns."""
    learning = {name for stage in reached for name in stage.rates}
    for place, entry in enumerate(transfer.rates):
        for index, pattern in enumerate(entry.layers):
            found = match_layers(pattern, layers_of(network.graph))
            if found and not learning.intersection(found):
                path: Path = ("transfer", "rates", place, "layers", index)
                why = "stays frozen" if any(name in reached[-1].frozen for name in found) else "has no parameters"
                message = f"rates[{place}]: {pattern} never learns, as it {why}, so that its rate changes nothing"
                yield _idle(network, path, message, "take it out, or let it learn")


def _idle(network: Network, path: Path, message: str, hint: str) -> Problem:
    return warning("NS947", path, network.locate(path), message, hint)
