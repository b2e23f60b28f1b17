"""What people ask of a run while it is trained: one line after the other in control.jsonl in its run folder.

Whoever may write in the folder may ask: the desktop program, another window, a command. A line is
{"do": "pause" | "continue" | "step" | "save" | "stop"}; "step" may have "until": "epoch" to go on to the end of the epoch,
"stop" has "keep": "best" or "last". The trainer looks for new lines 20 times a second, between two steps; it answers each
with a control event in the history, and tells with one more when the steps asked for have been taken. The file is
removed when a run ends; lines that a killed trainer has left stood there before the next one held the run, and are
passed over. Nothing that stands in the file, and no fault of the file itself, ends the run.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from netspec.training.errors import TrainError
from netspec.training.run_folder import CONTROL, RUNNING
from netspec.training.run_lock import is_held

Do = Literal["pause", "continue", "step", "save", "stop"]
Keep = Literal["best", "last"]
WORDS = {"do": ("pause", "continue", "step", "save", "stop"), "keep": ("best", "last"), "until": ("step", "epoch")}
EVERY = 0.05
"""Seconds between two looks at the file: a look takes some microseconds, and a step of a small network no millisecond."""
LONGEST = 200
"""Characters of a wrong line that its answer repeats."""


@dataclass(frozen=True)
class Command:
    """One line. keep: which weights stand for the run after "stop"; until: where "step" pauses again."""

    do: Do
    keep: Keep = "last"
    until: Literal["step", "epoch"] = "step"


def send(folder: str | Path, command: Command) -> None:
    """Ask the process that trains this run; it answers with a control event. Raises TrainError when there is none."""
    folder = Path(folder)
    if not is_held(folder / RUNNING):
        raise TrainError(
            f"{folder}: no process trains this run, so nothing can {command.do}", "go on with it with --resume"
        )
    line = json.dumps(asdict(command)) + "\n"
    with (folder / CONTROL).open("ab", buffering=0) as stream:  # one write at the end: two writers do not mix
        stream.write(line.encode())


def asked_before(folder: Path) -> int:
    """Bytes that stand in the file. To be asked before the run is held: `send` writes from then on, and is to be obeyed."""
    with suppress(OSError):
        return (folder / CONTROL).stat().st_size
    return 0


class Inbox:
    """The trainer's side of the file."""

    def __init__(self, folder: Path, *, paused: bool = False, old: int = 0) -> None:
        """paused: no step is taken before it is asked for. old: bytes that are not obeyed; see `asked_before`."""
        self._path = folder / CONTROL
        self._offset = old
        self._fault = ""
        """Why the file cannot be read, once that has been told."""
        self._next = 0.0
        self.is_paused = paused
        self.is_told = not paused
        """Whether the history says that the run is paused."""
        self.waited = 0.0
        """Seconds since the run was paused."""
        self.until_epoch: int | None = None
        """While paused: epochs that may be finished first."""
        self.steps_left = 0
        """While paused: steps that may be taken first."""
        self.is_stepping = False
        """Whether steps were asked for and the history does not yet say that they have been taken."""

    def close(self) -> None:
        """Take the file away: nobody reads it any more."""
        with suppress(OSError):  # what cannot be removed is passed over when the run goes on
            self._path.unlink(missing_ok=True)

    def is_quiet(self) -> bool:
        """Whether there is nothing to do before the next step; asked before each, so it must cost nothing."""
        return not self.is_paused and time.monotonic() < self._next

    def read(self) -> list[Command | str]:
        """Commands that have come since; of a line that is none, what is wrong with it."""
        now = time.monotonic()
        if now < self._next:
            return []
        self._next = now + EVERY
        try:
            found = self._read_more()
        except FileNotFoundError:
            return []
        except OSError as error:
            return self._tell_fault(f"the file cannot be read ({error.strerror}); make {self._path} readable")
        self._fault = ""
        return found

    def _tell_fault(self, fault: str) -> list[Command | str]:
        """Once, and not at each of 20 looks a second."""
        is_told, self._fault = fault == self._fault, fault
        return [] if is_told else [fault]

    def _read_more(self) -> list[Command | str]:
        size = self._path.stat().st_size
        if size < self._offset:  # the file with the old lines has been removed, and this is another one
            self._offset = 0
        return self._read() if size > self._offset else []

    def _read(self) -> list[Command | str]:
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [parse(line.decode(errors="replace")) for line in whole.split(b"\n")[:-1]]


def parse(line: str) -> Command | str:
    """The command of a line, or what is wrong with it."""
    try:
        values = json.loads(line)
    except ValueError:
        return f"not JSON: {_cut(line)}"
    except RecursionError:
        return f"nested too deeply: {_cut(line)}"
    if not isinstance(values, dict) or "do" not in values:
        return f'no object with "do": {_cut(line)}'
    for key, value in values.items():
        if key not in WORDS:
            return f"unknown key {_cut(repr(key))}; there are {', '.join(WORDS)}"
        if value not in WORDS[key]:
            return f"{key} = {_cut(repr(value))}; it must be one of {', '.join(WORDS[key])}"
    return Command(**values)


def _cut(text: str) -> str:
    """What a message can hold of a line."""
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
