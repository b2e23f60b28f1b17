"""Every test of the command line works in its own empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import write_small


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A spec that trains in a moment, without files."""
    return write_small(tmp_path)
