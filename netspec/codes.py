"""What every problem code means: the text of `netspec explain CODE`."""

from __future__ import annotations

CODES: dict[str, str] = {}


def explain(code: str) -> str | None:
    """One paragraph about a code; None when there is no such code."""
    return CODES.get(code.upper())
