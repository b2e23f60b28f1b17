"""How far a download is."""

from __future__ import annotations

import sys

from netspec.cli import console


def show_fetching(done: int, total: int) -> None:
    """One line on stderr: rewritten on a terminal, elsewhere written once, when everything has come."""
    screen = console.stderr()
    text = f"fetched {done / 2**20:.1f} of {total / 2**20:.1f} MiB" if total else f"fetched {done / 2**20:.1f} MiB"
    is_last = bool(total) and done >= total
    if screen.is_terminal:
        sys.stderr.write(f"\r{text}" + ("\n" if is_last else ""))
        sys.stderr.flush()
    elif is_last:
        screen.print(text)
