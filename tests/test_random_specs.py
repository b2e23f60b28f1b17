"""Inferred shape = executed shape on random networks; all 10,000 of them: python -m benchmarks.random_specs."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from benchmarks.random_specs import check_all, describe
from netspec.layers.base import Shape
from netspec.layers.conv2d import Conv2d
from netspec.registry import plugins
from netspec.rendering import spec_hash
from tests.kit.random_specs import cases_by_type, random_spec
from tests.kit.shape_guarantee import Outcome, check_network

NETWORKS = 160
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_the_inferred_shape_is_the_executed_shape(part: int) -> None:
    for number in range(part, NETWORKS, PARTS):
        check_network(number)


def test_random_networks_are_valid_and_hold_every_layer_of_the_registry() -> None:
    kinds = [kind for kind in plugins("netspec.layers") if cases_by_type()[kind]]
    drawn: set[str] = set()
    for number in range(len(kinds)):
        spec = random_spec(number)
        assert [item.render() for item in netspec.analyze(spec).problems if item.severity == "error"] == []
        drawn |= {type(layer).type_name() for layer in spec.layers}
    assert drawn == set(kinds)


def test_random_networks_have_branches_and_sizes_of_all_kinds() -> None:
    specs = [random_spec(number) for number in range(100)]
    layers = [layer for spec in specs for layer in spec.layers]
    assert any(len(layer.inputs or ()) > 1 for layer in layers)
    assert any(len(spec.inputs) > 1 for spec in specs)
    windows = [layer for layer in layers if isinstance(layer, Conv2d)]
    assert {getattr(layer, key) != type(layer).model_fields[key].default for layer in windows
            for key in ("stride", "dilation", "groups", "padding")} == {True, False}  # fmt: skip


def test_a_number_always_gives_the_same_network() -> None:
    assert spec_hash(random_spec(17)) == spec_hash(random_spec(17)) != spec_hash(random_spec(18))


class TestNoticesFaults:
    """The check notices each of the faults that it is there for."""

    @staticmethod
    def number_with(kind: str) -> int:
        return next(n for n in range(300) if any(type(layer).type_name() == kind for layer in random_spec(n).layers))

    def test_a_shape_rule_that_is_off_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        number, right = self.number_with("max_pool2d"), plugins("netspec.layers")["max_pool2d"].infer_shape

        def wrong(layer: object, inputs: list[Shape]) -> Shape:
            channels, height, width = right(layer, inputs)
            return channels, height + 1, width

        monkeypatch.setattr(plugins("netspec.layers")["max_pool2d"], "infer_shape", wrong)
        with pytest.raises(AssertionError, match=r"random network \d+"):
            check_network(number)

    def test_elements_that_are_not_computed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from netspec.layers.global_max_pool import GlobalMaxPool

        number = self.number_with("global_max_pool")
        monkeypatch.setattr(GlobalMaxPool, "forward", lambda layer, io: None)
        with pytest.raises(AssertionError, match=r"random network \d+"):
            check_network(number)


def test_the_summary_of_the_long_run_counts_layers_and_names_types_that_never_came(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(number: int) -> Outcome:
        assert number != 3, "network three"
        return Outcome(("conv2d", "relu"), 1, number % 2 == 0)

    monkeypatch.setattr("benchmarks.random_specs.check_network", fake)
    assert check_all(range(2, 6)) == 1
    told = capsys.readouterr().out
    assert "network three" in told
    assert "4 networks: 1 failures\n6 layers of 2 types, each at least 3 times\n3 of them also" in told
    assert f"never drawn: {min(plugins('netspec.layers'))}," in told
    assert "0 networks" in describe([], 0)


def test_memory_full_of_ones_is_nan_in_both_types() -> None:
    ones = np.full(8, 0xFF, dtype=np.uint8)
    assert np.isnan(ones.view(np.float64)).all()
    assert np.isnan(ones.view(np.float32)).all()
