"""`netspec doctor`: what is wrong with a training, found out before it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Seed, Spec, Threads, Verbose, Weights

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.doctor.finding import Finding, Status

EXAMPLE = """
netspec doctor digits
netspec doctor specs/hymenoptera.toml --weights resnet20.npz --lr-find
"""

LrFind = Annotated[
    bool, typer.Option("--lr-find", metavar="", help="Judge the learning rate by a range test, too: 40 to 100 steps.")
]


def doctor(
    spec: Spec,
    weights: Weights = None,
    overrides: Overrides = None,
    lr_find: LrFind = False,
    seed: Seed = None,
    threads: Threads = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> int:
    """Examine the compiled network on its data: does it fit, learn, freeze what it should, and mix nothing up?

    Each check prints what it has found, with its values and a remedy. Nothing is written; a training afterwards is the
    same. Ends with exit code 1 when a check has failed. What is marked as hint is advice.
    """
    from netspec.cli.loading import load_spec
    from netspec.doctor.examine import examine

    loaded = load_spec(spec, overrides, seed)
    screen = console.stdout()
    found: list[Finding] = []
    for finding in examine(loaded, weights=weights, threads=threads, also=("lr-find",) if lr_find else ()):
        if format is Format.TEXT:
            is_new = not found or found[-1].check != finding.check
            _print(screen, finding, finding.check if is_new else "")
        found.append(finding)
    failures = sum(finding.status == "failed" for finding in found)
    if format is Format.JSON:
        console.print_json({"ok": not failures, "findings": [finding.to_json() for finding in found]})
    else:
        _print_verdict(screen, found, failures)
    return ExitCode.FAILED if failures else ExitCode.OK


def _print(screen: Console, finding: Finding, title: str) -> None:
    """Mark, title and finding in columns; the remedy below it."""
    from rich.text import Text

    mark, colour = MARKS[finding.status]
    style = console.QUIET if finding.status == "skipped" else ""
    first, *rest = _wrapped(screen, finding.message)
    screen.print(Text.assemble((mark, colour), f" {title:<{TITLE}} ", (first, style)), soft_wrap=True)
    for line in rest:
        screen.print(Text(f"{INDENT}{line}", style), soft_wrap=True)
    for number, line in enumerate(_wrapped(screen, finding.remedy, 2)):
        screen.print(Text(f"{INDENT}{'  ' if number else '→ '}{line}", console.QUIET), soft_wrap=True)


def _wrapped(screen: Console, text: str, less: int = 0) -> list[str]:
    """Lines that fit beside the title; a long word, such as a path, stays whole."""
    width = max(40, screen.width - len(INDENT) - less)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _print_verdict(screen: Console, found: list[Finding], failures: int) -> None:
    counts = [
        (failures, "failure"), (sum(finding.status == "warning" for finding in found), "warning"),
        (sum(finding.status == "hint" for finding in found), "hint"),
    ]  # fmt: skip
    told = ", ".join(console.plural(number, noun) for number, noun in counts if number) or "nothing wrong"
    verdict = f"[bold {console.ERROR}]failed[/]" if failures else f"[{console.OK}]ok[/]"
    passed = sum(finding.status == "ok" for finding in found)
    screen.print(f"\n{verdict}: {passed} passed, {told}")


TITLE = 13
INDENT = " " * (TITLE + 3)
MARKS: dict[Status, tuple[str, str]] = {
    "ok": ("✓", console.OK),
    "failed": ("✗", f"bold {console.ERROR}"),
    "warning": ("!", console.WARNING),
    "skipped": ("–", console.QUIET),
    "hint": ("→", console.NOTE),
}
