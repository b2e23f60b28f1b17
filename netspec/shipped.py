"""The specs that come with netspec."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SUFFIXES = (".toml", ".json", "")
"""What may be written behind the name of a shipped spec."""


def shipped_specs() -> dict[str, Path]:
    """Spec files by name: in a wheel they lie inside the package, in a checkout beside it."""
    package = Path(str(files("netspec")))
    for folder in (package / "specs", package.parent / "specs"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def is_bare(name: str) -> bool:
    """Whether a name has no folder: "resnet18.toml", not "nets/resnet18.toml"."""
    return bool(name) and "/" not in name and "\\" not in name and name not in (".", "..")


def shipped_spec(name: str) -> Path | None:
    """The shipped spec that "resnet18" or "resnet18.toml" means; None for other names, and for all with a folder."""
    if not is_bare(name):
        return None
    specs = shipped_specs()
    stem = name.removesuffix(Path(name).suffix) if Path(name).suffix.lower() in (".toml", ".json") else name
    return specs.get(stem)
