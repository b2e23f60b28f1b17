"""A process for the contestants of one library, which times them when it is asked to.

Each library so has its own threads, as its users have: in one process netspec and PyTorch would share one OpenMP library,
whose threads either all spin while they wait, as PyTorch has them, or all sleep, as netspec has them.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.contest import Contest, Team, Timer

LIBRARIES = {"netspec": "benchmarks.ours", "torch": "benchmarks.theirs", "onnxruntime": "benchmarks.onnx_team",
             "netspec epochs": "benchmarks.frozen_ours", "torch epochs": "benchmarks.frozen_theirs"}  # fmt: skip
"""Library → the module that makes its team."""


def make_team(library: str, contest: Contest) -> Team:
    """The library's contestants, in this process."""
    team: Team = importlib.import_module(LIBRARIES[library]).team(contest)
    return team


class Worker:
    """The contestants of one library in a process of their own; use as a context manager."""

    def __init__(self, library: str) -> None:
        root = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self._library = library

    def prepare(self, contest: Contest) -> None:
        """Have its contestants made ready, in place of those of the contest before."""
        self._send((self._library, contest))

    def team(self) -> Team:
        """The contestants; waits until they are ready."""
        names, absent, logits = self._receive()
        return Team({name: self._timer(name) for name in names}, absent, logits)

    def _timer(self, name: str) -> Timer:
        def timer(repeats: int) -> float:
            self._send((name, repeats))
            return float(self._receive())

        return timer

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)
        except EOFError as error:
            code = self._process.wait()
            raise RuntimeError(f"the process of {self._library} ended with code {code}; its error is above") from error

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.terminate()
        self._process.wait()


def serve() -> None:
    """Answer requests, a contest or a number of calls, until the other side has gone."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers

    def answer(message: object) -> None:
        pickle.dump(message, answers)
        answers.flush()

    team = Team()
    while True:
        try:
            name, wanted = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if isinstance(wanted, Contest):
            team = Team()  # the memory of the contest before is free from here on
            team = make_team(name, wanted)
            answer((list(team.timers), team.absent, team.logits))
        else:
            answer(team.timers[name](wanted))


if __name__ == "__main__":
    serve()
