"""Load a spec as the command line means it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli.sources import find_spec

if TYPE_CHECKING:
    from netspec.program import Program
    from netspec.spec.model import Spec


def load_spec(name: str, overrides: list[str] | None = None, seed: int | None = None) -> Spec:
    """The spec that `name` means, with `--set` and `--seed`; raises SpecError or CliError.

    Relative paths start at the spec's folder; in a shipped spec at the current one, and in a compiled folder or a run
    where its original spec stood, as lock.json tells.
    """
    import netspec

    path = find_spec(name)
    changes = [*(overrides or []), *([] if seed is None else [f"seed={seed}"])]
    spec = netspec.load(path, changes)
    typed = Path(name).expanduser()
    if typed.is_dir():
        base = Path(read_lock(path.parent).get("base_dir", path.parent))
    else:
        base = path.parent if typed.exists() else Path()
    return spec.with_origin(replace(spec.origin, base_dir=base)) if base.is_dir() else spec


def read_lock(folder: Path) -> dict[str, Any]:
    """lock.json of a run or a compiled folder; empty when there is none."""
    file = folder / "lock.json"
    if not file.is_file():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def make_program(spec: Spec, threads: int | None, samples: int | None = None) -> Program:
    """The program; its kernels are loaded, or compiled, when they are first called.

    samples: how many there are, so that a batch is no larger.
    """
    from netspec.cli.errors import CliError
    from netspec.program import compile

    try:
        return compile(spec, threads=threads, batch_size=min(spec.train.batch_size, samples or spec.train.batch_size))
    except ValueError as error:
        if threads is None:
            raise
        raise CliError(str(error)) from None


def compile_program(
    spec: Spec, threads: int | None, *, quiet: bool, samples: int | None = None, told: Callable[..., None] | None = None
) -> tuple[Program, list[str]]:
    """The program with its kernels ready, and their names; tells on a terminal, and `told`, what is being compiled."""
    from netspec.cli import console
    from netspec.cli.compiling import CompilingBar
    from netspec.cli.errors import InterruptionError
    from netspec.warming import warm

    program = make_program(spec, threads, samples)
    screen = console.stderr()
    try:
        if quiet or not screen.is_terminal:
            return program, warm(program, partial(told, "compiling") if told else None)
        with CompilingBar(screen) as bar:
            return program, warm(program, bar.show)
    except KeyboardInterrupt:
        raise InterruptionError("interrupted while compiling; what is compiled is kept") from None
