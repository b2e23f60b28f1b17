"""Run a command of netspec in this process, as a shell would see it."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.cli.main import main

SMALL = """
name = "small"
metrics = ["accuracy"]
input.shape = [2]
layers = [
  { name = "fc1", type = "linear", out_features = 8 },
  { name = "relu1", type = "relu" },
  { name = "fc2", type = "linear", out_features = 2 },
]
loss.type = "cross_entropy"
data = { type = "synthetic", kind = "moons", samples = 200 }
train = { epochs = 2, batch_size = 20, validation_split = 0.2 }
optimizer = { type = "adam", lr = 0.02 }
"""


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Both streams as one line, without the line breaks that the width of the terminal makes."""
        return " ".join((self.out + " " + self.err).split())


def run(*argv: object) -> Result:
    """`netspec ARGV…`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in argv])
    return Result(code, out.getvalue(), err.getvalue())


def write_small(folder: Path, **changes: str) -> Path:
    """The small spec as a file, with lines added."""
    path = folder / "small.toml"
    path.write_text(SMALL + "\n".join(f"{key} = {value}" for key, value in changes.items()), encoding="utf-8")
    return path
