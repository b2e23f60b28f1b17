"""Fetching a file from a server, when the user asks for it; nothing else in netspec uses the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Progress = Callable[[int, int], None]
"""Bytes that came, and how many will (0: unknown)."""
_CHUNK = 1 << 16


class FetchError(Exception):
    """The file did not come; the message says why, in words."""


def retrieve(url: str, folder: Path, name: str, progress: Progress | None = None) -> Path:
    """The file of that name in the folder, downloaded unless it is there; what comes is renamed when it is complete.

    Raises FetchError.
    """
    import pooch  # type: ignore[import-untyped]  # only when something is fetched: it imports requests

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(progressbar=_Bar(progress or _silently), chunk_size=_CHUNK)
    try:
        return Path(pooch.retrieve(url, known_hash=None, fname=name, path=folder, downloader=downloader))
    except Exception as error:  # each transport has its own errors; all mean that the file did not come
        raise FetchError(_reason(error)) from error


def _silently(done: int, total: int) -> None:
    """Nobody watches."""


def _reason(error: Exception) -> str:
    """Why nothing came, in words; the transports tell it in those of their own insides."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the server answers with the HTTP status {status}"
    if "Timeout" in type(error).__name__ or isinstance(error, TimeoutError):
        return "the server does not answer in time"
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return "the server cannot be reached; there seems to be no network"


class _Bar:
    """What pooch calls a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.total, self.done = progress, 0, 0

    def update(self, count: int) -> None:
        self.done += count
        self.progress(self.done, self.total or 0)

    def reset(self, *_: Any) -> None:
        """Called at the end, before a last update by the total."""
        self.done = 0

    def close(self) -> None:
        """There is nothing to close."""
