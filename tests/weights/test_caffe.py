"""Caffe's files: every generation is read, what Caffe wrote is what we read, and no bytes do more than raise WeightsError."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.weights import Weights, WeightsError, read_weights
from tests.kit.caffe_files import blob, field, layer, v0_layer, v1_layer, varint

DATA = Path(__file__).parent.parent.parent / ".." / "shared" / "data" / "weights" / "lenet_mnist"
needs_lenet = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not on this machine")
RNG = np.random.default_rng(0)
KERNEL = RNG.normal(size=(4, 3, 2, 2)).astype(np.float32)
MATRIX = RNG.normal(size=(5, 6)).astype(np.float32)
BIAS = RNG.normal(size=5).astype(np.float32)


def read(tmp_path: Path, data: bytes) -> Weights:
    path = tmp_path / "w.caffemodel"
    path.write_bytes(data)
    return read_weights(path)


@needs_lenet
def test_what_caffe_wrote_is_what_the_npz_beside_it_holds() -> None:
    tensors = read_weights(DATA / "lenet_iter_10000.caffemodel").tensors
    words = {"weight": "0", "bias": "1"}
    with np.load(DATA / "lenet.npz") as file:
        assert len(tensors) == len(file.files) == 8
        for name, array in tensors.items():
            there, _, word = name.rpartition(".")
            np.testing.assert_array_equal(array, file[f"{there}.{words[word]}"])


@pytest.mark.parametrize("form", ["shape", "legacy", "double", "unpacked"])
def test_all_forms_of_blobs_hold_the_same(tmp_path: Path, form: str) -> None:
    convolution = layer("conv", "Convolution", KERNEL, KERNEL[:, 0, 0, 0], form=form)
    found = read(tmp_path, convolution + layer("ip", "InnerProduct", MATRIX, BIAS, form=form)).tensors
    assert {name: array.shape for name, array in found.items()} == {
        "conv.weight": (4, 3, 2, 2), "conv.bias": (4,), "ip.weight": (5, 6), "ip.bias": (5,),
    }  # fmt: skip
    np.testing.assert_array_equal(found["conv.weight"], KERNEL)
    np.testing.assert_array_equal(found["ip.weight"], MATRIX)


def test_older_generations_hold_the_same(tmp_path: Path) -> None:
    data = v1_layer("conv", 4, KERNEL) + v1_layer("relu", 18) + v0_layer("ip", "innerproduct", MATRIX, BIAS)
    found = read(tmp_path, data).tensors
    assert list(found) == ["conv.weight", "ip.weight", "ip.bias"]
    np.testing.assert_array_equal(found["ip.weight"], MATRIX)
    np.testing.assert_array_equal(found["ip.bias"], BIAS)


def test_batch_norm_and_the_scale_that_reads_it_are_one_layer_divided_by_the_count(tmp_path: Path) -> None:
    mean, variance, gamma, beta = RNG.normal(size=(4, 3)).astype(np.float32)
    eps = field(139, varint(3 << 3 | 5) + np.float32(0.5).tobytes())
    data = (
        layer("bn", "BatchNorm", mean, variance, np.array([4.0]), more=eps)
        + layer("other", "ReLU", bottom="y", top="y")
        + layer("scale", "Scale", gamma, beta)
    )
    found = read(tmp_path, data)
    expected = {"running_mean": mean / 4, "running_var": variance / 4, "weight": gamma, "bias": beta}
    assert found.tensors.keys() == {f"bn.{key}" for key in expected}
    for key, array in expected.items():
        np.testing.assert_array_equal(found.tensors[f"bn.{key}"], array)
    assert found.notes == ("bn and scale are one batch_norm here: bn",)
    assert found.layers["bn"].eps == 0.5


def test_a_scale_behind_something_else_keeps_its_own_name(tmp_path: Path) -> None:
    mean, variance, gamma = np.ones((3, 3), np.float32)
    data = (
        layer("bn", "BatchNorm", mean, variance, np.array([2.0]))
        + layer("relu", "ReLU")
        + layer("scale", "Scale", gamma)
        + layer("lstm", "LSTM", mean)
    )
    assert list(read(tmp_path, data).tensors) == ["bn.running_mean", "bn.running_var", "scale.weight", "lstm.0"]


def test_slashes_in_names_become_dots_and_names_must_differ(tmp_path: Path) -> None:
    assert list(read(tmp_path, layer("inception/1x1", "Convolution", KERNEL)).tensors) == ["inception.1x1.weight"]
    with pytest.raises(WeightsError, match=r"2 layers with weights are called 'a\.b'; rename them in Caffe"):
        read(tmp_path, layer("a/b", "Convolution", KERNEL) + layer("a.b", "Convolution", KERNEL))


def faulty(shape: bytes, numbers: bytes) -> bytes:
    return field(100, field(1, "c") + field(2, "Convolution") + field(7, field(7, field(1, shape)) + field(5, numbers)))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", r"no layer with weights is in it; give the \.caffemodel"),
        (layer("relu", "ReLU"), "no layer with weights is in it"),
        (layer("conv", "Convolution", KERNEL)[:-9], r"field 100 claims \d+ bytes where \d+ are left"),
        (faulty(varint(1 << 40) + varint(1 << 40), b""), "has 0 numbers"),
        (faulty(varint(-1) + varint(-1), bytes(4)), r"a blob of shape \[-1, -1\] has 1 numbers"),
        (faulty(varint(1) * 40, bytes(4)), "has 1 numbers"),
        (faulty(varint(2), bytes(7)), "floating-point numbers of 4 bytes are expected"),
        (b"\xff" * 12, "a number has more than 64 bits"),
        (b"\x03", "a field has the number 0"),
        (b"\x0b\x0c", "field 1 has the wire type 3"),
        (field(100, 7), "a number stands where a message belongs"),
    ],
)
def test_a_file_that_is_no_whole_caffemodel_is_told_with_what_is_wrong(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(WeightsError, match=what):
        read(tmp_path, data)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_bytes_do_more_than_raise_weights_error(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    whole = layer("bn", "BatchNorm", BIAS, BIAS, BIAS[:1]) + layer("s", "Scale", BIAS) + v1_layer("ip", 14, MATRIX)
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    chosen = data.draw(st.sampled_from([cut, bytes(broken), cut[9:], cut + blob(BIAS)]))
    try:
        found = read(tmp_path_factory.mktemp("caffe"), chosen)
    except WeightsError:
        return
    assert sum(array.size for array in found.tensors.values()) <= len(whole)
