"""Names in files that are older than the names of their networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netspec.plan.pipeline import start_plan
from netspec.transfer import Wanted, fit
from netspec.weights import Weights, read_weights
from tests.kit.caffe_files import layer
from tests.kit.networks import spec_of


def test_torchvisions_densenet_files_put_a_dot_where_its_names_have_none() -> None:
    block = "features.denseblock1.denselayer1"
    spec = spec_of([
        {"name": f"{block}.norm1", "type": "batch_norm"},
        {"name": f"{block}.conv1", "type": "conv2d", "out_channels": 3, "kernel_size": 1, "bias": False},
    ])  # fmt: skip
    wanted = Wanted.of(start_plan(spec, dtype="float32", seed=0))
    there = {name.replace("norm1.", "norm.1.").replace("conv1.", "conv.1."): shape for name, shape in wanted.tensors.items()}
    assert not there.keys() & wanted.tensors.keys()
    tensors = {name: np.zeros(shape, np.float32) for name, shape in there.items()}
    assert list(fit(Weights(tensors), wanted, Path("densenet.pth")).tensors) == list(wanted.tensors)


def test_caffes_batch_norm_without_a_scale_gets_one_and_another_eps_is_told(tmp_path: Path) -> None:
    one = np.ones(2, np.float32)
    path = tmp_path / "w.caffemodel"
    path.write_bytes(layer("bn", "BatchNorm", one, one, one[:1]))
    spec = spec_of([{"name": "bn", "type": "batch_norm", "eps": 1e-3}])
    fitted = fit(read_weights(path), Wanted.of(start_plan(spec, dtype="float32", seed=0)), path)
    assert fitted.notes == (
        "not in the file, because fixed there at 1 (weight) or 0 (bias), and set so here: bn.weight, bn.bias",
    )
    np.testing.assert_array_equal(fitted.tensors["bn.weight"], one)
    np.testing.assert_array_equal(fitted.tensors["bn.bias"], 0 * one)
    assert fitted.warnings == (
        "bn: trained with eps 1e-05, here it is 0.001, which gives other outputs; write eps = 1e-05",
    )
