"""PyTorch's files: what PyTorch saved is read to the bit, and PyTorch reads what netspec wrote."""

from __future__ import annotations

import io
import tarfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.weights import WeightsError, read_metadata, read_weights, write_weights
from tests.weights.torch_files import Made, Named, Stored, dumped, legacy_form, put, tensor, zip_form

DATA = Path(__file__).parent.parent.parent / ".." / "shared" / "data" / "weights" / "resnet20_cifar10"
FORMS = [zip_form, legacy_form]
FLOATS = np.arange(6, dtype=np.float32)
peers = pytest.mark.peers


@pytest.fixture(name="torch")
def _torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")


def forms_of_values(torch: Any) -> dict[str, Any]:
    """State dicts in all the ways in which tensors can lie in their storages."""
    torch.manual_seed(0)
    base = torch.randn(4, 6)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
    kept = torch.nn.Parameter(torch.randn(3))
    kept.note = "an attribute"
    return {
        "module": model.state_dict(),
        "parameters": OrderedDict((name, one) for name, one in model.named_parameters()),
        "turned": {"a": base.t(), "b": base.permute(1, 0)[2:], "c": base[1:, ::2], "d": base.flip(0)},
        "shared": {"a": base, "b": base[2], "c": base.view(-1)[5:9]},
        "tied": {"a.weight": base, "b.weight": base},
        "expanded": {"a": base[:1].expand(5, 6), "b": torch.tensor(2.5).expand(3)},
        "scalars and empties": {"a": torch.tensor(3.5), "b": torch.zeros(0, 4), "c": torch.tensor(7)},
        "channels last": {"a": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)},
        "types": {
            str(dtype): torch.arange(-3, 5).to(dtype)
            for dtype in (torch.float64, torch.float16, torch.int64, torch.int32, torch.int16, torch.int8, torch.bool)
        },
        "bytes": {"a": torch.arange(200, 250, dtype=torch.uint8)},
        "parameter with attributes": {"a": kept},
    }  # fmt: skip


@peers
@pytest.mark.parametrize("is_zip", [True, False])
def test_state_dicts_that_torch_writes_are_read_to_the_bit(tmp_path: Path, torch: Any, is_zip: bool) -> None:
    for name, value in forms_of_values(torch).items():
        torch.save(value, tmp_path / "w.pt", _use_new_zipfile_serialization=is_zip)
        expected = torch.load(tmp_path / "w.pt", weights_only=True)
        found = read_weights(tmp_path / "w.pt").tensors
        assert list(found) == list(expected), name
        for key, one in expected.items():
            array = one.detach().numpy()
            assert found[key].dtype == array.dtype, key
            assert found[key].shape == array.shape, key
            assert np.array_equal(found[key], array), key


@peers
def test_tensors_over_untyped_storages_are_read(tmp_path: Path, torch: Any) -> None:
    torch.save({"a": torch.arange(9).to(torch.uint16)[2:5]}, tmp_path / "w.pt")
    found = read_weights(tmp_path / "w.pt").tensors["a"]
    assert found.dtype == np.uint16
    assert found.tolist() == [2, 3, 4]


@peers
@pytest.mark.parametrize("is_zip", [True, False])
def test_bfloat16_becomes_float32(tmp_path: Path, torch: Any, is_zip: bool) -> None:
    values = torch.tensor([1.5, -0.0, float("inf"), 3.1415926, 1e-40]).to(torch.bfloat16)
    torch.save({"a": values, "b": values[1:3]}, tmp_path / "w.pt", _use_new_zipfile_serialization=is_zip)
    found = read_weights(tmp_path / "w.pt").tensors
    assert found["a"].tobytes() == values.float().numpy().tobytes()
    assert found["b"].tobytes() == values[1:3].float().numpy().tobytes()


@peers
def test_checkpoints_of_trainings_give_their_networks(tmp_path: Path, torch: Any) -> None:
    """Optimizer states, numbers, texts and namespaces around the network do no harm."""
    import argparse
    from collections import defaultdict

    model = torch.nn.Linear(3, 2)
    moments = {place: {"step": torch.tensor(1.0), "exp_avg": one.detach()} for place, one in enumerate(model.parameters())}
    optimizer = {"state": moments, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}]}
    checkpoint = {
        "epoch": 3, "arch": "linear", "best": np.float64(0.9), "args": argparse.Namespace(lr=0.1, layers=[1, 2]),
        "optimizer": optimizer, "log": defaultdict(list, loss=[0.5]), "seen": {1, 2}, "rng": torch.get_rng_state(),
        "model_state_dict": model.state_dict(), "ema": {name: one + 1 for name, one in model.state_dict().items()},
    }  # fmt: skip
    torch.save(checkpoint, tmp_path / "w.ckpt")
    found = read_weights(tmp_path / "w.ckpt")
    assert [found.source, *found.others] == ["model_state_dict", "ema", ""]
    assert found.notes == ("not read: epoch, arch, best, args, optimizer, log and 1 more",)
    for name, one in model.state_dict().items():
        assert np.array_equal(found.tensors[name], one.numpy())
        assert np.array_equal(found.others["ema"][name], one.numpy() + 1)


@peers
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda torch: torch.zeros(2, dtype=torch.complex64), "complex64"),
        (lambda torch: torch.eye(3).to_sparse(), "sparse"),
        (lambda torch: torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8), "quantized"),
        (lambda torch: torch.zeros(2, device="meta"), "meta"),
        (lambda torch: torch.zeros(2).to(torch.float8_e4m3fn), "float8_e4m3fn"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_tensors_without_real_numbers_are_refused_by_name(tmp_path: Path, torch: Any, make: Any, kind: str) -> None:
    torch.save({"fine": torch.zeros(1), "odd.weight": make(torch)}, tmp_path / "w.pt")
    with pytest.raises(WeightsError, match=f"tensor 'odd.weight' is {kind}.*, which netspec does not compute with"):
        read_weights(tmp_path / "w.pt")


@peers
def test_whole_pickled_modules_are_refused_with_the_way_out(tmp_path: Path, torch: Any) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "w.pt")
    with pytest.raises(WeightsError, match=r"asks for torch.nn.modules.linear.Linear.*; .*torch.save\(model.state_dict"):
        read_weights(tmp_path / "w.pt")


@peers
def test_torch_reads_what_netspec_writes(tmp_path: Path, torch: Any) -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "conv.weight": rng.normal(size=(4, 3, 5, 5)).astype(np.float32),
        "turned": rng.normal(size=(4, 6)).T,
        "bn.num_batches_tracked": np.array(7, np.int64),
        "ünï": np.array([], np.float16).reshape(0, 3),
        "flags": np.array([True, False]),
        **{kind: np.arange(5).astype(kind) for kind in ("int8", "int16", "int32", "uint8", ">f4")},
    }
    write_weights(tmp_path / "w.pth", tensors, {"spec_hash": "abc"})
    for options in ({}, {"mmap": True}):
        found = torch.load(tmp_path / "w.pth", weights_only=True, **options)
        assert list(found) == list(tensors)
        for name, array in tensors.items():
            assert found[name].numpy().dtype == array.dtype.newbyteorder("="), name
            assert np.array_equal(found[name].numpy(), array), name
            assert found[name].shape == array.shape
            assert found[name].is_contiguous()
        del found
    assert read_metadata(tmp_path / "w.pth") == {"spec_hash": "abc"}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not on this machine")
def test_the_pretrained_resnet20_is_the_same_in_both_its_files() -> None:
    found = read_weights(DATA / "resnet20-12fca82f.th")
    assert found.source == "state_dict"
    assert found.notes == ("not read: best_prec1",)
    with np.load(DATA / "resnet20.npz") as file:
        assert {f"module.{name}" for name in file.files} == set(found.tensors)
        assert all(np.array_equal(found.tensors[f"module.{name}"], file[name]) for name in file.files)


@pytest.mark.parametrize("form", FORMS)
def test_wrapped_sets_are_found_in_their_order(tmp_path: Path, form: Any) -> None:
    one = tensor(Stored("Float", "0", 6), 0, (6,), (1,))
    value = {
        "ema": {"a": one}, "other": {"model": {"a": one}, "deep": {"er": {"still": {"a": one}}}}, "state_dict": {"a": one},
        "optimizer": {"state": {0: {"exp_avg": one}}}, "optim_ema": {"a": one}, "numbers": {"a": 1}, 3: {"a": one},
    }  # fmt: skip
    found = read_weights(put(tmp_path, form(dumped(value), {"0": FLOATS.tobytes()})))
    assert [found.source, *found.others] == ["state_dict", "other.model", "ema"]
    assert found.notes == ("not read: optimizer, optim_ema, numbers, a key that is no text",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, 2], "it holds a list, not tensors by name"),
        (tensor(Stored("Float", "0", 6), 0, (6,), (1,)), "it holds one tensor without a name"),
        ({"epoch": 3}, "it holds no tensors by name, only epoch"),
        ({}, "it holds no tensors by name, only nothing"),
        (Made("argparse.Namespace"), "it holds argparse.Namespace, not tensors"),
        (Named("collections.OrderedDict"), "not tensors by name"),
    ],
)
def test_files_without_named_tensors_say_what_they_hold(tmp_path: Path, value: Any, text: str) -> None:
    with pytest.raises(WeightsError, match=text):
        read_weights(put(tmp_path, zip_form(dumped(value), {"0": FLOATS.tobytes()})))


def test_big_endian_files_are_swapped(tmp_path: Path) -> None:
    value = {"a": tensor(Stored("Float", "0", 6), 0, (2, 3), (3, 1)), "b": tensor(Stored("BFloat16", "1", 2), 0, (2,), (1,))}
    halves = np.array([0x3FC0, 0x4049], ">u2").tobytes()
    data = zip_form(dumped(value), {"0": FLOATS.astype(">f4").tobytes(), "1": halves}, byteorder=b"big")
    found = read_weights(put(tmp_path, data)).tensors
    assert found["a"].tolist() == FLOATS.reshape(2, 3).tolist()
    assert found["b"].tolist() == [1.5, 3.140625]
    with pytest.raises(WeightsError, match="neither little nor big"):
        read_weights(put(tmp_path, zip_form(dumped(value), {}, byteorder=b"middle")))


def test_old_files_may_have_views_of_storages(tmp_path: Path) -> None:
    """Before 0.4 a persistent id could name a piece of a storage."""
    piece, whole = Stored("Float", "0", 6, ("v", 2, 3)), Stored("Float", "0", 6, None)
    value = {"a": tensor(piece, 1, (2,), (1,)), "b": tensor(whole, 0, (6,), (1,))}
    found = read_weights(put(tmp_path, legacy_form(dumped(value), {"0": FLOATS.tobytes()}))).tensors
    assert found["a"].tolist() == [3, 4]
    assert found["b"].tolist() == FLOATS.tolist()


def test_files_of_python_2_are_read(tmp_path: Path) -> None:
    """Byte strings as names, and OrderedDict made of a list of pairs."""
    one = dumped(tensor(Stored("Float", "0", 6), 0, (6,), (1,)))[2:-1]
    data = b"\x80\x02ccollections\nOrderedDict\n]](U\x08conv.one" + one + b"ea\x85R."
    found = read_weights(put(tmp_path, legacy_form(data, {"0": FLOATS.tobytes()}))).tensors
    assert found["conv.one"].tolist() == FLOATS.tolist()


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    for data, text in {
        stream.getvalue(): "a tar file, as PyTorch wrote them before 2017",
        b"": "it is empty",
        b"version https://git-lfs.github.com/spec/v1": "only a pointer of git-lfs",
        dumped({"a": 1}): "a pickle, but not one of PyTorch's files",
        zip_form(dumped({}), {}, **{"constants.pkl": b""}): "a TorchScript program",
        zip_form(dumped({}), {}).replace(b"data.pkl", b"date.pkl"): "a zip with 0 records 'data.pkl'",
    }.items():
        with pytest.raises(WeightsError, match=text):
            read_weights(put(tmp_path, data))


def test_arrays_cannot_be_written_into(tmp_path: Path) -> None:
    """Two names may share their numbers: a write through one would change the other."""
    path = put(tmp_path, zip_form(dumped({"a": tensor(Stored("Float", "0", 6), 0, (6,), (1,))}), {"0": FLOATS.tobytes()}))
    with pytest.raises(ValueError, match="read-only"):
        read_weights(path).tensors["a"][0] = 1
