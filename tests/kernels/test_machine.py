"""The kernel interface: arguments arrive as they were given, chunks cover the work, entries are cached by source."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from netspec.kernels import cache
from netspec.kernels.abi import Doubles, In, InOut, Ints, Out, kernel, span
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref
from netspec.kernels.copies import add_partials, column_sums, transpose_matrices
from netspec.kernels.grain import MOST_CHUNKS, chunk_count


@kernel
def mixed_arguments(chunk: int, chunks: int, x: In, d: Doubles, t: Ints, y: Out, n: int, scale: float) -> None:
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        y[i] = scale * x[i] + d[i] + t[i]


def run(kernel_, chunks, dtype="float64", **arguments):
    memory = {name: value for name, value in arguments.items() if isinstance(value, np.ndarray)}
    elements = {np.dtype("int64"): "int"}
    roles = kernel_.parameters
    refs = {
        name: Ref(name, value.size, 0, elements.get(value.dtype, roles[name].element)) if name in memory else value
        for name, value in arguments.items()
    }
    BoundCalls([Call(kernel_, refs, chunks, "test", "forward")], memory, dtype).run()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("chunks", [1, 2, 7])
def test_arrays_and_numbers_of_every_kind_arrive(dtype, chunks):
    x, y = np.arange(7, dtype=dtype), np.full(7, np.nan, dtype)
    run(mixed_arguments, chunks, dtype, x=x, d=np.full(7, 0.5), t=np.arange(7), y=y, n=7, scale=-2.0)
    np.testing.assert_array_equal(y, -2 * x + 0.5 + np.arange(7))


def test_a_wrong_kind_of_buffer_is_refused():
    with pytest.raises(TypeError, match=r"mixed_arguments\(d=…\) takes double elements"):
        Call(mixed_arguments, {"x": Ref("x", 1), "d": Ref("d", 1), "t": np.zeros(1, np.int64), "y": Ref("y", 1),
                               "n": 1, "scale": 1.0}, 1, "a", "forward")  # fmt: skip
    with pytest.raises(TypeError, match="takes"):
        Call(mixed_arguments, {"x": Ref("x", 1)}, 1, "a", "forward")


def test_a_ref_past_the_end_of_its_memory_is_refused():
    call = Call(column_sums, {"x": Ref("x", 8), "y": Ref("y", 4), "rows": 2, "columns": 4}, 1, "a", "forward")
    with pytest.raises(ValueError, match="does not fit its memory"):
        BoundCalls([call], {"x": np.zeros(7), "y": np.zeros(4)}, "float64")


def test_a_kernel_must_start_with_chunk_and_chunks():
    @kernel
    def wrong(x: In, y: InOut) -> None: ...

    with pytest.raises(TypeError, match=r"starts with \(chunk: int, chunks: int\)"):
        _ = wrong.parameters


@pytest.mark.parametrize("chunks", [1, 3])
def test_transposes_and_sums(chunks):
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    y = np.empty(30)
    run(transpose_matrices, chunks, x=x.reshape(-1), y=y, count=2, rows=5, columns=3)
    np.testing.assert_array_equal(y.reshape(2, 3, 5), x.transpose(0, 2, 1))
    partials, total = np.empty((chunks, 3)), np.empty(3)
    run(column_sums, chunks, x=x.reshape(-1), y=partials.reshape(-1), rows=10, columns=3)
    run(add_partials, chunks, x=partials.reshape(-1), y=total, parts=chunks, size=3)
    np.testing.assert_allclose(total, x.reshape(10, 3).sum(0), rtol=1e-13)


def test_chunk_counts_depend_on_the_work_alone_and_are_bounded():
    assert chunk_count(1, 1e9) == 1
    assert chunk_count(10**9, 1) == MOST_CHUNKS
    assert chunk_count(100, 1) == 1
    assert all(chunk_count(items, 1e5) <= items for items in range(1, 100))


def test_entries_are_written_once_and_loaded_from_disk_afterwards(tmp_path):
    code = (
        "from netspec.kernels.combine import add_to\n"
        "from netspec.kernels import cache\n"
        "add_to.address('float32')\n"
        "folder = cache.kernel_folder()\n"
        "print(folder, *sorted(f.name + str(f.stat().st_mtime_ns) for f in (folder / '__pycache__').glob('*.nb*')))\n"
    )
    environment = {**os.environ, "NETSPEC_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert str(tmp_path) in first
    assert cache.source_hash() in first
    assert ".nbc" in first


def test_code_compiled_after_a_source_has_changed_is_not_kept_for_others(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path))
    cache._shared_folder.cache_clear()
    monkeypatch.setattr(cache, "_IMPORTED_STAMPS", ())  # as if a file were newer than the import
    assert tmp_path not in cache.kernel_folder().parents
    monkeypatch.undo()
    cache._shared_folder.cache_clear()
    assert cache.kernel_folder().name == cache.source_hash()


def test_kernels_of_versions_unused_for_a_month_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path))
    cache._shared_folder.cache_clear()
    for name, age in (("old", 40), ("recent", 20)):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        os.utime(folder, times=(time.time() - age * 86400,) * 2)
    folder = cache.kernel_folder()
    assert {path.name for path in folder.parent.iterdir()} == {"recent", folder.name}
    monkeypatch.undo()
    cache._shared_folder.cache_clear()
