"""The bar of kernels that are being compiled."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import netspec.warming
from netspec.cli.compiling import BAR, CompilingBar
from tests.cli.runner import run, write_small


def shown(*calls: tuple[list[str], int, int], width: int = 100) -> str:
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
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


def test_on_a_narrow_terminal_names_are_cut_and_bar_and_counter_stay() -> None:
    text = shown((["convolve_forward_winograd", "convolve_backward_weights"], 11, 19), width=80)
    assert "11/19 convolve_forward" in text
    assert "…" in text
    assert re.search(rf"machine .{{{BAR}}} 11/19 ", text)


def interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_while_compiling_tells_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netspec.warming, "warm", interrupt)
    result = run("time", write_small(tmp_path))
    assert (result.code, result.err) == (130, "interrupted while compiling; what is compiled is kept\n")


def test_ctrl_c_elsewhere_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.cli.loading.make_program", interrupt)
    result = run("time", write_small(tmp_path))
    assert (result.code, result.err) == (130, "interrupted\n")
