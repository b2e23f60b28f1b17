"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "failed", "warning", "skipped", "hint"]
"""failed: the training would be wrong. warning: it is probably not meant. skipped: there was nothing to examine.
hint: advice, with the numbers that it rests on."""


@dataclass(frozen=True)
class Finding:
    """One line: what was examined, with its values, and what to do."""

    status: Status
    message: str
    remedy: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """The numbers of the message, for programs."""
    check: str = ""
    """Which check; `examine` fills it in."""

    def to_json(self) -> dict[str, Any]:
        """As `netspec doctor --format json` prints it."""
        return {
            "check": self.check, "status": self.status, "message": self.message, "remedy": self.remedy, "values": self.values
        }  # fmt: skip


def ok(message: str, **values: Any) -> Finding:
    """Nothing is wrong."""
    return Finding("ok", message, values=values)


def failed(message: str, remedy: str, **values: Any) -> Finding:
    """The training would be wrong."""
    return Finding("failed", message, remedy, values)


def warning(message: str, remedy: str, **values: Any) -> Finding:
    """Probably not meant."""
    return Finding("warning", message, remedy, values)


def skipped(message: str) -> Finding:
    """Nothing to examine, and why."""
    return Finding("skipped", message)


def hint(message: str, remedy: str, **values: Any) -> Finding:
    """Advice."""
    return Finding("hint", message, remedy, values)
