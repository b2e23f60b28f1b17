"""Inputs in which not any numbers will do: indices and boxes, in proofs and timings."""

from __future__ import annotations

import numpy as np

from netspec.gradcheck import check_gradients
from netspec.program import compile
from netspec.spec.model import Spec
from tests.kit.networks import spec_of

WORDS = spec_of(
    [{"type": "embedding", "num_embeddings": 7, "embedding_dim": 3}, {"type": "linear", "out_features": 2}], [5],
    loss={"type": "cross_entropy"},
)  # fmt: skip
REGIONS = Spec.model_validate({
    "inputs": [{"name": "picture", "shape": [1, 6, 6]}, {"name": "rois", "shape": [2, 4]}],
    "layers": [
        {"name": "conv", "type": "conv2d", "inputs": ["picture"], "out_channels": 2, "kernel_size": 3},
        {"name": "pool", "type": "roi_align", "inputs": ["conv", "rois"], "output_size": 2},
    ],
})  # fmt: skip


def test_indices_are_symbols_and_boxes_lie_in_the_picture() -> None:
    indices = compile(WORDS, batch_size=4).form.random_inputs(4, np.random.default_rng(0))["input"]
    assert set(indices.ravel()) <= set(range(7))
    found = compile(REGIONS, batch_size=4).form.random_inputs(4, np.random.default_rng(0))
    x1, y1, x2, y2 = np.moveaxis(found["rois"], -1, 0)
    assert (x1 >= 0).all() and (x1 <= x2).all() and (x2 <= 6).all() and (y1 >= 0).all() and (y1 <= y2).all()  # noqa: PT018


def test_the_gradient_check_of_such_networks_passes_and_leaves_those_inputs_alone() -> None:
    for spec, alone in ((WORDS, "input"), (REGIONS, "rois")):
        rows = list(check_gradients(spec, batch_size=2, samples=4))
        assert rows
        assert alone not in {row.tensor for row in rows}
        assert max(row.error for row in rows) < 1e-6
