"""The PyTorch networks that netspec is raced against are the same networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs
from tests.kit.networks import CROSS_ENTROPY, SGD, small_convnet, spec_of

torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
pytestmark = pytest.mark.peers

from benchmarks.modules import NoPeerError  # noqa: E402
from benchmarks.peers import Twin, peer  # noqa: E402

BRANCHES: list[dict[str, Any]] = [
    {"name": "a", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1, "groups": 2},
    {"name": "bn.a", "type": "batch_norm"},
    {"name": "relu.a", "type": "relu"},
    {"name": "b", "type": "leaky_relu", "inputs": ["a"]},
    {"name": "sum", "type": "add", "inputs": ["relu.a", "b"]},
    {"name": "product", "type": "multiply", "inputs": ["sum", "a"]},
    {"name": "both", "type": "concat", "inputs": ["product", "sum"]},
    {"name": "max", "type": "max_pool2d", "kernel_size": 3, "stride": 2, "padding": 1},
    {"name": "mean", "type": "avg_pool2d", "kernel_size": 2, "rounding": "ceil"},
    {"name": "every_second", "type": "max_pool2d", "kernel_size": 1, "stride": [1, 2]},
    {"name": "wide", "type": "pad", "padding": 1, "channels": [1, 2]},
    {"name": "uneven", "type": "pad", "padding": {"top": 1, "right": 2}},
    {"name": "tanh", "type": "tanh"},
    {"name": "fc", "type": "linear", "out_features": 5},
    {"name": "gelu", "type": "gelu"},
    {"name": "bn1d", "type": "batch_norm"},
    {"name": "out", "type": "linear", "out_features": 3},
]
SMALL = ["input.shape=[3,32,32]"]


def shipped(name: str, overrides: Sequence[str] = ()) -> Any:
    return netspec.load(shipped_specs()[name], list(overrides))


SPECS = {
    "mlp": lambda: shipped("mlp"),
    "lenet5": lambda: shipped("lenet5"),
    "resnet20_cifar": lambda: shipped("resnet20_cifar", ["input.shape=[3,16,16]"]),
    "resnet18": lambda: shipped("resnet18", SMALL),
    "branches": lambda: spec_of(BRANCHES, [2, 8, 8], loss=CROSS_ENTROPY, optimizer=SGD),
}


def random_batch(program: Any, n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, *program.spec.inputs[0].shape)).astype(program.dtype)
    return x, rng.integers(0, 3, n)


@pytest.mark.parametrize("name", SPECS)
def test_peer_gives_netspecs_logits_and_gradients(name: str) -> None:
    # float64: what differs then differs by more than rounding.
    program = netspec.compile(SPECS[name](), batch_size=4, dtype="float64")
    model = Twin(program.spec, dtype="float64")
    x, y = random_batch(program, 4)
    with torch.no_grad():
        expected = model.in_inference()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(program.forward(x), expected, rtol=1e-7, atol=1e-9)
    loss = torch.nn.functional.cross_entropy(model.in_training()(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    assert program.train_step(x, y) == pytest.approx(float(loss.detach()), rel=1e-9)
    gradients = program.gradients
    assert gradients
    for key, parameter in model.model.named_parameters():
        np.testing.assert_allclose(gradients[key], parameter.grad.numpy(), rtol=1e-5, atol=1e-8, err_msg=key)


def test_vgg16_and_its_peer_have_the_same_tensors() -> None:
    spec = shipped("vgg16", SMALL)
    with torch.device("meta"):
        model = peer(spec)
    table = netspec.analyze(spec).totals
    assert sum(parameter.numel() for parameter in model.parameters()) == table.params
    assert {"features.0.weight", "classifier.6.bias"} <= model.state_dict().keys()


def test_frozen_layers_learn_nothing_and_keep_their_statistics() -> None:
    spec = spec_of(BRANCHES, [2, 8, 8], loss=CROSS_ENTROPY, optimizer=SGD, transfer={"freeze_to": "bn1d"})
    model = Twin(spec).in_training()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(torch.randn(4, 2, 8, 8)).sum().backward()
    assert {key for key, value in model.named_parameters() if value.grad is not None} == {"out.weight", "out.bias"}
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_relu_and_residual_sums_are_in_place_where_nobody_else_reads_their_input() -> None:
    resnet, branching = peer(shipped("resnet18", SMALL)), peer(small_convnet())
    assert resnet.get_submodule("layer1.0.relu").inplace
    assert "iadd" in {getattr(node.target, "__name__", "") for node in resnet.graph.nodes}
    assert branching.get_submodule("relu1").inplace  # conv1 has one reader
    assert "iadd" not in {getattr(node.target, "__name__", "") for node in branching.graph.nodes}  # relu1 keeps its output


def test_layers_without_an_equal_are_refused() -> None:
    maxout = spec_of([{"type": "maxout", "pieces": 2}], [4, 4, 4])
    uneven = spec_of([{"type": "conv2d", "out_channels": 2, "kernel_size": 2, "padding": "same"}], [2, 6, 6])
    with pytest.raises(NoPeerError, match="no PyTorch module for type maxout"):
        peer(maxout)
    with pytest.raises(NoPeerError, match="padding that differs"):
        peer(uneven)
