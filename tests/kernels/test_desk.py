"""How threads hand out the units of a region: each to one thread, all before the next region, whoever is late."""

from __future__ import annotations

import numpy as np
import pytest
from numba import get_num_threads, njit, prange, set_num_threads

from netspec.kernels.abi import InOut, Ints, kernel
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref, Region
from netspec.kernels.desk import LINE, take, tell_done, wait_for


@kernel
def count_up(chunk: int, chunks: int, y: InOut) -> None:
    y[chunk] += 1


@kernel
def check_all(chunk: int, chunks: int, x: InOut, y: InOut, expected: int) -> None:
    """y[chunk]: how many of x are not what the region before has left."""
    for value in x:
        y[chunk] += value != expected


@kernel
def count_slowly(chunk: int, chunks: int, y: InOut, rounds: Ints) -> None:
    """The first chunk takes far longer than all others."""
    value = 0.0
    for i in range(rounds[0] if chunk == 0 else 1):
        value += np.sqrt(np.float64(i))
    y[chunk] += 1 + 0 * (value < 0)


def call(kernel_, chunks, **arguments):
    refs = {name: Ref(value, chunks) if isinstance(value, str) else value for name, value in arguments.items()}
    return Call(kernel_, refs, chunks, "test", "forward")


@pytest.fixture(params=["one thread", "all threads"])
def threads(request):
    before = get_num_threads()
    set_num_threads(1 if request.param == "one thread" else before)
    yield get_num_threads()
    set_num_threads(before)


@pytest.mark.parametrize("chunks", [1, 2, 3, 64])
def test_every_unit_runs_once_and_before_the_next_region(threads, chunks):
    counts, wrong = np.zeros(chunks), np.zeros(chunks)
    calls = []
    for number in range(1, 201):
        calls += [
            call(count_up, chunks, y="counts"),
            call(check_all, chunks, x="counts", y="wrong", expected=number),
        ]
    bound = BoundCalls(calls, {"counts": counts, "wrong": wrong}, "float64")
    bound.run()
    assert counts.tolist() == [200] * chunks
    assert not wrong.any()


def test_a_region_waits_for_its_slowest_unit(threads):
    chunks, rounds = 16, np.array([2_000_000])
    counts, wrong = np.zeros(chunks), np.zeros(chunks)
    calls = [
        call(count_slowly, chunks, y="counts", rounds=rounds),
        call(check_all, chunks, x="counts", y="wrong", expected=1),
    ]
    BoundCalls(calls, {"counts": counts, "wrong": wrong}, "float64", [Region(0, 1), Region(1, 2)]).run()
    assert counts.tolist() == [1] * chunks
    assert not wrong.any()


@njit(parallel=True)
def _take_all(desk, taken, workers):
    for _ in prange(workers):
        done = 0
        number = take(desk, 0)
        while number < taken.size:
            taken[number] += 1
            done += 1
            number = take(desk, 0)
        tell_done(desk, LINE, done)
        wait_for(desk, LINE, taken.size)


def test_each_number_is_taken_once_also_by_more_workers_than_threads():
    desk, taken = np.zeros(2 * LINE, np.int64), np.zeros(10_000, np.int64)
    _take_all(desk, taken, 7)
    assert (taken == 1).all()
    assert desk[LINE] == taken.size
