"""The threads between parallel regions: asleep by default, the user's choice respected, the environment left alone."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import os
import netspec.kernels.machine
import numpy as np
table = np.zeros((0, 3), np.int64)
netspec.kernels.machine.execute(table, table, np.zeros((0, 2), np.int64))
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
