"""The specs that come with netspec."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped_specs() -> dict[str, Path]:
    """Spec files by name: in a wheel they lie inside the package, in a checkout beside it."""
    package = Path(str(files("netspec")))
    for folder in (package / "specs", package.parent / "specs"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}
