"""Spec → the same network in PyTorch, written as torchvision writes it: ReLU and residual sums in place.

The graph becomes a torch.fx module: straight-line code, in which every activation is let go after its last reader.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import networkx as nx
import torch
from numpy.typing import NDArray
from torch import fx, nn

from benchmarks.modules import NoPeerError, module_of
from netspec.graph import build_graph, inputs_of, order, outputs_of
from netspec.layers.base import Layer
from netspec.plan.pipeline import start_plan
from netspec.program import DType
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec
from netspec.store import initial_tensors

OVERWRITABLE = frozenset({"conv2d", "linear", "batch_norm", "add"})
"""Layers whose gradient does not read their output: the next one may compute in its place."""


def peer(spec: Spec) -> fx.GraphModule:
    """The network of a spec in PyTorch, with PyTorch's own initial weights; its tensors have netspec's names.

    Takes (N, C, H, W) or (N, F), of several inputs one after the other; gives a tuple when there are several outputs.
    Raises NoPeerError for a layer without an equal.
    """
    graph = build_graph(spec)
    shapes, root, code, values = infer_shapes(graph), nn.Module(), fx.Graph(), {}
    for name in order(graph):
        layer: Layer | None = graph.nodes[name]["layer"]
        if layer is None:
            values[name] = code.placeholder(name.replace(".", "_").replace("-", "_"))
            continue
        sources = inputs_of(graph, name)
        arguments = [values[source] for source in sources]
        in_place = _is_free(graph, sources[0])
        merge = _merge(layer, in_place and len(sources) > 1)
        if merge is not None:
            values[name] = merge(code, arguments)
        else:
            _register(root, name, module_of(layer, [shapes[source] for source in sources], in_place))
            values[name] = code.call_module(name, tuple(arguments))
    found = tuple(values[name] for name in outputs_of(spec, graph))
    code.output(found[0] if len(found) == 1 else found)
    return fx.GraphModule(root, code, spec.name)


class Twin:
    """The peer of a spec with netspec's initial tensors; what is frozen there is frozen here, too."""

    def __init__(
        self, spec: Spec, layout: torch.memory_format = torch.contiguous_format, dtype: DType = "float32"
    ) -> None:
        start = start_plan(spec, dtype=dtype, seed=spec.seed)
        self._inference_mode = start.inference_mode
        self.model: nn.Module = peer(spec).to(dtype=getattr(torch, dtype))
        self.model.to(memory_format=layout)  # type: ignore[call-overload]
        self._load(initial_tensors(start))
        for name in start.frozen:
            for parameter in _submodule(self.model, name).parameters():
                parameter.requires_grad_(False)

    def _load(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Raises ValueError when the two networks do not have the same tensors."""
        own = {name for name in self.model.state_dict() if not name.endswith("num_batches_tracked")}
        if own != tensors.keys():
            raise ValueError(f"tensors differ between netspec and PyTorch: {sorted(own ^ tensors.keys())}")
        self.model.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()}, strict=False)

    def in_training(self) -> nn.Module:
        """In training mode, in which frozen layers stay in inference mode."""
        self.model.train()
        for name in self._inference_mode:
            _submodule(self.model, name).eval()
        return self.model

    def in_inference(self) -> nn.Module:
        """In inference mode."""
        self.model.eval()
        return self.model


def _is_free(graph: nx.DiGraph[str], name: str) -> bool:
    """Whether the only reader of a value may overwrite it."""
    layer = graph.nodes[name]["layer"]
    readers = sum(len(data["ports"]) for _, _, data in graph.out_edges(name, data=True))
    return layer is not None and layer.type_name() in OVERWRITABLE and readers == 1


Merge = Callable[[fx.Graph, list[fx.Node]], fx.Node]


def _merge(layer: Layer, in_place: bool) -> Merge | None:
    """The call for a layer that is no module."""
    add = operator.iadd if in_place else operator.add
    folds: Mapping[str, Callable[..., Any]] = {"add": add, "multiply": operator.mul}
    kind = layer.type_name()
    if kind in folds:
        return lambda code, nodes: reduce(lambda a, b: code.call_function(folds[kind], (a, b)), nodes)
    if kind == "concat":
        return lambda code, nodes: code.call_function(torch.cat, (nodes, 1))
    if kind == "reshape":
        raise NoPeerError(layer, "type reshape")
    return None


def _register(root: nn.Module, name: str, module: nn.Module) -> None:
    """ "layer1.0.conv1" → root.layer1.0.conv1, so that the tensors get netspec's names."""
    *folders, last = name.split(".")
    for folder in folders:
        if folder not in root._modules:
            root.add_module(folder, nn.Module())
        root = root.get_submodule(folder)
    root.add_module(last, module)


def _submodule(model: nn.Module, name: str) -> nn.Module:
    """The module of a layer; an empty one for layers that are none."""
    try:
        return model.get_submodule(name)
    except AttributeError:
        return nn.Module()
