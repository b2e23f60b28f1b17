"""Small specs for the tests of the spec language."""

from __future__ import annotations

import netspec
from netspec.loading import Document, read_text

INPUT = "[input]\nshape = [3, 32, 32]\n"
RELU = '\n[[layers]]\nname = "relu1"\ntype = "relu"\n'
CONV = '\n[[layers]]\nname = "conv1"\ntype = "conv2d"\nout_channels = 8\nkernel_size = 3\n'


def layer(name: str, kind: str, *lines: str) -> str:
    """One `[[layers]]` table."""
    return "\n".join(["", "[[layers]]", f'name = "{name}"', f'type = "{kind}"', *lines, ""])


def names(text: str, *overrides: str) -> list[str]:
    """Names of the layers after blocks are expanded."""
    return [item.name for item in netspec.loads(text, overrides=overrides).layers]


def codes(document: Document) -> list[str]:
    """Codes of the problems, in their order."""
    return [problem.code for problem in document.problems]


def problem_codes(text: str, *overrides: str) -> list[str]:
    """Codes of a text's problems."""
    return codes(read_text(text, overrides=overrides))


def reads(text: str, name: str) -> tuple[str, ...]:
    """What a layer reads in the graph."""
    report = netspec.analyze(netspec.loads(text))
    return next(row.inputs for row in report.table if row.name == name)
