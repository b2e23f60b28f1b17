"""`python -m netspec.inside.service FOLDER`: looks inside networks for the desktop program, whose window thus never waits.

A request is a line of JSON on stdin, {"id": 1, "do": "predict", …}; answers are lines on stdout, each with the id:
{"id", "progress": {…}} any number of times, then {"id", "result": {…}} or {"id", "problem": text, "hint": text}. Arrays lie in
the .npz file in FOLDER that the line names as "arrays"; the folder goes when stdin ends. One request after the other; whoever
does not want to wait ends the process, and removes the folder.
The functions that answer stand in looks.py.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from netspec.inside.looks import LOOKS, Answer, Looks
from netspec.training.json_values import to_json_value


def main() -> int:
    """Answer until stdin ends."""
    with suppress(AttributeError, OSError):
        os.nice(5)  # a training beside has the first call on the cores
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # nothing else may get among the answers
    folder = Path(sys.argv[1])
    try:
        serve(sys.stdin, answers, folder)
    except BrokenPipeError:  # the window has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers.fileno())  # what is left to be written has a place
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def serve(requests: TextIO, answers: TextIO, folder: Path) -> None:
    """Answer line by line."""
    looks = Looks()
    for line in requests:
        request = json.loads(line)
        number = request.pop("id")
        for count, answer in enumerate(_answers(looks, request)):
            answers.write(json.dumps({"id": number, **_stored(answer, folder, f"{number}-{count}")}) + "\n")
            answers.flush()


def _answers(looks: Looks, request: dict[str, Any]) -> Generator[tuple[str, Answer], None, None]:
    """("progress", …) any number of times, then ("result", …) or ("problem", …)."""
    try:
        steps = LOOKS[request.pop("do")](looks, **request)
        while True:
            try:
                yield "progress", next(steps)
            except StopIteration as end:
                yield "result", end.value
                return
    except Exception as error:  # whatever it is, the window tells it and goes on
        yield "problem", Answer(describe(error))


def describe(error: Exception) -> dict[str, str]:
    """The words for people."""
    report = getattr(error, "report", None)
    problems = getattr(error, "problems", None)
    if report is not None:
        return {"problem": report.describe(), "hint": ""}
    if problems:
        first = next((one for one in problems if one.severity == "error"), problems[0])
        return {"problem": first.message, "hint": first.hint or ""}
    message = getattr(error, "message", "") or str(error) or type(error).__name__
    return {"problem": str(message), "hint": str(getattr(error, "hint", "") or "")}


def _stored(answer: tuple[str, Answer], folder: Path, name: str) -> dict[str, Any]:
    kind, (values, arrays) = answer[0], (answer[1].values, answer[1].arrays)
    line: Mapping[str, Any] = values if kind == "problem" else {kind: values}
    if not arrays:
        return dict(to_json_value(line))
    file = folder / f"{name}.npz"
    _save(file, arrays)
    return {**to_json_value(line), "arrays": str(file)}


def _save(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with file.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
