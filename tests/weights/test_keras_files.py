"""Keras' files without Keras: all forms of names are read, and hostile files reach nothing outside of themselves."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.weights import WeightsError, read_weights
from netspec.weights.hdf5_trial import try_reading

h5py = pytest.importorskip("h5py", reason="h5py is in the extra `keras`")
pytestmark = pytest.mark.usefixtures("untried")
KERNEL = np.arange(12, dtype=np.float32).reshape(1, 2, 3, 2)
VECTOR = np.arange(2, dtype=np.float32)


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of ours need no trial in another process, which takes most of a second."""
    monkeypatch.setattr("netspec.weights.hdf5.try_reading", lambda *_: None)


def write(path: Path, fill: Callable[[Any], None]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def archive(path: Path, config: Mapping[str, Any] | bytes, fill: Callable[[Any], None]) -> Path:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        target.writestr("model.weights.h5", stream.getvalue())
    return path


def conv(file: Any, group: str = "layers/conv2d") -> None:
    file[f"{group}/vars/0"] = KERNEL
    file[f"{group}/vars/1"] = VECTOR


def layer(kind: str, name: str, **options: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **options}}


def test_files_of_early_keras_3_name_layers_by_their_configuration_in_its_order(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        for group in ("layers/conv2d", "layers/conv2d_1", "layers/sequential/layers/conv2d"):
            conv(file, group)

    inner = {"class_name": "Sequential", "config": {"name": "body", "layers": [layer("Conv2D", "deep")]}}
    order = [layer("Conv2D", "z", data_format="channels_first"), layer("ReLU", "r"), inner, layer("Conv2D", "a")]
    config = {"class_name": "Functional", "config": {"name": "m", "layers": order}}
    found = read_weights(archive(tmp_path / "w.keras", config, fill))
    assert list(found.tensors) == [f"{name}.{word}" for name in ("z", "body.deep", "a") for word in ("weight", "bias")]
    assert found.is_channels_first
    assert found.is_ordered
    assert found.layers["z"].kind == "Conv2D"


def test_files_of_keras_2_list_their_variables(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file.attrs["layer_names0"] = np.array([b"conv", b"body"])  # what does not fit one attribute is cut
        file.attrs["layer_names1"] = np.array([b"relu"])
        variables = {"conv": ["conv/kernel:0", "conv/bias:0"], "body": ["deep/gamma:0", "deep/moving_mean:0"], "relu": []}
        for name, names in variables.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([one.encode() for one in names]) if names else np.array([])
            for one in names:
                group[one] = KERNEL if "kernel" in one else VECTOR

    found = read_weights(write(tmp_path / "w.h5", fill))
    assert list(found.tensors) == ["conv.weight", "conv.bias", "body.deep.weight", "body.deep.running_mean"]
    assert found.layers["body.deep"].eps == 1e-3
    assert found.layers["body.deep"].is_default


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "w.weights.h5", conv)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(WeightsError, match=r'that is not installed; install it: pip install "netspec\[keras\]"'):
        read_weights(path)


def external(file: Any) -> None:
    file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file: Any) -> None:
    conv(file)
    file["layers/again"] = h5py.SoftLink("/layers/conv2d")


def twice(file: Any) -> None:
    conv(file)
    file["layers/conv2d/vars/2"] = file["layers/conv2d/vars/0"]


def circle(file: Any) -> None:
    file["layers/inner/layers"] = file["/"]


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("layers/conv2d/vars/0", layout)


def outside(file: Any) -> None:
    file.create_dataset("layers/conv2d/vars/0", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def huge(file: Any) -> None:
    file.create_dataset("layers/conv2d/vars/0", (1 << 40,), "f4", chunks=(1 << 10,), compression="gzip")


def objects(file: Any) -> None:
    file.create_dataset("layers/conv2d/vars/0", data=np.array(["a", "b"], object), dtype=h5py.string_dtype())


def deep(file: Any) -> None:
    file.create_group("/".join("a" * 60))


@pytest.mark.parametrize(
    ("fill", "what"),
    [
        (external, "layers is a link to somewhere else"),
        (soft, "layers/again is a link to somewhere else"),
        (twice, "layers/conv2d/vars/2 is a second name of another object"),
        (circle, "layers/inner/layers is a second name of another object"),
        (virtual, "layers/conv2d/vars/0 has its numbers in other files"),
        (outside, "layers/conv2d/vars/0 has its numbers in other files"),
        (huge, r"layers/conv2d/vars/0 declares 4398046511104 bytes of shape \(1099511627776,\), but 0 are stored"),
        (objects, "layers/conv2d/vars/0 has type object, not numbers"),
        (deep, "more than 32 groups deep"),
        (lambda file: None, "no layer with weights is in it"),
    ],
)
def test_what_keras_never_writes_is_refused(tmp_path: Path, fill: Callable[[Any], None], what: str) -> None:
    with pytest.raises(WeightsError, match=what):
        read_weights(write(tmp_path / "w.weights.h5", fill))
    with pytest.raises(WeightsError, match=what):
        read_weights(archive(tmp_path / "w.keras", {"config": {"layers": []}}, fill))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
def test_a_file_cut_off_is_an_error(tmp_path: Path, ending: str, share: float) -> None:
    path = tmp_path / f"w{ending}"
    if ending == ".keras":
        archive(path, {"config": {"layers": [layer("Conv2D", "c")]}}, conv)
    else:
        write(path, conv)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match="not a whole"):
        read_weights(path)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        (b"[1]", "its description of the model is not Keras'"),
        (b"{", "its description of the model is not Keras'"),
        (b'{"config": ' + b"[" * 100_000, "its description of the model is not Keras'"),
        (b'{"config": {"layers": [{"class_name": "Conv2D"}]}}', "its description of the model is not Keras'"),
    ],
)
def test_a_description_that_is_none_is_an_error(tmp_path: Path, config: bytes, what: str) -> None:
    with pytest.raises(WeightsError, match=what):
        read_weights(archive(tmp_path / "w.keras", config, conv))


def test_an_archive_that_unpacks_to_far_more_than_it_is_or_lacks_its_weights_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.keras", "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("config.json", b" " * (65 << 20))
        target.writestr("model.weights.h5", b"")
    with pytest.raises(WeightsError, match=r"config\.json unpacks to 68157440 bytes"):
        read_weights(tmp_path / "w.keras")
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as target:
        target.writestr("config.json", b"{}")
    with pytest.raises(WeightsError, match=r"model\.weights\.h5 is in it 0 times, not once"):
        read_weights(tmp_path / "x.keras")


def test_a_heap_in_which_the_library_would_turn_in_a_circle_is_refused(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        conv(file)
        file["layers/conv2d/vars"].attrs["name"] = "first"  # a text, in the heap

    path = write(tmp_path / "w.weights.h5", fill)
    assert list(read_weights(path).tensors) == ["first.weight", "first.bias"]
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    free = data.index(b"first", heap) + 8  # behind the text: number 0 and the size of what is left
    assert data[free : free + 8] == bytes(8)
    data[free + 8 : free + 16] = (16).to_bytes(8, "little")
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=f"not a whole HDF5 file .the heap at byte {heap} is broken"):
        read_weights(path)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os; os._exit(7)", "the HDF5 library fails on it, exit code 7"),
        ("import time; time.sleep(60)", "the HDF5 library does not come to an end with it"),
    ],
)
def test_a_library_that_falls_over_a_file_takes_only_its_own_process_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, what: str
) -> None:
    path = write(tmp_path / "w.weights.h5", conv)
    monkeypatch.setattr("netspec.weights.hdf5.try_reading", try_reading)
    assert read_weights(path).tensors.keys() == {"conv2d.weight", "conv2d.bias"}
    monkeypatch.setattr("netspec.weights.hdf5_trial._CODE", code)
    monkeypatch.setattr("netspec.weights.hdf5_trial._PATIENCE", 0.2)
    with pytest.raises(WeightsError, match=what):
        read_weights(path)
