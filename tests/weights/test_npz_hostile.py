"""npz and safetensors that are damaged, or small and yet huge, give nothing but WeightsError."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.weights import WeightsError, npz_format, read_metadata, read_weights, write_weights
from tests.weights.torch_files import put


def members(**data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in data.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no array", npy(np.ones(3))[:-1], npy(np.ones(3)).replace(b"(3,)", b"(3*9"),
        npy(np.ones(3)).replace(b"(3,)", b"(-3,"), npy(np.ones(3)).replace(b"(3,), }", b"(9**9,)"),
        npy(np.ones(3)).replace(b"<f8", b"|O8"), npy(np.array(["text"])),
    ],
)  # fmt: skip
def test_members_that_are_no_arrays_of_numbers_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WeightsError, match="array 'a'"):
        read_weights(put(tmp_path, members(a=content), "w.npz"))


@pytest.mark.parametrize("content", [b"", npy(np.frombuffer(b"[1]", np.uint8)), npy(np.ones(3))])
def test_metadata_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, members(__metadata__=content), "w.npz")
    for read in (read_weights, read_metadata):
        with pytest.raises(WeightsError, match="its metadata is not a JSON object"):
            read(path)


def test_small_files_that_unpack_to_very_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, members(a=npy(np.zeros(200_000))), "w.npz")
    assert read_weights(path).tensors["a"].size == 200_000
    monkeypatch.setattr(npz_format, "FREE", 1000)
    with pytest.raises(WeightsError, match=r"its \d+ bytes would unpack to 1600128; .* not compressed"):
        read_weights(path)


@settings(max_examples=60, deadline=None)
@given(
    ending=st.sampled_from([".npz", ".safetensors"]),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=0, max_size=4)), min_size=1, max_size=4),
    inside=st.booleans(),
)
def test_changed_files_give_tensors_or_weights_errors(
    tmp_path_factory: pytest.TempPathFactory, ending: str, changes: list[tuple[int, bytes]], inside: bool
) -> None:
    """inside: a member of the npz is changed before it is packed, so that the checksums do not tell."""
    path = tmp_path_factory.getbasetemp() / f"changed{ending}"
    if ending == ".npz" and inside:
        path.write_bytes(members(a=_changed(npy(np.ones((2, 3))), changes)))
    else:
        write_weights(path, {"a": np.arange(6.0), "b": np.ones(2, np.float32)}, {"k": "v"})
        path.write_bytes(_changed(path.read_bytes(), changes))
    try:
        found = read_weights(path)
    except WeightsError:
        return
    assert all(array.dtype.kind in "fiub" for array in found.tensors.values())


def _changed(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    for place, new in changes:
        at = place % len(data)
        data = data[:at] + new + data[at + max(1, len(new)) :] or b"\0"
    return data
