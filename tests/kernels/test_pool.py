"""Compiling in several processes: what helpers compile is found, what they do not, the parent compiles."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config

from netspec import warming
from netspec.kernels import cache, pool
from netspec.kernels.abi import Kernel
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref
from tests.kit.tiny import TINY


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path))
    cache._shared_folder.cache_clear()
    yield tmp_path
    cache._shared_folder.cache_clear()


@pytest.fixture
def kernels() -> list[Kernel]:
    """Tiny kernels that this process has not compiled."""
    return [Kernel(tiny.function, {"contract"}) for tiny in TINY]


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> list[pool.Helper]:
    """One helper for any number of kernels, if it is needed; they are listed here."""
    started: list[pool.Helper] = []

    class Listed(pool.Helper):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(pool, "Helper", Listed)
    monkeypatch.setattr(pool, "WORTH_A_HELPER", 1)
    monkeypatch.setattr(config, "NUMBA_NUM_THREADS", 2)
    return started


def sums(kernels: list[Kernel]) -> list[float]:
    """What the compiled kernels add to 0."""
    found = []
    for one in kernels:
        y = np.zeros(1)
        BoundCalls([Call(one, {"y": Ref("y", 1)}, 1, "test", "forward")], {"y": y}, "float64").run()
        found.append(float(y[0]))
    return found


def has_ended(helper: pool.Helper) -> bool:
    return helper._process.returncode is not None and not helper.is_alive()


def test_a_helper_compiles_into_the_cache_of_its_parent(
    empty_cache: Path, kernels: list[Kernel], helpers: list[pool.Helper]
) -> None:
    work = pool.Compilation(kernels, "float64", None)
    helper = pool.Helper(work)
    helper.start()
    helper.join()
    helper.end()
    assert all(one.is_compiled("float64") for one in kernels)
    written = {path: path.stat().st_mtime_ns for path in empty_cache.rglob("*.nb*")}
    assert sums(kernels) == [1, 2, 3, 4]
    assert {path: path.stat().st_mtime_ns for path in empty_cache.rglob("*.nb*")} == written  # loaded, not compiled


def test_parent_and_helper_share_the_work_and_tell_of_each_kernel(
    empty_cache: Path, kernels: list[Kernel], helpers: list[pool.Helper]
) -> None:
    told: list[tuple[tuple[str, ...], int, int]] = []
    pool.compile_all(kernels, "float64", lambda names, done, count: told.append((tuple(names), done, count)))
    assert {name for names, _, _ in told for name in names} == {"add_one", "add_two", "add_three", "add_four"}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1] == ((), 4, 4)
    assert sums(kernels) == [1, 2, 3, 4]
    assert [has_ended(helper) for helper in helpers] == [True]


@pytest.mark.parametrize("program", ["/bin/false", "/bin/cat", "/no/such/python"])
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX programs that fail")
def test_what_a_failing_helper_leaves_is_compiled_by_the_parent(
    program: str, empty_cache: Path, kernels: list[Kernel], helpers: list[pool.Helper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    pool.compile_all(kernels, "float64")
    assert sums(kernels) == [1, 2, 3, 4]
    assert all(has_ended(helper) for helper in helpers)


def test_ctrl_c_ends_the_helpers(
    empty_cache: Path, kernels: list[Kernel], helpers: list[pool.Helper], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Kernel, dtype: str) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Kernel, "address", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.compile_all(kernels, "float64")
    assert [has_ended(helper) for helper in helpers] == [True]


def test_few_kernels_one_core_or_a_cache_of_the_users_get_no_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "NUMBA_NUM_THREADS", 4)
    assert [pool._helpers_for(count) for count in (1, 3, 4, 8, 12, 100)] == [0, 0, 1, 2, 3, 3]
    monkeypatch.setattr(config, "CACHE_DIR", "/elsewhere")
    assert pool._helpers_for(100) == 0
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert pool._helpers_for(100) == 0
    monkeypatch.delattr(sys, "frozen")
    monkeypatch.setattr(config, "NUMBA_NUM_THREADS", 1)
    assert pool._helpers_for(100) == 0


def test_warming_a_program_whose_kernels_are_cached_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import netspec
    from netspec.shipped import shipped_specs

    spec = netspec.load(shipped_specs()["logistic"])
    names = warming.warm(netspec.compile(spec, batch_size=2))

    def refuse(*arguments: Any) -> None:
        raise AssertionError("everything is compiled")

    monkeypatch.setattr(warming, "compile_all", refuse)
    assert warming.warm(netspec.compile(spec, batch_size=2), lambda *told: refuse()) == names


def test_a_cache_that_cannot_be_written_is_read(
    empty_cache: Path, kernels: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels[0].address("float64")
    folder = cache.kernel_folder()

    make_file = tempfile.TemporaryFile

    def refuse(*arguments: Any, **options: Any) -> Any:
        if empty_cache in Path(options["dir"]).parents:
            raise PermissionError("read-only")
        return make_file(*arguments, **options)

    cache._shared_folder.cache_clear()
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    copy = cache.kernel_folder()
    assert empty_cache not in copy.parents
    assert kernels[0].is_compiled("float64")
    assert cache.is_compiled("tests_kit_tiny_add_one_float64")
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*.nb*")}
    assert sums([Kernel(TINY[0].function, {"contract"})]) == [1]
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*.nb*")} == before  # loaded, not compiled
    assert [path.name for path in folder.glob("*.py")] == ["tests_kit_tiny_add_one_float64.py"]


def test_a_swallowed_ctrl_c_ends_the_compiling_after_the_kernel(
    empty_cache: Path, kernels: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it comes while LLVM calls back: Python prints the KeyboardInterrupt there and goes on."""
    compiled = []

    def swallowing(self: Kernel, dtype: str) -> int:
        compiled.append(self.name)
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return 0

    monkeypatch.setattr(Kernel, "address", swallowing)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.compile_all(kernels[:2], "float64")
        assert compiled == [kernels[0].name]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
