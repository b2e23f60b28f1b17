"""The examiner's process: `python -m gui.examiner` reads one request from stdin and answers in lines of JSON on stdout.

{"do": "lr-find" or "doctor", "text", "format", "folder"}, or {"do": "finetune", "network", "data", "weights", "name",
"folder"} → any number of {"finding": {…}}, then {"result": {…}}, as
`netspec … --format json` prints it, or {"problem": text, "hint": text}. It loads no Qt and writes nothing; whoever does not
want to wait ends it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gui import priority

if TYPE_CHECKING:
    from netspec.spec.model import Spec

Line = dict[str, Any]


def main() -> int:
    """Answer the one request."""
    priority.lower()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # nothing else may get among the answers
    for line in answer(json.load(sys.stdin)):
        answers.write(json.dumps(line) + "\n")
        answers.flush()
    return 0


def answer(request: Mapping[str, Any]) -> Iterator[Line]:
    """The lines for one request; whatever goes wrong is one of them."""
    from netspec.inside.service import describe

    try:
        yield from ANSWERS[request["do"]](request)
    except Exception as error:  # whatever it is, the window tells it
        yield describe(error)


def find_rate(request: Mapping[str, Any]) -> Iterator[Line]:
    """The range test of each optimizer."""
    from netspec.cli.lr_find import document
    from netspec.range_test.find import lr_find
    from netspec.training.json_values import to_json_value

    yield {"result": to_json_value(document(lr_find(_spec(request))))}


def examine(request: Mapping[str, Any]) -> Iterator[Line]:
    """The doctor's checks, each finding as soon as it is there."""
    from netspec.doctor.examine import examine as findings_of
    from netspec.training.json_values import to_json_value

    found = []
    for finding in findings_of(_spec(request)):
        found.append(to_json_value(finding.to_json()))
        yield {"finding": found[-1]}
    yield {"result": {"ok": all(one["status"] != "failed" for one in found), "findings": found}}


def finetune(request: Mapping[str, Any]) -> Iterator[Line]:
    """The spec that fine-tunes a network on a folder of pictures."""
    from netspec.cli.finetune import Recipe
    from netspec.finetuning import Wishes
    from netspec.starting import recognize

    network, folder, name = request["network"], Path(request["folder"]), request["name"]
    found, wishes = recognize(Path(request["data"])), Wishes(None, None, None, None)
    text = Recipe.of(network, found, request["weights"], wishes, []).text(name, folder / f"{name}.toml", "netspec gui")
    yield {"result": {"text": text, "name": name, "folder": str(folder)}}


def _spec(request: Mapping[str, Any]) -> Spec:
    from netspec.loading import loads

    return loads(request["text"], request["format"], base_dir=request["folder"])


ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Line]]] = {
    "lr-find": find_rate, "doctor": examine, "finetune": finetune,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
