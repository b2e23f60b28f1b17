"""Files that want code to run, memory to run out or time to stand still are refused: nothing but WeightsError comes out."""

from __future__ import annotations

import ast
import io
import os
import pickle
import struct
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.weights import WeightsError, pickle_machine, read_weights, write_weights
from tests.weights.torch_files import Made, Named, Stored, dumped, legacy_form, put, tensor, zip_form

ROOT = Path(__file__).parent.parent.parent
FORMS = [zip_form, legacy_form]
Form = Callable[[bytes, dict[str, bytes]], bytes]


class Calls:
    """Pickled as a call of a real function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def attacks(canary: Path) -> dict[str, bytes]:
    """Pickles that make the canary file when they are executed."""
    touch, python = f"touch {canary}", f"open({str(canary)!r}, 'w').close()"
    chained = Made("builtins.getattr", Made("builtins.__import__", "os"), "system")
    raw = {
        "getattr chain": b"\x80\x02" + _call(chained, touch) + b".",
        "extension code": b"\x80\x02\x82\x01.",
        "textual persistent id": b"Pos.system\n.",
        "instance": b"(S'" + touch.encode() + b"'\nios\nsystem\n.",
        "object": b"(cos\nsystem\nS'" + touch.encode() + b"'\no.",
        "new object": b"\x80\x02cos\nsystem\nX" + _sized(touch) + b"\x85\x81.",
        "out of band buffer": b"\x80\x05\x97.",
        "dotted name": b"\x80\x04\x8c\x02os\x8c\x0bpath.sys.os\x93.",
        "globals of an allowed function": b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n.",
        "state with a setter": b"\x80\x02ccollections\nOrderedDict\n)R}X" + _sized("__class__") + b"cos\nsystem\nsb.",
    }
    made = {
        "torch.hub": dumped(Made("torch.hub.load", "evil/repository", "model")),
        "bytes of a storage": dumped(Made("torch.storage._load_from_bytes", pickle.dumps(Calls(os.system, touch)))),
        "a module": dumped(Made("torchvision.models.resnet.ResNet")),
        "an allowed name in another module": dumped(Made("os._rebuild_tensor_v2", touch)),
        "a tensor made by another function": dumped(
            Made("torch._tensor._rebuild_from_type_v2", Named("os.system"), Named("torch.Tensor"), (touch,), {})
        ),
    }
    real = {
        "os.system": Calls(os.system, touch),
        "eval": Calls(eval, python),
        "exec": Calls(exec, python),
        "subprocess": Calls(subprocess.check_call, ["touch", str(canary)]),
        "in a dict beside tensors": {"conv.weight": Calls(os.system, touch)},
        "pickle in a pickle": Calls(pickle.loads, pickle.dumps(Calls(os.system, touch))),
    }
    return raw | made | {f"{name}, {p}": pickle.dumps(one, protocol=p) for name, one in real.items() for p in (0, 2, 5)}


def _call(function: Made, argument: str) -> bytes:
    return dumped(function)[2:-1] + b"X" + _sized(argument) + b"\x85R"


def _sized(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode()


@pytest.mark.parametrize("form", FORMS)
def test_no_pickle_runs_code(tmp_path: Path, form: Form) -> None:
    canary = tmp_path / "canary"
    for name, data in attacks(canary).items():
        with pytest.raises(WeightsError) as caught:
            read_weights(put(tmp_path, form(data, {})))
        assert "not a file of weights that can be read" in caught.value.message, name
        assert not canary.exists(), name
    pickle.loads(attacks(canary)["eval, 2"])  # it is no paper tiger
    assert canary.exists()


def test_what_was_refused_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, zip_form(attacks(tmp_path / "canary")["os.system, 2"], {}))
    with pytest.raises(WeightsError) as caught:
        read_weights(path)
    assert str(caught.value) == (
        f"{path}: not a file of weights that can be read: its pickle asks for posix.system, which is not among the names that "
        "weights need; fetch it again, or save it again as torch.save(model.state_dict(), file)"
    )


def test_no_module_of_netspec_unpickles() -> None:
    """The words with which Python, NumPy and PyTorch execute pickles stand nowhere in the sources."""
    loaders = {"Unpickler", "loads", "load"}
    for file in sorted((ROOT / "netspec").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert not (node.value.id in ("pickle", "torch", "joblib", "dill") and node.attr in loaders), file
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), file
                assert node.value.value is False, file
            if isinstance(node, ast.ImportFrom) and node.module in ("pickle", "joblib", "dill"):
                assert not loaders & {alias.name for alias in node.names}, file


def bombs() -> dict[str, bytes]:
    """Small pickles that would be large, or endless."""
    start = b"\x80\x02"
    laughs = b"".join(b"(" + b"h%c" % max(0, i - 1) * 10 + b"lq%c" % i for i in range(1, 60))
    tuples = b"".join(b"h%ch%c\x86q%c" % (i - 1, i - 1, i) for i in range(1, 200))
    dicts = b"".join(b"}(X\x01\0\0\0ah%cX\x01\0\0\0bh%cuq%c" % (i - 1, i - 1, i) for i in range(1, 200))
    copies = b"]q\0(" + b"K\x01K\x01\x86" * 5_000 + b"e0" + b"ccollections\nOrderedDict\nh\0\x85R" * 5_000
    return {
        "list of itself": start + b"]q\0h\0a.",
        "dict of itself": start + b"}q\0X\x01\0\0\0ah\0s.",
        "billion laughs": start + b"]q\0" + laughs + b".",
        "tuples as keys": start + b"K\x01q\0" + tuples + b"}h%cK\x01s." % 199,
        "dicts of dicts": start + b"}q\0" + dicts + b".",
        "copies of a long list": start + copies + b".",
        "sizes that are long lists": start + b"](" + b"K\x01" * 5_000 + b"eq\0" + b"ctorch\nSize\nh\0\x85R" * 5_000 + b".",
        "deep nesting": start + b"(" * 50_000 + b"t" * 50_000 + b".",
        "huge text": start + b"X\xff\xff\xff\xffabc.",
        "huge bytes": b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        "huge number": start + b"\x8b\xff\xff\xff\x7fabc.",
        "long decimal number": b"L" + b"9" * 100_000 + b"L\n.",
        "huge memo place": start + b"]r\xff\xff\xff\xff.",
        "too many steps": start + b"N0" * 60_000 + b"}.",
    }


@pytest.mark.parametrize("name", list(bombs()))
def test_bombs_need_neither_time_nor_memory(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's steps bound the time; here they are fewer than usual, so that running out of them is soon done."""
    monkeypatch.setattr(pickle_machine, "MOST_STEPS", 100_000)
    data = bombs()[name]
    path = put(tmp_path, zip_form(data, {}))
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError):
            read_weights(path)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["copies of a long list", "sizes that are long lists", "too many steps"])
def test_what_takes_too_many_steps_is_told(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_machine, "MOST_STEPS", 100_000)
    with pytest.raises(WeightsError, match="its pickle has more than 100,000 steps"):
        read_weights(put(tmp_path, zip_form(bombs()[name], {})))


WRONG_TENSORS = {
    "short storage": (Stored("Float", "0", 100), 0, (100,), (1,)),
    "beyond": (Stored("Float", "0", 4), 1, (4,), (1,)),
    "stride beyond": (Stored("Float", "0", 4), 0, (2, 2), (3, 1)),
    "negative stride": (Stored("Float", "0", 4), 3, (4,), (-1,)),
    "negative offset": (Stored("Float", "0", 4), -1, (2,), (1,)),
    "negative size": (Stored("Float", "0", 4), 0, (-1,), (1,)),
    "negative count": (Stored("Float", "0", -4), 0, (1,), (1,)),
    "overflow": (Stored("Float", "0", 4), 0, (2**62,), (1,)),
    "product overflows": (Stored("Float", "0", 4), 0, (2**32, 2**32), (1, 1)),
    "wraps to nothing": (Stored("Float", "0", 4), 0, (2**61, 8), (2**61, 1)),
    "far beyond": (Stored("Float", "0", 10**30), 10**25, (1,), (1,)),
    "huge by repetition": (Stored("Float", "0", 4), 0, (2**40,), (0,)),
    "many axes": (Stored("Float", "0", 4), 0, (1,) * 60, (1,) * 60),
    "fewer strides": (Stored("Float", "0", 4), 0, (2, 2), (1,)),
    "float size": (Stored("Float", "0", 4), 0, (2.0,), (1,)),
    "bool size": (Stored("Float", "0", 4), 0, (True,), (1,)),
    "text size": (Stored("Float", "0", 4), 0, "ab", (1,)),
    "unknown key": (Stored("Float", "1", 4), 0, (4,), (1,)),
    "key out of the folder": (Stored("Float", "../../../etc/passwd", 4), 0, (4,), (1,)),
    "number as key": (Stored("Float", 0, 4), 0, (4,), (1,)),
    "view beyond": (Stored("Float", "0", 4, ("0", 3, 4)), 0, (4,), (1,)),
    "no storage": ("0", 0, (4,), (1,)),
    "wider numbers": (Stored("Double", "0", 4), 0, (4,), (1,)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", list(WRONG_TENSORS))
def test_tensors_stay_within_their_storages(tmp_path: Path, name: str, form: Form) -> None:
    made: Any = WRONG_TENSORS[name]
    data = dumped({"a": tensor(*made)})
    with pytest.raises(WeightsError, match="not a file of weights that can be read"):
        read_weights(put(tmp_path, form(data, {"0": np.arange(4, dtype=np.float32).tobytes()})))


@pytest.mark.parametrize("form", FORMS)
def test_the_bounds_are_exact(tmp_path: Path, form: Form) -> None:
    """Everything that lies within the storage is read: views, axes in any order, and repeated elements."""
    storage = Stored("Float", "0", 6)
    tensors = {
        "all": tensor(storage, 0, (6,), (1,)),
        "turned": tensor(storage, 0, (3, 2), (1, 3)),
        "last": tensor(storage, 5, (), ()),
        "repeated": tensor(storage, 1, (2, 3), (0, 1)),
        "none": tensor(storage, 6, (0, 3), (3, 1)),
        "one, far stride": tensor(storage, 0, (1, 2), (2**61, 1)),
    }
    numbers = np.arange(6, dtype=np.float32)
    found = read_weights(put(tmp_path, form(dumped(tensors), {"0": numbers.tobytes()}))).tensors
    expected = {
        "all": numbers, "turned": numbers.reshape(2, 3).T, "last": numbers[5], "repeated": [numbers[1:4]] * 2,
        "none": np.zeros((0, 3)), "one, far stride": numbers[None, :2],
    }  # fmt: skip
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
        assert found[name].shape == np.shape(array)


def test_compressed_records_are_not_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError, match=r"'data\.pkl' is compressed or encrypted"):
            read_weights(put(tmp_path, stream.getvalue()))
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_sizes_that_a_zip_only_claims_are_not_believed(tmp_path: Path) -> None:
    whole = zip_form(dumped({"a": tensor(Stored("Float", "0", 4), 0, (4,), (1,))}), {"0": bytes(16)})
    place = whole.index(b"PK\x01\x02", whole.index(b"a/data/0"))
    for claimed in (b"\xff\xff\xff\x7f" * 2, b"\x10\0\0\0\xff\xff\xff\x7f"):
        data = whole[: place + 20] + claimed + whole[place + 28 :]
        with pytest.raises(WeightsError):
            read_weights(put(tmp_path, data))


def test_names_that_lead_out_of_a_zip_are_only_names(tmp_path: Path) -> None:
    data = dumped({"a": tensor(Stored("Float", "0", 4), 0, (4,), (1,))})
    folder = tmp_path / "inner"
    folder.mkdir()
    path = put(folder, zip_form(data, {"0": bytes(16)}, **{"../../../evil": b"x", "/absolute": b"y"}))
    assert read_weights(path).tensors["a"].tolist() == [0, 0, 0, 0]
    assert [one.name for one in tmp_path.rglob("*")] == ["inner", "w.pth"]


def example(form: Form) -> bytes:
    storages = {"0": np.arange(6, dtype=np.float32).tobytes(), "1": np.ones(3, np.float32).tobytes()}
    tensors = {
        "fc.weight": tensor(Stored("Float", "0", 6), 0, (2, 3), (3, 1)),
        "fc.bias": tensor(Stored("Float", "1", 3), 1, (2,), (1,)),
    }
    return form(dumped({"state_dict": tensors, "epoch": 3}), storages)


@pytest.mark.parametrize("form", FORMS)
def test_truncated_files_are_refused_at_every_place(tmp_path: Path, form: Form) -> None:
    whole = example(form)
    assert set(read_weights(put(tmp_path, whole)).tensors) == {"fc.weight", "fc.bias"}
    for size in range(0, len(whole), 3):
        with pytest.raises(WeightsError):
            read_weights(put(tmp_path, whole[:size]))


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=200), form=st.sampled_from([None, *FORMS]))
def test_random_bytes_give_nothing_but_weights_errors(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, form: Form | None
) -> None:
    path = put(tmp_path_factory.getbasetemp(), form(data, {"0": bytes(8)}) if form else data)
    with pytest.raises(WeightsError):
        read_weights(path)


CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255), st.sampled_from(["set", "drop", "add"])), min_size=1)


def mutated(data: bytes, changes: list[tuple[int, int, str]]) -> bytes:
    for place, value, kind in changes:
        at = place % max(len(data), 1)
        middle = bytes([value]) if kind != "drop" else b""
        data = data[:at] + middle + data[at + (kind != "add") :]
    return data


@settings(max_examples=150, deadline=None)
@given(changes=CHANGES, form=st.sampled_from(FORMS), inside=st.booleans())
def test_mutated_files_give_tensors_or_weights_errors(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, str]], form: Form, inside: bool
) -> None:
    """inside: only the pickle is changed, which the checksums of a zip would else always tell."""

    def change(data: bytes, storages: dict[str, bytes]) -> bytes:
        return form(mutated(data, changes), storages)

    whole = example(change) if inside else mutated(example(form), changes)
    path = put(tmp_path_factory.getbasetemp(), whole)
    try:
        found = read_weights(path)
    except WeightsError:
        return
    assert all(array.size <= 1 << 20 for array in found.tensors.values())


@settings(max_examples=40, deadline=None)
@given(
    tensors=st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.tuples(st.lists(st.integers(0, 3), max_size=4), st.sampled_from(["f4", "f8", "f2", "i8", "u1", "?"])),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, tuple[list[int], str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.pth"
    arrays = {name: np.asarray(np.ones(shape), kind) for name, (shape, kind) in tensors.items()}
    write_weights(path, arrays)
    found = read_weights(path).tensors
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
