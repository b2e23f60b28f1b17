"""Loading pretrained weights: strict, never nothing, and every tensor accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.load_report import LoadError, LoadReport
from netspec.training.pretrained import load_everything, load_pretrained
from netspec.weights import Tensors, write_weights

NETWORK = """
name = "net"
input.shape = [2, 4, 4]
layers = [
  { name = "conv", type = "conv2d", out_channels = 3, kernel_size = 3 },
  { name = "bn", type = "batch_norm" },
  { name = "relu", type = "relu" },
  { name = "fc", type = "linear", out_features = 2 },
]
"""
HEAD = np.array([3.0, -4.0], np.float32)


def tensors() -> Tensors:
    program = netspec.compile(netspec.loads(NETWORK), seed=7)
    return {**program.parameters, **program.states, "bn.num_batches_tracked": np.array(3)}


def load(folder: Path, found: Tensors, transfer: str = "", *, everything: bool = False) -> tuple[LoadReport, Tensors]:
    write_weights(folder / "w.pth", found)
    spec = netspec.loads(NETWORK + (f"[transfer]\n{transfer}\n" if transfer else ""))
    program = netspec.compile(spec)
    report = (load_everything if everything else load_pretrained)(program, spec, folder / "w.pth")
    return report, {**program.parameters, **program.states}


def counts(report: LoadReport) -> dict[str, tuple[int, int, int]]:
    return {part.name: (len(part.tensors), part.parameters, part.layers) for part in report.parts() if part.tensors}


def test_everything_that_fits_is_loaded_and_counted(tmp_path: Path) -> None:
    """conv 54 + 3, bn 3 + 3, fc 24 + 2 parameters; the two running statistics are tensors, but no parameters."""
    found = {f"module.{name}": array for name, array in tensors().items()}
    report, loaded = load(tmp_path, found)
    assert counts(report) == {"loaded": (8, 89, 3)}
    assert all(np.array_equal(loaded[name], found[f"module.{name}"]) for name in loaded)
    assert report.sentence() == f'weights from {tmp_path}/w.pth: 8 loaded (89 parameters); the prefix "module." came off'


def test_replaced_layers_keep_their_own_values_and_may_have_any_shape_in_the_file(tmp_path: Path) -> None:
    found = {**tensors(), "fc.weight": np.zeros((9, 12), np.float32)}
    report, loaded = load(tmp_path, found, 'replace = ["fc"]')
    assert counts(report) == {"loaded": (6, 63, 2), "newly initialized": (2, 26, 1)}
    fresh = netspec.compile(netspec.loads(NETWORK)).parameters
    assert np.array_equal(loaded["fc.weight"], fresh["fc.weight"])
    assert np.array_equal(loaded["conv.weight"], found["conv.weight"])


def test_what_does_not_fit_is_refused_and_nothing_is_loaded(tmp_path: Path) -> None:
    found = {**tensors(), "fc.weight": np.zeros((9, 8), np.float32), "extra.weight": np.zeros(5)}
    del found["bn.bias"]
    write_weights(tmp_path / "w.npz", found)
    spec = netspec.loads(NETWORK)
    program = netspec.compile(spec)
    before = program.parameters
    with pytest.raises(LoadError) as caught:
        load_pretrained(program, spec, tmp_path / "w.npz")
    report = caught.value.report
    assert counts(report) == {
        "loaded": (6, 62, 3), "missing": (1, 3, 1), "unexpected": (1, 5, 1), "of another shape": (1, 24, 1)
    }  # fmt: skip
    assert report.mismatched == {"fc.weight": ((2, 12), (9, 8))}
    assert report.to_json()["of_another_shape"]["shapes"] == {"fc.weight": [[2, 12], [9, 8]]}
    assert report.to_json()["missing"] == {"tensors": 1, "parameters": 3, "layers": 1, "shapes": {"bn.bias": [3]}}
    assert all(np.array_equal(program.parameters[name], array) for name, array in before.items())


def test_without_strict_what_fits_is_loaded(tmp_path: Path) -> None:
    report, loaded = load(tmp_path, {"fc.bias": HEAD}, "strict = false")
    assert counts(report) == {"loaded": (1, 2, 1), "missing": (7, 87, 3)}
    assert np.array_equal(loaded["fc.bias"], HEAD)


@pytest.mark.parametrize("transfer", ["strict = false", 'strict = false\nreplace = ["conv", "bn"]', ""])
def test_a_load_that_loads_nothing_is_an_error(tmp_path: Path, transfer: str) -> None:
    """Also when layers that are replaced are filled anew."""
    with pytest.raises(LoadError, match=r"^0 loaded .*is it of another network"):
        load(tmp_path, {"x.weight": np.zeros(77, np.float32)}, transfer)


def test_names_are_given_by_rename(tmp_path: Path) -> None:
    found = {name.replace("fc.", "classifier.1."): array for name, array in tensors().items()}
    with pytest.raises(LoadError, match=r'rename = \{ "classifier.1" = "fc" \}'):
        load(tmp_path, found)
    report, loaded = load(tmp_path, found, 'rename = { "classifier.1" = "fc" }')
    assert report.is_complete
    assert np.array_equal(loaded["fc.bias"], found["classifier.1.bias"])


def test_a_trained_network_comes_back_whole_whatever_transfer_says(tmp_path: Path) -> None:
    """Its file has the names of this network already, and its head has been trained."""
    found = {**tensors(), "fc.bias": HEAD}
    report, loaded = load(tmp_path, found, 'replace = ["fc"]\nrename = { "old" = "fc" }', everything=True)
    assert counts(report) == {"loaded": (8, 89, 3)}
    assert np.array_equal(loaded["fc.bias"], HEAD)
