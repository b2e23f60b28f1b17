"""A file's tensors come under the names of a network, and what was done is told."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from netspec.transfer import Fitted, Wanted, fit
from netspec.weights import Tensors, Weights, WeightsError

SHAPES = {"conv.weight": (4, 3, 3, 3), "bn.running_mean": (4,), "fc.weight": (2, 4), "fc.bias": (2,)}
WANTED = Wanted(SHAPES, nx.DiGraph(), {})
FILE = Path("w.pth")


def tensors(prefix: str = "", value: float = 0.0) -> Tensors:
    return {prefix + name: np.full(shape, value) for name, shape in SHAPES.items()}


def fitted(weights: Weights, rename: dict[str, str] | None = None) -> Fitted:
    return fit(weights, WANTED, FILE, rename)


def test_tensors_that_fit_stay_as_they_are_and_nothing_is_told() -> None:
    found = fitted(Weights(tensors()))
    assert list(found.tensors) == list(SHAPES)
    assert found.notes == ()


def test_prefixes_and_counters_come_off() -> None:
    counter = {"module.bn.num_batches_tracked": np.array(3)}
    found = fitted(Weights(tensors("module.") | counter, notes=("not read: epoch",)))
    assert list(found.tensors) == list(SHAPES)
    assert found.notes == ('the prefix "module." came off', "not read: epoch")


def test_the_set_that_fits_is_taken_and_its_rivals_are_told() -> None:
    sets = {"model": {"other.weight": np.zeros(1)}, "ema": tensors(value=2.0), "swa": tensors("module.", 3.0)}
    found = fitted(Weights(sets.pop("model"), source="model", others=sets))
    assert found.tensors["fc.bias"].tolist() == [2, 2]
    assert found.notes == ("taken from ema; swa would have fitted, too",)
    found = fitted(Weights(tensors(), source="state_dict"))
    assert found.notes == ("taken from state_dict",)


def test_numbered_tensors_have_caffes_names() -> None:
    found = fitted(Weights({"fc.0": np.zeros((2, 4)), "fc.1": np.zeros(2)}))
    assert list(found.tensors) == ["fc.weight", "fc.bias"]


def test_patterns_apply_after_the_prefix_has_come_off() -> None:
    renamed = {name.replace("fc.", "classifier."): array for name, array in tensors("module.").items()}
    found = fitted(Weights(renamed), {"classifier": "fc"})
    assert list(found.tensors) == list(SHAPES)
    assert found.notes == ('the prefix "module." came off', "2 tensors renamed by [transfer] rename")


def test_patterns_may_name_the_prefix_themselves() -> None:
    found = fitted(Weights(tensors("model.body.")), {"model.body.*": "*"})
    assert list(found.tensors) == list(SHAPES)
    assert found.notes == ("4 tensors renamed by [transfer] rename",)


def test_a_pattern_that_matches_nothing_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(WeightsError, match=r'^w.pth: \[transfer\] rename: "fcc" matches none .*; did you mean fc'):
        fitted(Weights(tensors()), {"fcc": "head"})
    with pytest.raises(WeightsError, match=r"its names are conv.weight, bn.running_mean, fc.weight, fc.bias$"):
        fitted(Weights(tensors()), {"xyz": "q"})
    assert fit(Weights(tensors()), WANTED, FILE, {"xyz": "q"}, lenient=True).tensors.keys() == SHAPES.keys()


def test_two_tensors_of_one_name_are_an_error() -> None:
    with pytest.raises(WeightsError, match=r"rename makes fc\.bias of both fc\.bias and old\.bias"):
        fitted(Weights({**tensors(), "old.bias": np.zeros(2)}), {"old": "fc"})
