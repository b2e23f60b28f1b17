"""The folder insight/ of a run: what the trainer leaves there for people who look inside, and how it is read.

wanted          while this file exists, looks are taken; anybody may make or remove it while the run goes on
lane.jsonl      one look a line, in the order of the steps; lane.adam.jsonl, … with several optimizers
worst.npz       the worst samples of the last validation (worst.adam.npz, …), replaced as a whole

Lines: {"look": "tensors" | "units" | "validation", "optimizer", "step", "epoch", …}; see insight_tensors.py,
insight_units.py and insight_worst.py for the rest of the keys.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.training.json_values import from_json_value, to_json_value
from netspec.training.run_folder import INSIGHT
from netspec.weights.atomic import replace_file, write_text

WANTED = "wanted"
Look = dict[str, Any]
"""One line: NumPy values become lists, NaN and the infinities come back as floats."""


def want_insight(run: Path, wanted: bool = True) -> None:
    """Ask the trainer of a run folder for looks, or tell it that nobody looks any more."""
    file = run / INSIGHT / WANTED
    if wanted and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, "")
    elif not wanted:
        file.unlink(missing_ok=True)


def is_wanted(run: Path) -> bool:
    """Whether somebody has asked for looks."""
    return (run / INSIGHT / WANTED).exists()


def append_look(file: Path, look: Mapping[str, Any]) -> None:
    """Add a line, handed to the system as a whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(to_json_value(look), allow_nan=False, separators=(",", ":")) + "\n")


def cut_looks(file: Path, step: int) -> None:
    """Forget looks after this step, which a resumed run takes again, and lines that are no looks."""
    if not file.exists():
        return
    lines = [line for line in file.read_bytes().splitlines(keepends=True) if _is_until(line, step)]
    replace_file(file, lambda stream: stream.writelines(lines))


def _is_until(line: bytes, step: int) -> bool:
    look = _parsed(line)
    return line.endswith(b"\n") and look is not None and int(look["step"]) <= step


class LookReader:
    """Reads a growing file of looks bit by bit."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.damaged = 0
        """Lines left out so far."""
        self._offset, self._number = 0, -1

    def read(self, most: int | None = None) -> tuple[list[Look], bool]:
        """Looks written since the last call, and whether the file has begun anew (a resumed run cuts it).

        A line that is still being written is left for the next call; one that is no look, as a crash or a full disk may
        leave it, is left out and counted. most: about so many bytes at once, at least one line.
        """
        status = self.file.stat() if self.file.exists() else None
        size, number = (status.st_size, status.st_ino) if status is not None else (0, -1)
        is_new = self._offset > 0 and (size < self._offset or number != self._number)  # a cut file is another file
        self._number = number
        if is_new:
            self._offset = 0
        if size == self._offset:
            return [], is_new
        with self.file.open("rb") as stream:
            stream.seek(self._offset)
            text = stream.read() if most is None else stream.read(most) + stream.readline()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        looks = [_parsed(line) for line in whole.split(b"\n")[:-1]]
        self.damaged += looks.count(None)
        return [look for look in looks if look is not None], is_new


def _parsed(line: bytes) -> Look | None:
    """The look of a line; None when it is no look."""
    try:
        look = json.loads(line)
    except ValueError:
        return None
    if not isinstance(look, dict) or not isinstance(look.get("step"), int):
        return None
    return {key: from_json_value(value, key) for key, value in look.items()}


def read_looks(file: Path) -> list[Look]:
    """All whole lines of a file of looks; none when it does not exist."""
    return LookReader(file).read()[0]


def write_arrays(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace an .npz file as a whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, lambda stream: np.savez(stream, **arrays))  # type: ignore[arg-type]


def read_arrays(file: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of an .npz file; None when there is none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
