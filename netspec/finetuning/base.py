"""The network that is fine-tuned: its head, the groups of its layers, and what its weights were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import networkx as nx

from netspec.datasets.base import MeanStd
from netspec.datasets.normalization import Normalization
from netspec.graph import build_graph, has_parameters, layers_of, order, outputs_of
from netspec.problems import SpecError
from netspec.shipped import shipped_specs
from netspec.spec.extends import extend
from netspec.spec.marks import Table
from netspec.spec.model import Spec
from netspec.spec.reader import read_tree
from netspec.spec.source import read_source

IMAGENET = MeanStd(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
"""Mean and deviation of ImageNet's photographs, which the public weights of the shipped networks expect: the values of
torchvision's transforms, times 255."""
HEADS = {"linear": "out_features", "conv2d": "out_channels"}
"""Types that give one number a class, and the key that says how many."""


class FinetuneError(Exception):
    """What stands in the way, in `message`, and what to do, in `hint`."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Base:
    """A network and the file that describes it."""

    path: Path
    spec: Spec
    graph: nx.DiGraph[str]
    head: str
    """The last layer with parameters: it gives the classes."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path.stem

    @property
    def is_shipped(self) -> bool:
        return self.path in shipped_specs().values()

    @property
    def size_key(self) -> str:
        """The key of the head that holds the number of classes."""
        return HEADS[self.graph.nodes[self.head]["layer"].type_name()]

    @property
    def shape(self) -> tuple[int, ...]:
        """[C, H, W] of the input."""
        return self.spec.inputs[0].shape

    def normalization(self, trained: Normalization | None) -> tuple[MeanStd | None, str]:
        """What the weights expect of the pixels, and how that is known; None where it is not.

        trained: what their file says, or is known of public ones.
        """
        if trained is not None:
            scale = 255 / (trained.full_scale or 255)
            mean, std = ([round(float(value) * scale, 6) for value in values] for values in (trained.mean, trained.std))
            return MeanStd(mean=mean, std=std), "as the weights were trained with"
        own = self.spec.data.normalize if self.spec.data is not None else None
        if isinstance(own, MeanStd):
            return own, f"as {self.name} was trained with, by its spec"
        if self.is_shipped and self.spec.data is None and self.shape[0] == 3:
            return IMAGENET, "ImageNet's, as public weights expect"
        return None, "measured on these pictures: what the weights were trained with is not known"

    def groups(self) -> list[str]:
        """Blocks, or single layers, with parameters from the input to the head, which is not among them."""
        names = [name for name in order(self.graph) if name in layers_of(self.graph) and name != self.head]
        learned = [name for name in names if has_parameters(self.graph.nodes[name]["layer"])]
        depth = 1
        while depth < 3 and len({_begin(name, depth) for name in learned}) < 3:
            depth += 1
        return list(dict.fromkeys(_begin(name, depth) for name in learned))


def find_base(path: Path, spec: Spec) -> Base:
    """The network of a spec, if it can be fine-tuned to classes of pictures. Raises FinetuneError."""
    graph = build_graph(spec)
    if len(spec.inputs) != 1 or len(spec.inputs[0].shape) != 3:
        shapes = ", ".join(str(list(item.shape)) for item in spec.inputs)
        raise FinetuneError(f"{path.stem}: its input is {shapes}, no picture [C, H, W]", "choose a network for pictures")
    outputs = outputs_of(spec, graph)
    if len(outputs) != 1:
        message = f"{path.stem}: has {len(outputs)} outputs ({', '.join(outputs)}), and one head is replaced"
        raise FinetuneError(message, 'write a spec with extends = "…", remove = […] and [transfer] replace = […] by hand')
    base = Base(path, spec, graph, _head(path, spec, graph, outputs[0]))
    if base.head not in _own_layers(path):
        message = f"{path.stem}: its last layer with parameters, {base.head}, is made by a block, which a patch cannot change"
        raise FinetuneError(message, "write that layer outside of the block")
    if not base.groups():
        message = f"{path.stem}: {base.head} is its only layer with parameters, so nothing would be kept of the weights"
        raise FinetuneError(message, "choose a deeper network, such as resnet18")
    return base


def _head(path: Path, spec: Spec, graph: nx.DiGraph[str], output: str) -> str:
    """The nearest layer with parameters above the output, which must be linear or a convolution."""
    name = output
    while not has_parameters(graph.nodes[name]["layer"]):
        above = list(graph.predecessors(name))
        if len(above) != 1 or graph.nodes[above[0]]["layer"] is None:
            message = f"{path.stem}: no single layer gives its output {output}"
            raise FinetuneError(message, "choose a network that ends with a linear layer or a convolution")
        name = above[0]
    kind = graph.nodes[name]["layer"].type_name()
    if kind not in HEADS:
        message = f"{path.stem}: ends with {name}, a {kind}, which gives no classes"
        raise FinetuneError(message, "choose a network that ends with a linear layer or a convolution")
    return name


def _own_layers(path: Path) -> set[str]:
    """Names of the layers that a patch of this file can change: all but those that blocks make."""
    source = read_source(path)
    try:
        layers = extend(read_tree(source), source, [])[0].get("layers")
    except SpecError:
        return set()
    entries = layers if isinstance(layers, list) else []
    return {str(entry.get("name")) for entry in entries if isinstance(entry, Table)}


def _begin(name: str, depth: int) -> str:
    """The first parts of a name: ("layer1.0.conv1", 1) → "layer1"."""
    return ".".join(name.split(".")[:depth])
