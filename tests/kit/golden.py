"""Golden texts: what a program prints is kept beside its input, so that a change shows up as a readable diff."""

from __future__ import annotations

import difflib
from pathlib import Path


def check_golden(path: Path, actual: str, *, update: bool) -> None:
    """Fails with a diff when `actual` is not what the file holds; with `update` writes the file instead."""
    if update:
        path.write_text(actual, encoding="utf-8", newline="\n")
        return
    assert path.exists(), f"{path} is missing; run pytest with --update-golden and read what it writes"
    expected = path.read_text(encoding="utf-8")
    diff = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "expected", "actual", lineterm="")
    assert actual == expected, f"{path.name} differs; if this is right, run with --update-golden:\n" + "\n".join(diff)
