"""What the program remembers from one start to the next: recent files, the theme, sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSettings

RECENT = 10
"""Files that are remembered."""
ThemeChoice = Literal["system", "light", "dark"]
THEME_CHOICES: tuple[ThemeChoice, ...] = ("system", "light", "dark")


def recent_files() -> list[Path]:
    """Files that were open, the last one first; those that are gone are left out."""
    return [path for path in map(Path, _list(QSettings().value("recent"))) if path.is_file()]


def remember_file(path: Path) -> None:
    """Put a file at the head of the recent ones."""
    paths = [str(path), *(str(other) for other in recent_files() if other != path)]
    QSettings().setValue("recent", paths[:RECENT])


def forget_files() -> None:
    """Empty the list of recent files."""
    QSettings().remove("recent")


def theme_choice() -> ThemeChoice:
    """The theme that was chosen; "system" follows the system."""
    chosen = QSettings().value("theme")
    return next((choice for choice in THEME_CHOICES if choice == chosen), "system")


def choose_theme(choice: ThemeChoice) -> None:
    """Remember a theme."""
    QSettings().setValue("theme", choice)


def _list(value: object) -> list[str]:
    """QSettings gives a list of one back as a text."""
    return [value] if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list) else []
