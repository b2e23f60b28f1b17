"""The shipped networks against PyTorch: tensors of the same names and shapes, and the same outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.training.export import with_counters
from tests.networks.small import SMALL, small

torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
from tests.networks import inceptions, twins  # noqa: E402

pytestmark = pytest.mark.peers
Make = Callable[[], Any]
FULL: dict[str, Make] = {
    "alexnet": twins.alexnet,
    "vgg11": lambda: twins.vgg((1, 1, 2, 2, 2)),
    "vgg13_bn": lambda: twins.vgg((2, 2, 2, 2, 2), norm=True),
    "vgg16": twins.vgg,
    "vgg19_bn": lambda: twins.vgg((2, 2, 4, 4, 4), norm=True),
    "resnet18": lambda: twins.ResNet((2, 2, 2, 2), deep=False),
    "resnet34": lambda: twins.ResNet((3, 4, 6, 3), deep=False),
    "resnet50": lambda: twins.ResNet((3, 4, 6, 3)),
    "resnet101": lambda: twins.ResNet((3, 4, 23, 3)),
    "resnext50_32x4d": lambda: twins.ResNet((3, 4, 6, 3), groups=32, group_width=4),
    "wide_resnet50_2": lambda: twins.ResNet((3, 4, 6, 3), group_width=128),
    "squeezenet1_0": lambda: twins.SqueezeNet((96, 7), "112p2334p4"),
    "squeezenet1_1": lambda: twins.SqueezeNet((64, 3), "11p22p3344"),
    "mobilenet_v1": twins.MobileNetV1,
    "mobilenet_v2": twins.mobilenet_v2,
    "mobilenet_v3_large": lambda: twins.mobilenet_v3(twins.LARGE, 1280),
    "mobilenet_v3_small": lambda: twins.mobilenet_v3(twins.SMALL, 1024),
    "densenet121": twins.densenet,
    "densenet169": lambda: twins.densenet((6, 12, 32, 32)),
    "googlenet": inceptions.GoogLeNet,
    "inception_v3": inceptions.InceptionV3,
    "efficientnet_b0": twins.efficientnet_b0,
    "mnasnet1_0": twins.mnasnet,
    "mnasnet0_5": lambda: twins.mnasnet(0.5),
    "shufflenet_v2_x1_0": twins.ShuffleNet,
    "shufflenet_v2_x0_5": lambda: twins.ShuffleNet(24),
    "unet": twins.UNet,
    "fcn8s": twins.FCN8s,
}
REDUCED: dict[str, Make] = {
    "alexnet": lambda: twins.alexnet(8, 16),
    "vgg16_bn": lambda: twins.vgg(norm=True, width=4, hidden=16),
    "resnet18": lambda: twins.ResNet((2, 2, 2, 2), deep=False, width=16),
    "resnet50": lambda: twins.ResNet((3, 4, 6, 3), width=8),
    "resnext50_32x4d": lambda: twins.ResNet((3, 4, 6, 3), width=16, groups=32, group_width=4),
    "squeezenet1_1": FULL["squeezenet1_1"],
    "mobilenet_v1": lambda: twins.MobileNetV1(0.25),
    "mobilenet_v2": lambda: twins.mobilenet_v2(0.25),
    "mobilenet_v3_small": FULL["mobilenet_v3_small"],
    "densenet121": lambda: twins.densenet(growth=4),
    "googlenet": lambda: inceptions.GoogLeNet(0.125),
    "inception_v3": lambda: inceptions.InceptionV3(0.0625),
    "efficientnet_b0": lambda: twins.efficientnet_b0(0.25),
    "mnasnet0_5": FULL["mnasnet0_5"],
    "shufflenet_v2_x0_5": lambda: twins.ShuffleNet(24, 64),
    "unet": lambda: twins.UNet(4),
    "fcn8s": lambda: twins.FCN8s(4, 16, 90),
}


def shapes_of(spec: Spec) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all parameters and statistics, without compiling anything."""
    report, found = netspec.analyze(spec), {}
    layers = {layer.name: layer for layer in spec.layers}
    for row in report.table:
        layer, inputs = layers[row.name], [report.shapes[name] for name in row.inputs]
        for item in (*layer.parameters(inputs), *layer.states(inputs)):
            found[f"{row.name}.{item.name}"] = item.shape
    return found


def tensors_of(model: Any) -> dict[str, Any]:
    return {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}


@pytest.mark.parametrize("name", FULL)
def test_tensors_have_torchvisions_names_and_shapes(name: str) -> None:
    with torch.device("meta"):
        model = FULL[name]()
    shapes = shapes_of(netspec.load(shipped_specs()[name]))
    assert shapes == {key: tuple(value.shape) for key, value in tensors_of(model).items()}
    exported = with_counters({key: np.array(0) for key in shapes})
    assert exported.keys() == model.state_dict().keys()  # as load_state_dict(strict=True) asks


@pytest.mark.parametrize("name", SMALL)
def test_outputs_are_pytorchs_and_a_step_of_training_stays_finite(name: str) -> None:
    torch.manual_seed(0)
    model, spec, rng = REDUCED[name]().eval(), small(name), np.random.default_rng(0)
    for value in tensors_of(model).values():
        if value.ndim == 1:  # biases, and scales and statistics of normalization, away from 0 and 1
            value.add_(torch.rand(value.shape) * 0.5)
    program = netspec.compile(spec, batch_size=2)
    program.load_parameters({key: value.numpy() for key, value in tensors_of(model).items()})
    x = rng.normal(size=(2, *spec.inputs[0].shape)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.tensor(x))
    found = program.forward(x)
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        assert list(found) == list(expected)
    for y, wanted in zip(*[v.values() if isinstance(v, dict) else [v] for v in (found, expected)], strict=True):
        size = float(wanted.abs().max())
        assert size > 0
        np.testing.assert_allclose(y, wanted.numpy(), rtol=0, atol=2e-5 * size)
    labels = rng.integers(0, 2, (2, *program.shapes[program.start.loss_inputs[0]][1:]))
    before = program.parameters
    assert np.isfinite(program.train_step(x, labels))
    after = program.parameters
    assert all(np.isfinite(tensor).all() for tensor in after.values())
    assert sum(not np.array_equal(before[key], after[key]) for key in before) > len(before) / 2
