"""Layers that undo, repeat or disturb each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import networkx as nx

from netspec.freezing import frozen_layers
from netspec.graph import Locate, inputs_of, outputs_of
from netspec.layers.base import Layer, Shape, volume
from netspec.look import plural
from netspec.problems import Path, Problem, Related, also, warning
from netspec.receptive import windows_of
from netspec.spec.model import Spec
from netspec.windows import pair

NEVER_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "hard_sigmoid", "softplus", "softmax"})
SAME_ABOVE_ZERO = frozenset({"relu", "leaky_relu", "prelu", "elu", "celu"})
"""Activations that give positive numbers back as they are."""
SQUASHING = frozenset({"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "softmax"})
KEEPS_SIGN = frozenset({"dropout", "spatial_dropout", "flatten", "identity", "max_pool2d", "avg_pool2d"})
CUTS_LOGITS = frozenset({"relu", "relu6", "softplus", "tanh", "hard_tanh", "softsign", "hard_sigmoid"})
IS_LINEAR = frozenset({"dropout", "spatial_dropout", "flatten", "identity", "batch_norm", "avg_pool2d", "global_avg_pool"})
"""Layers between two linear ones that leave their composition linear (with known statistics)."""


class Network:
    """The graph of a spec with the questions that the rules ask."""

    def __init__(self, spec: Spec, graph: nx.DiGraph[str], shapes: Mapping[str, Shape], locate: Locate) -> None:
        self.spec, self.graph, self.shapes, self.locate = spec, graph, shapes, locate
        self.frozen, self.outputs = frozen_layers(spec, graph), outputs_of(spec, graph)

    def layers(self) -> Iterator[Layer]:
        """In the order of the file."""
        return (data["layer"] for _, data in self.graph.nodes(data=True) if data["layer"] is not None)

    def type_of(self, name: str) -> str:
        layer: Layer | None = self.graph.nodes[name]["layer"]
        return type(layer).type_name() if layer is not None else ""

    def source(self, name: str) -> str:
        """The first thing that a layer reads."""
        return inputs_of(self.graph, name)[0]

    def inputs(self, layer: Layer) -> list[Shape]:
        """The shapes that a layer reads."""
        return [self.shapes[source] for source in inputs_of(self.graph, layer.name)]

    def above(self, name: str, passing: frozenset[str]) -> str:
        """The nearest thing above that is not of these types."""
        source = self.source(name)
        while self.type_of(source) in passing:
            source = self.source(source)
        return source

    def report(self, code: str, name: str, message: str, hint: str, related: Iterable[Related] = ()) -> Problem:
        """A warning at a layer's name."""
        path: Path = ("layers", name)
        return warning(code, path, self.locate((*path, "name")), message, hint, related)

    def here(self, name: str, message: str) -> tuple[Related, ...]:
        """A layer as a second place."""
        return also(self.locate(("layers", name, "name")), message)


def lint_structure(network: Network) -> Iterator[Problem]:
    """All rules of this file."""
    for layer in network.layers():
        yield from _idle_activation(network, layer)
        yield from _dropout_before_norm(network, layer)
        yield from _softmax_of_one(network, layer)
        yield from _linear_after_linear(network, layer)
    yield from _idle_taps(network)
    yield from _cut_logits(network)
    yield from _frozen_above_trainable(network)


def _idle_activation(network: Network, layer: Layer) -> Iterator[Problem]:
    kind = type(layer).type_name()
    if kind not in SAME_ABOVE_ZERO | SQUASHING:
        return
    first = network.above(layer.name, KEEPS_SIGN)
    before = network.type_of(first)
    related = network.here(first, f"the first one, {before}, is here")
    if before in NEVER_NEGATIVE and kind in SAME_ABOVE_ZERO:
        message = f"{kind} changes nothing: {first} ({before}) gives no negative numbers"
        yield network.report("NS913", layer.name, message, "remove one of them", related)
    elif before == kind and kind in SQUASHING:
        message = f"{kind} of {kind} ({first}) squashes the numbers twice, and their gradients"
        yield network.report("NS913", layer.name, message, "remove one of them", related)


def _dropout_before_norm(network: Network, layer: Layer) -> Iterator[Problem]:
    source = network.source(layer.name)
    before = network.graph.nodes[source]["layer"]
    if type(layer).type_name() != "batch_norm" or layer.name in network.frozen or network.type_of(source) != "dropout":
        return
    if getattr(before, "p", 1) > 0:
        message = f"{source} changes the variance that batch_norm measures in training, and not in inference"
        related = network.here(source, "the dropout is here")
        yield network.report("NS914", layer.name, message, "put the dropout behind batch_norm", related)


def _softmax_of_one(network: Network, layer: Layer) -> Iterator[Problem]:
    if type(layer).type_name() == "softmax" and network.shapes.get(layer.name, (0,))[0] == 1:
        message = "softmax over one number always gives 1"
        yield network.report("NS916", layer.name, message, "use sigmoid, or give the layer before it more outputs")


def _idle_taps(network: Network) -> Iterator[Problem]:
    """The first window, and how many more, of which a part never reads a pixel: the picture has become too small for it."""
    found = [(layer.name, idle) for layer in network.layers() if (idle := _taps_in_padding(network, layer)) is not None]
    if found:
        name, (number, taps, picture) = found[0]
        more = f", and so in {plural(len(found) - 1, 'layer')} more" if len(found) > 1 else ""
        message = f"{number} of the {taps} taps of the window read padding only, the picture has {picture} pixels{more}"
        hint = "use larger pictures, fewer strides and poolings before it, or a smaller kernel_size or dilation"
        yield network.report("NS917", name, message, hint)


def _taps_in_padding(network: Network, layer: Layer) -> tuple[int, int, str] | None:
    """(taps that never read a pixel, all taps, the picture); None where there are none."""
    axes = windows_of(layer, network.inputs(layer), network.shapes[layer.name]) if layer.name in network.shapes else None
    if axes is None:
        return None
    used = [axis.used_taps for axis in axes]
    taps = axes[0].kernel * axes[1].kernel
    idle = taps - used[0] * used[1]
    return (idle, taps, f"{axes[0].size} × {axes[1].size}") if idle else None


def _linear_after_linear(network: Network, layer: Layer) -> Iterator[Problem]:
    """Two linear maps in a row are one, unless they first shrink and then widen: then that is what they are for."""
    if not _is_dense(layer) or len(network.inputs(layer)) != 1:
        return
    name = network.source(layer.name)
    while network.type_of(name) in IS_LINEAR and _is_read_once(network, name):
        name = network.source(name)
    first = network.graph.nodes[name]["layer"]
    if first is None or not _is_dense(first) or not _is_read_once(network, name):
        return
    before, between, after = network.inputs(first)[0], network.shapes[name], network.shapes[layer.name]
    reads = volume(before) if len(between) == 1 else before[0] * volume(pair(getattr(first, "kernel_size", 1)))
    numbers = volume(between) if len(after) == 1 else between[0]
    if numbers <= reads and numbers < after[0]:
        return
    message = f"nothing bends between {name} and {layer.name}: two linear layers in a row can do no more than one"
    related = network.here(name, "the first one is here")
    yield network.report("NS915", layer.name, message, "put an activation (relu) between them, or remove one", related)


def _is_dense(layer: Layer) -> bool:
    """Linear layers and convolutions over all channels; those in groups are meant as halves of one."""
    return type(layer).type_name() in ("linear", "conv2d") and getattr(layer, "groups", 1) == 1


def _is_read_once(network: Network, name: str) -> bool:
    return network.graph.out_degree(name) == 1 and name not in network.outputs


def _cut_logits(network: Network) -> Iterator[Problem]:
    for place, loss in enumerate(network.spec.losses if network.outputs else ()):
        name = loss.input or network.outputs[-1]
        kind = network.type_of(name)
        if loss.link is not None and kind in CUTS_LOGITS:
            message = f"{kind} is the last layer: {loss.type_name()} reads logits, which may be any number"
            hint = f"remove it; the loss reads {network.source(name)} then"
            related = also(network.locate(("losses", place, "type")), f"the loss is {loss.type_name()} here")
            yield network.report("NS918", name, message, hint, related)


def _frozen_above_trainable(network: Network) -> Iterator[Problem]:
    """The first frozen layer with weights that has trainable weights below it, which are not new ones."""
    transfer = network.spec.transfer
    if not network.spec.optimizers or transfer is None or transfer.weights is None:
        return
    new = {name for pattern in transfer.replace for name in network.graph if name == pattern or name.startswith(f"{pattern}.")}
    for layer in network.layers():
        if layer.name not in network.frozen or not _has_weights(network, layer.name):
            continue
        below = [name for name in network.graph if name in nx.ancestors(network.graph, layer.name)]
        learning = [name for name in below if name not in network.frozen | new and _has_weights(network, name)]
        if learning:
            message = f"{layer.name} is frozen, but {learning[0]} below it is trained"
            hint = f'freeze_to = "{_as_written(transfer.freeze, layer.name)}" freezes all that it is computed from'
            related = network.here(learning[0], f"{learning[0]} is trained")
            yield network.report("NS922", layer.name, message, hint, related)
            return


def _as_written(freeze: Iterable[str], name: str) -> str:
    """The group under `freeze` that a layer belongs to ("layer2", "layer2.*"), else its own name."""
    groups = (pattern.removesuffix(".*") for pattern in freeze)
    return next((group for group in groups if name.startswith(f"{group}.")), name)


def _has_weights(network: Network, name: str) -> bool:
    """Parameters of a layer that is no normalization: those are often trained alone."""
    layer: Layer | None = network.graph.nodes[name]["layer"]
    return layer is not None and layer.family != "normalization" and bool(layer.parameters(network.inputs(layer)))
