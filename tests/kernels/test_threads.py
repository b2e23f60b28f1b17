"""The threads between parallel regions: asleep by default, the user's choice respected, the environment left alone."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import netspec
from netspec.shipped import shipped_specs

CODE = """
import os
import netspec.kernels.machine
import numpy as np
table = np.zeros((0, 3), np.int64)
netspec.kernels.machine.execute(table, table, np.zeros((0, 2), np.int64), 2)
print(os.environ.get("OMP_WAIT_POLICY"))
"""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """OMP_DISPLAY_ENV makes the OpenMP library print its settings to stderr when it is loaded."""
    kept = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    variables = {**kept, "OMP_DISPLAY_ENV": "true", **environment}
    return subprocess.run([sys.executable, "-c", CODE], env=variables, capture_output=True, text=True, check=True)


def policy(result: subprocess.CompletedProcess[str]) -> str | None:
    lines = [line for line in result.stderr.splitlines() if "OMP_WAIT_POLICY" in line]
    return lines[0].split("'")[1].lower() if lines else None


def test_waiting_threads_sleep_and_the_environment_stays_as_it_was() -> None:
    result = run()
    assert policy(result) in ("passive", None)  # None: no OpenMP here
    assert result.stdout.strip() == "None"


def test_the_users_choice_is_respected() -> None:
    result = run(OMP_WAIT_POLICY="active")
    assert policy(result) in ("active", None)
    assert result.stdout.strip() == "active"


COUNT = """
import json
import netspec, numba
import numpy as np
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref
from tests.kit.whereabouts import note_thread
threads = np.zeros(64, np.int64)
calls = BoundCalls([Call(note_thread, {"y": Ref("y", 64, 0, "int")}, 64, "test", "forward")], {"y": threads}, "float32")
found = []
for count in range(1, numba.config.NUMBA_NUM_THREADS + 1):
    numba.set_num_threads(count)
    calls.run()
    found.append(len(set(threads.tolist())))
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks POSIX who the thread is")
def test_chunks_run_on_as_many_threads_as_are_asked_for() -> None:
    environment = {**os.environ, "NUMBA_NUM_THREADS": "3"}
    ended = subprocess.run([sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == [1, 2, 3]


def test_a_program_computes_with_its_own_number_of_threads() -> None:
    spec = netspec.load(shipped_specs()["logistic"])
    most = netspec.compile(spec, batch_size=2).threads
    for threads in {1, most}:
        program = netspec.compile(spec, batch_size=2, threads=threads)
        program.forward(np.zeros((2, *spec.inputs[0].shape)))
        assert numba.get_num_threads() == threads


def test_numba_num_threads_bounds_the_threads_of_programs() -> None:
    code = (
        "import netspec\nfrom netspec.shipped import shipped_specs\n"
        "spec = netspec.load(shipped_specs()['logistic'])\nprint(netspec.compile(spec).threads)\n"
        "try: netspec.compile(spec, threads=2)\nexcept ValueError as error: print(error)"
    )
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["1", "threads 2: NUMBA_NUM_THREADS is 1; use 1 … 1, or change the variable"]


LAYER = (
    "import netspec.kernels.machine as machine, numba\nimport numpy as np\n"
    "table = np.zeros((0, 3), np.int64)\nmachine.execute(table, table, np.zeros((0, 2), np.int64), 2)\n"
    "print(numba.threading_layer())"
)


@pytest.mark.parametrize("choice", [
    {"NUMBA_THREADING_LAYER": "workqueue"}, {"NUMBA_THREADING_LAYER_PRIORITY": "workqueue omp tbb"},
])  # fmt: skip
def test_the_users_threading_layer_is_respected(choice: dict[str, str]) -> None:
    environment = {**os.environ, **choice}
    ended = subprocess.run([sys.executable, "-c", LAYER], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "workqueue"


def test_openmp_comes_before_tbb_where_both_can_be_loaded() -> None:
    libraries = str(Path(sys.prefix) / "lib")  # where the wheel of TBB puts its library, and no loader looks
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    ended = subprocess.run([sys.executable, "-c", LAYER], env=environment, capture_output=True, text=True, check=True)
    has_openmp = importlib.util.find_spec("numba.np.ufunc.omppool") is not None
    assert ended.stdout.strip() == "omp" or not has_openmp
