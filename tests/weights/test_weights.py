"""Files of weights keep every bit, say what is wrong, and are never half written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from netspec.weights import WeightsError, digest, read_metadata, read_weights, replace_file, write_weights

ENDINGS = [".safetensors", ".npz"]


def example() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "conv1.weight": rng.normal(size=(4, 3, 5, 5)).astype(np.float32),
        "bn.mean": np.array([np.nan, np.inf, -0.0, 5e-324]),
        "bn.count": np.array(7, np.int64),
        "empty": np.zeros((0, 3), np.float32),
        "flags": np.array([True, False]),
        "turned": np.arange(12.0).reshape(3, 4).T,
    }


def assert_same_bits(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> None:
    assert list(one) == list(two)
    for name in one:
        assert one[name].dtype == two[name].dtype, name
        assert one[name].shape == two[name].shape, name
        assert one[name].tobytes() == two[name].tobytes(), name


@pytest.mark.parametrize("ending", ENDINGS)
def test_tensors_and_metadata_come_back_to_the_bit_and_in_order(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"w{ending}"
    metadata = {"spec_hash": "abc", "classes": '["Ä", "b"]'}
    write_weights(path, example(), metadata)
    found = read_weights(path)
    assert_same_bits(found.tensors, example())
    assert found.metadata == metadata == read_metadata(path)
    assert digest(found.tensors) == digest(example())


@settings(max_examples=30, deadline=None)
@given(
    shapes=st.lists(st.lists(st.integers(0, 4), max_size=4).map(tuple), max_size=5),
    dtype=st.sampled_from(["float32", "float64", "int64", "uint8", "float16"]),
    ending=st.sampled_from(ENDINGS),
)
def test_any_shapes_come_back(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[tuple[int, ...]], dtype: str, ending: str
) -> None:
    path = tmp_path_factory.mktemp("weights") / f"w{ending}"
    rng = np.random.default_rng(1)
    tensors = {f"t{i}": np.asarray(rng.integers(0, 100, shape)).astype(dtype) for i, shape in enumerate(shapes)}
    write_weights(path, tensors)
    assert_same_bits(read_weights(path).tensors, tensors)


@pytest.mark.parametrize("ending", ENDINGS)
def test_equal_contents_give_equal_bytes(tmp_path: Path, ending: str) -> None:
    metadata = {f"key{i}": str(i) for i in range(20)}
    write_weights(tmp_path / f"a{ending}", example(), metadata)
    write_weights(tmp_path / f"b{ending}", example(), dict(reversed(metadata.items())))
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_the_library_reads_our_safetensors_and_we_read_the_librarys(tmp_path: Path) -> None:
    tensors = {name: np.ascontiguousarray(array) for name, array in example().items() if array.ndim}
    write_weights(tmp_path / "ours.safetensors", tensors, {"a": "b"})
    theirs = load_file(tmp_path / "ours.safetensors")
    assert {name: array.tobytes() for name, array in theirs.items()} == {n: a.tobytes() for n, a in tensors.items()}
    save_file(tensors, tmp_path / "theirs.safetensors", {"x": "y"})
    back = read_weights(tmp_path / "theirs.safetensors")
    assert {n: a.tobytes() for n, a in back.tensors.items()} == {n: a.tobytes() for n, a in tensors.items()}
    assert back.metadata == {"x": "y"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_big_endian_and_strided_arrays_are_stored_as_values(tmp_path: Path, ending: str) -> None:
    array = np.arange(24.0, dtype=">f4").reshape(4, 6)[::-1, ::2]
    write_weights(tmp_path / f"w{ending}", {"a": array})
    assert np.array_equal(read_weights(tmp_path / f"w{ending}").tensors["a"], array)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_truncation_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"w{ending}"
    write_weights(path, {"a": np.arange(6.0)}, {"k": "v"})
    whole = path.read_bytes()
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        with pytest.raises(WeightsError, match="not a whole"):
            read_weights(path)


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=np.array([{}], dtype=object))
    with pytest.raises(WeightsError, match="array 'a' cannot be read"):
        read_weights(tmp_path / "w.npz")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.xyz", "w.xyz: .xyz is no format of weights that netspec reads; use .safetensors, .npz, .pth, "),
        ("missing.npz", "missing.npz: no such file; give the path of a file of weights"),
        ("", "is no format"),
    ],
)
def test_wrong_paths_are_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(WeightsError) as caught:
        read_weights(tmp_path / name)
    assert text in str(caught.value)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(stream: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_complex_tensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="complex128 cannot be stored"):
        write_weights(tmp_path / "w.safetensors", {"a": np.zeros(2, complex)})
    assert not list(tmp_path.iterdir())


def test_the_digest_sees_names_types_shapes_and_single_bits() -> None:
    base = {"a": np.zeros(4, np.float32)}
    others = [
        {"b": np.zeros(4, np.float32)},
        {"a": np.zeros(4, np.int32)},
        {"a": np.zeros((2, 2), np.float32)},
        {"a": np.array([0, 0, 0, -0.0], np.float32)},
    ]
    assert len({digest(tensors) for tensors in [base, *others]}) == 5


@pytest.mark.peers
def test_bfloat16_in_safetensors_becomes_float32(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
    from safetensors.torch import save_file as save_torch

    tensors = {"a": torch.randn(3, 4).bfloat16(), "b": torch.ones(2), "c": torch.tensor(-2.5).bfloat16()}
    save_torch(tensors, tmp_path / "w.safetensors")
    found = read_weights(tmp_path / "w.safetensors").tensors
    for name, tensor in tensors.items():
        assert found[name].dtype == np.float32
        assert found[name].shape == tensor.shape
        assert found[name].tobytes() == tensor.float().numpy().tobytes()


@pytest.mark.parametrize("damage", ['{"a":[1]}', '{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,2]}}', "[1]", '{"a":{}}'])
def test_damaged_headers_are_refused(tmp_path: Path, damage: str) -> None:
    text = damage.encode()
    (tmp_path / "w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(2))
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_weights(tmp_path / "w.safetensors")


def test_what_is_no_npz_file_is_named_by_how_it_begins_and_nobody_is_advised_to_unpickle(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"hello, world")
    with pytest.raises(WeightsError, match="not an npz file: it begins with b'hell'") as caught:
        read_weights(path)
    assert "pickle" not in str(caught.value)
