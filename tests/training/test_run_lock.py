"""A run has one writer: processes that live are respected, dead ones are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.training.errors import TrainError
from netspec.training.run_lock import is_held, refuse_running, run_lock

HOLD = """
import sys, time
from pathlib import Path
from netspec.training.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_that_a_living_process_trains_is_refused_and_one_of_a_dead_process_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "running.pid"
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    for attempt in (lambda: refuse_running(path), lambda: run_lock(path).__enter__()):
        with pytest.raises(TrainError, match=f"this run is being trained by process {other.pid};"):
            attempt()
    other.kill()
    other.communicate()
    assert path.read_text() == f"{other.pid}\n"
    refuse_running(path)
    with run_lock(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()


def test_a_second_writer_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with run_lock(tmp_path / "running.pid"), pytest.raises(TrainError, match=f"by process {os.getpid()}"):
        refuse_running(tmp_path / "running.pid")
    refuse_running(tmp_path / "running.pid")


def test_a_run_that_may_only_be_read_is_seen_to_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = tmp_path / "running.pid", os.open

    def open_to_read(file: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(file))
        return opened(file, flags, mode)

    with run_lock(path):
        monkeypatch.setattr(os, "open", open_to_read)
        assert is_held(path)
        monkeypatch.undo()
    path.write_text("1\n")
    monkeypatch.setattr(os, "open", open_to_read)
    assert not is_held(path)
