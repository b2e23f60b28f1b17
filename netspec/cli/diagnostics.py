"""Problems of a spec on stderr: in colour on a terminal, as plain text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netspec.cli import console
from netspec.problems import tally

if TYPE_CHECKING:
    from rich.text import Text

    from netspec.problems import Problem, Span


def print_problems(problems: Iterable[Problem]) -> None:
    """Every problem with its place, code, message, remedy and quoted line, then how many there are."""
    problems = tuple(problems)
    screen = console.stderr()
    for problem in problems:
        if screen.is_terminal:
            screen.print(coloured(problem, screen.width), end="\n\n")
        else:
            screen.print(problem.render(), markup=False, soft_wrap=True, end="\n\n")
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        screen.print(tally(problems), style=f"bold {console.ERROR}")


def coloured(problem: Problem, width: int | None = None) -> Text:
    """The text of `Problem.render`, with styles; quoted lines are cut to a terminal of `width` columns."""
    from rich.text import Text

    colour = console.ERROR if problem.severity == "error" else console.WARNING
    text = Text()
    if problem.span:
        text.append(f"{problem.span.location()} ", style="bold")
    text.append(problem.code, style=f"bold {colour}")
    text.append(f" {problem.where}: {problem.message}")
    if problem.hint:
        text.append("; ")
        text.append(problem.hint, style=console.OK)
    if problem.span and problem.span.line:
        _quote(text, problem.span, colour, width)
    for item in problem.related:
        text.append(f"\n  {item.span.location()}:", style="bold")
        text.append(f" {item.message}")
        _quote(text, item.span, console.NOTE, width)
    return text


def _quote(text: Text, span: Span, colour: str, width: int | None) -> None:
    """Add the quoted line and its carets."""
    line, caret = span.quote(width).split("\n", 1)
    text.append(f"\n{line}\n", style=console.QUIET)
    text.append(caret, style=colour)
