"""The bar of kernels that are being compiled."""

from __future__ import annotations

import io

from rich.console import Console

from netspec.cli.compiling import CompilingBar


def shown(*calls: tuple[list[str], int, int]) -> str:
    screen = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    with CompilingBar(screen) as bar:
        for names, done, count in calls:
            bar.show(names, done, count)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_the_bar_names_what_is_being_compiled_and_counts() -> None:
    text = shown((["contract"], 0, 3), (["contract", "relu_forward"], 0, 3), (["relu_forward"], 2, 3))
    assert "2/3" in text
    assert "relu_forward" in text


def test_there_is_no_bar_when_nothing_has_to_be_compiled() -> None:
    assert shown() == ""
