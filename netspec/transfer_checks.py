"""The checks of [transfer]: names and patterns that match something, a schedule of unfreezing that can be meant, a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as FilePath

import networkx as nx

from netspec.freezing import frozen_at, frozen_by_transfer, frozen_for_good, unfrozen_by
from netspec.graph import REGEX, Locate, Network, has_parameters, layers_of, match_layers
from netspec.look import plural
from netspec.problems import Path, Problem, Related, also, error, warning
from netspec.spec.model import Spec
from netspec.spec.sections import Discriminative, Transfer, Unfreeze
from netspec.spec.suggest import layer_question, listing
from netspec.weights.known import find_known, no_such_weights


def check_transfer(spec: Network, graph: nx.DiGraph[str], locate: Locate) -> list[Problem]:
    """Everything that is wrong with [transfer]; its schedule only once all names in it mean something."""
    if spec.transfer is None:
        return []
    found = [*_check_names(spec.transfer, graph, locate)]
    if not found:
        found = [
            *_check_warmup(spec.transfer, graph, locate), *_check_unfreeze(spec, spec.transfer, graph, locate),
            *_check_discriminative(spec.transfer.discriminative, graph, locate),
        ]  # fmt: skip
    return [*found, *_check_replaced(spec, spec.transfer, graph, locate)]


def _check_names(transfer: Transfer, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    layers = layers_of(graph)
    for path, pattern in _patterns(transfer):
        if problem := _check_pattern(path, pattern, layers, locate):
            yield problem
    names: list[tuple[Path, str | None, list[str]]] = [(("transfer", "freeze_to"), transfer.freeze_to, layers)]
    names += [
        (("transfer", "unfreeze", place, "to"), entry.to, list(graph)) for place, entry in enumerate(transfer.unfreeze)
    ]
    for where, name, known in names:
        if name is not None and name not in known and not match_layers(f"{name}.*", layers):
            hint = layer_question(name, known)
            message = f"{_key(where)}: no {'layer' if known is layers else 'layer, block or input'} is called {name}"
            yield error("NS310", where, locate(where), message, hint)


def _patterns(transfer: Transfer) -> Iterable[tuple[Path, str]]:
    """Every pattern with its place."""
    lists: list[tuple[Path, Sequence[str]]] = [(("transfer", "freeze"), transfer.freeze)]
    lists.append((("transfer", "replace"), transfer.replace))
    lists += [(("transfer", "unfreeze", i, "layers"), entry.layers) for i, entry in enumerate(transfer.unfreeze)]
    lists += [(("transfer", "rates", i, "layers"), entry.layers) for i, entry in enumerate(transfer.rates)]
    if transfer.discriminative is not None:
        lists.append((("transfer", "discriminative", "stages"), transfer.discriminative.stages))
    for path, patterns in lists:
        yield from (((*path, place), pattern) for place, pattern in enumerate(patterns))


def _check_pattern(path: Path, pattern: str, layers: Sequence[str], locate: Locate) -> Problem | None:
    """The problem of a pattern that matches nothing."""
    key = _key(path[:-1])
    if pattern.startswith(REGEX):
        try:
            re.compile(pattern.removeprefix(REGEX))
        except re.error as problem:
            message = f"{key}: {pattern} is no regular expression ({problem})"
            hint = 'correct it, or write a glob without "re:"'
            return error("NS310", path, locate(path), message, hint)
    if match_layers(pattern, layers):
        return None
    if pattern.startswith(REGEX):
        message = f"{key}: {pattern} matches the whole name of no layer"
        return error("NS310", path, locate(path), message, layer_question("", layers))
    message, hint = f"{key}: no layer is called {pattern}", layer_question(pattern, layers)
    return error("NS310", path, locate(path), message, hint)


def _key(path: Path) -> str:
    """("transfer", "unfreeze", 0, "to") → "unfreeze[0].to", as in the JSON form."""
    words = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[1:]]
    return "".join(words).removeprefix(".")


def _check_warmup(transfer: Transfer, graph: nx.DiGraph[str], locate: Locate) -> Iterable[Problem]:
    path = ("transfer", "warmup_epochs")
    if transfer.warmup_epochs and not transfer.replace:
        learned = [name for name in layers_of(graph) if has_parameters(graph.nodes[name]["layer"])]
        message = f"warmup_epochs is {transfer.warmup_epochs}, but replace names no layer that would learn meanwhile"
        head = f'name the new head, replace = ["{learned[-1]}"], or ' if learned else ""
        yield error("NS312", path, locate(path), message, f"{head}remove warmup_epochs")


def _check_unfreeze(
    spec: Network, transfer: Transfer, graph: nx.DiGraph[str], locate: Locate
) -> Iterable[Problem]:  # fmt: skip
    ever = frozen_by_transfer(transfer, graph)
    if transfer.unfreeze and not ever - frozen_for_good(graph):
        path = ("transfer", "unfreeze")
        message = "unfreeze: nothing is frozen by freeze or freeze_to that could be unfrozen"
        yield error("NS311", path, locate(path), message, 'write freeze_to = "…" or freeze = ["…"] too, or remove unfreeze')
        return
    for place, entry in enumerate(transfer.unfreeze):
        yield from _check_time(transfer, place, locate)
        yield from _check_gain(spec, graph, place, entry, locate)


def _check_time(transfer: Transfer, place: int, locate: Locate) -> Iterable[Problem]:
    path: Path = ("transfer", "unfreeze", place, "at_epoch")
    epoch, before = transfer.unfreeze[place].at_epoch, [entry.at_epoch for entry in transfer.unfreeze[:place]]
    if before and epoch <= before[-1]:
        message = f"at_epoch is {epoch}, not after the {before[-1]} of the entry before"
        related = also(locate(("transfer", "unfreeze", place - 1, "at_epoch")), "that one stands here")
        hint = "write the entries in the order of their epochs, one for each epoch"
        yield error("NS311", path, locate(path), message, hint, related)
    if epoch < transfer.warmup_epochs:
        message = f"at_epoch is {epoch}, while warmup_epochs = {transfer.warmup_epochs} still lasts"
        related = also(locate(("transfer", "warmup_epochs")), "the warm-up is set here")
        yield error("NS311", path, locate(path), message, f"write at_epoch = {transfer.warmup_epochs} or more", related)


def _check_gain(
    spec: Network, graph: nx.DiGraph[str], place: int, entry: Unfreeze, locate: Locate
) -> Iterable[Problem]:  # fmt: skip
    """An entry must unfreeze something, and nothing that is frozen for good."""
    path: Path = ("transfer", "unfreeze", place, "layers" if entry.to is None else "to")
    named = unfrozen_by(entry, graph)
    stuck = sorted(named & frozen_for_good(graph), key=list(graph).index)
    if stuck:
        message = f"unfreeze: {listing(stuck, 3)} would learn from epoch {entry.at_epoch} on, but frozen = true is for good"
        hint = f'write freeze = ["{stuck[0]}"] under [transfer] in place of frozen = true, or leave it out here'
        related = also(locate(("layers", stuck[0], "frozen")), f"{stuck[0]} is frozen here")
        yield error("NS311", path, locate(path), message, hint, related)
        return
    transfer = spec.transfer
    assert transfer is not None
    before = frozen_by_transfer(transfer, graph)
    for earlier in transfer.unfreeze[:place]:
        before -= unfrozen_by(earlier, graph)
    if not any(has_parameters(graph.nodes[name]["layer"]) for name in named & before):
        message = f"unfreeze: no layer with parameters that this entry names is still frozen at epoch {entry.at_epoch}"
        still = [name for name in layers_of(graph) if name in before and has_parameters(graph.nodes[name]["layer"])]
        frozen = listing(dict.fromkeys(name.split(".")[0] for name in still))
        hint = f"name what still is: {frozen}" if still else "remove the entry, as all that [transfer] freezes learns by then"
        yield error("NS311", path, locate(path), message, hint)


def _check_discriminative(
    wanted: Discriminative | None, graph: nx.DiGraph[str], locate: Locate
) -> Iterable[Problem]:  # fmt: skip
    """Stages follow each other, and no layer is in two of them."""
    layers, names = layers_of(graph), wanted.stages if wanted is not None else ()
    taken: dict[str, int] = {}
    for place, pattern in enumerate(names):
        path: Path = ("transfer", "discriminative", "stages", place)
        found = match_layers(pattern, layers)
        twice = [name for name in found if name in taken]
        later = {name for one in found for name in nx.descendants(graph, one)}
        back = [name for name in taken if name in later and name not in found]
        if twice:
            message = f"stages: {twice[0]} belongs to {names[taken[twice[0]]]} and to {pattern}"
            yield error("NS313", path, locate(path), message, "let each layer belong to one stage")
        elif back:
            message = f"stages: {names[taken[back[0]]]} is computed from {pattern}, which stands behind it"
            yield error("NS313", path, locate(path), message, "write the stages from the input to the output")
        taken |= dict.fromkeys(found, place)


def _check_replaced(
    spec: Network, transfer: Transfer, graph: nx.DiGraph[str], locate: Locate
) -> Iterable[Problem]:  # fmt: skip
    """What is replaced should learn at some time."""
    end = max([transfer.warmup_epochs, *(entry.at_epoch for entry in transfer.unfreeze)])
    frozen = [name for name in frozen_at(spec, graph, end) if has_parameters(graph.nodes[name]["layer"])]
    for place, pattern in enumerate(transfer.replace):
        if both := sorted(match_layers(pattern, frozen)):
            path = ("transfer", "replace", place)
            message = f"replace: {', '.join(both)} begins with random values, and is frozen, so it keeps them"
            hint = "freeze only what is loaded, or take it out of replace"
            yield warning("NS909", path, locate(path), message, hint, _frozen_here(transfer, graph, both[0], locate))


def _frozen_here(transfer: Transfer, graph: nx.DiGraph[str], name: str, locate: Locate) -> Iterable[Related]:
    """What says that a layer is frozen: its own key, a pattern under `freeze`, or `freeze_to`."""
    if graph.nodes[name]["layer"].frozen:
        return also(locate(("layers", name, "frozen")), f"{name} is frozen here")
    for place, pattern in enumerate(transfer.freeze):
        if match_layers(pattern, [name]):
            return also(locate(("transfer", "freeze", place)), f"{name} is frozen here")
    return also(locate(("transfer", "freeze_to")), f"{name} is frozen here")


def check_epochs(transfer: Transfer, epochs: int, locate: Locate) -> Iterable[Problem]:
    """Warnings of stages that the training ends before."""
    entries: list[tuple[Path, str, int]] = [(("transfer", "warmup_epochs"), "warmup_epochs", transfer.warmup_epochs)]
    entries += [
        (("transfer", "unfreeze", place, "at_epoch"), "at_epoch", entry.at_epoch)
        for place, entry in enumerate(transfer.unfreeze)
    ]
    for path, key, epoch in entries:
        if epoch >= epochs > 0:
            message = f"{key} is {epoch}, but the training ends after {plural(epochs, 'epoch')}: nothing is unfrozen by it"
            related = also(locate(("train", "epochs")), "the epochs are set here")
            hint = f"write epochs = {epoch + 1} or more under [train], or a smaller {key}"
            yield warning("NS940", path, locate(path), message, hint, related)


def check_weights_file(spec: Spec, locate: Locate) -> Iterator[Problem]:
    """A warning when the file of weights is not there; its contents are left to `doctor` and `train`.

    What a finished run keeps of its spec is passed over: paths in it start where the original stood.
    """
    text = spec.transfer.weights if spec.transfer is not None else None
    if text is None or find_known(text) is not None or (spec.base_dir / "lock.json").is_file():
        return
    file = spec.base_dir / FilePath(text).expanduser()
    if not file.is_file():
        missing, path = no_such_weights(file, text), ("transfer", "weights")
        yield warning("NS949", path, locate(path), missing.message, missing.hint)
