"""From what the user typed to a spec: a file, a shipped spec by name, a compiled folder, a run folder."""

from __future__ import annotations

import difflib
from pathlib import Path

from netspec.cli.errors import CliError
from netspec.shipped import shipped_specs

SUFFIXES = (".toml", ".json")


def find_spec(name: str) -> Path:
    """The spec file that `name` means; raises CliError with the nearest names when there is none."""
    path = Path(name).expanduser()
    if path.is_dir():
        return _spec_in_folder(path)
    if path.exists() or path.suffix.lower() not in (*SUFFIXES, ""):
        return path
    shipped = shipped_specs()
    found = None if path.parent.parts else shipped.get(path.stem if path.suffix else path.name)
    if found is None:
        raise CliError(f"{name}: there is no such file", _nearest(path, shipped))
    return found


def is_run_folder(path: Path) -> bool:
    """Whether a run has been written there."""
    return path.is_dir() and (path / "history.jsonl").is_file()


def no_run(name: str) -> CliError:
    """What to raise for a run that does not exist; names the nearest one."""
    parent = Path(name).parent if Path(name).parent.parts else Path("runs")
    runs = {path.name: str(path) for path in sorted(parent.glob("*")) if is_run_folder(path)}
    close = difflib.get_close_matches(Path(name).name, runs, n=1)
    hint = f"did you mean {runs[close[0]]}?" if close else "give the folder that `netspec train` told at its end"
    return CliError(f"there is no run or spec {name}", hint)


def _spec_in_folder(folder: Path) -> Path:
    for name in ("spec.resolved.toml", "spec.toml", "spec.json"):
        if (folder / name).is_file():
            return folder / name
    raise CliError(
        f"{folder}: this folder holds neither spec.resolved.toml nor spec.toml",
        "name a spec file, a folder written by `netspec compile`, or the folder of a run",
    )


def _nearest(path: Path, shipped: dict[str, Path]) -> str:
    parent = path.parent if path.parent.is_dir() else Path()
    beside = {file.stem: str(file) for file in sorted(parent.iterdir()) if file.suffix.lower() in SUFFIXES}
    close = difflib.get_close_matches(path.stem, [*beside, *shipped], n=1, cutoff=0.6)
    if close:
        return f"did you mean {beside.get(close[0], close[0])}?"
    return f"give a .toml or .json file, or a shipped spec: {', '.join(shipped)}"
