"""Load a spec as the command line means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.cli.sources import find_spec

if TYPE_CHECKING:
    from netspec.spec.model import Spec


def load_spec(name: str, overrides: list[str] | None = None, seed: int | None = None) -> Spec:
    """The spec that `name` means, with `--set` and `--seed`; raises SpecError or CliError."""
    import netspec

    changes = [*(overrides or []), *([] if seed is None else [f"seed={seed}"])]
    return netspec.load(find_spec(name), changes)
