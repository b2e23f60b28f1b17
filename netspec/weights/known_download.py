"""Fetching public weights into the cache folder; a file with another SHA-256 than its name says is never used."""

from __future__ import annotations

import hashlib
from pathlib import Path

from netspec.fetching import FetchError, Progress, retrieve
from netspec.weights.base import WeightsError
from netspec.weights.known import Known, find_known, no_such_weights


def available(path: Path, text: str | Path, progress: Progress | None = None) -> Path:
    """A file of weights that can be read: `path`, or what the known name `text` means, fetched when it is not there yet.

    Raises WeightsError, with what the text may have meant.
    """
    if path.expanduser().is_file():
        return path.expanduser()
    known = find_known(text)
    if known is None:
        raise no_such_weights(path, text)
    return fetch(known, progress)


def fetch(known: Known, progress: Progress | None = None) -> Path:
    """The file in the cache folder, checked before it gets its name there. Raises WeightsError."""
    if known.path.is_file():
        return known.path
    unchecked = f"{known.file}.unchecked"
    try:
        path = retrieve(known.url, known.path.parent, unchecked, progress)
    except FetchError as error:
        raise WeightsError(
            Path(known.name), f"{known.url} cannot be fetched: {error}",
            f"nothing else was tried; fetch it elsewhere and put it at {known.path}, or name the file itself",
        ) from error  # fmt: skip
    digest = _sha256(path)
    if not digest.startswith(known.hash_prefix):
        path.unlink()
        raise WeightsError(
            Path(known.name), f"what {known.url} gave has the SHA-256 {digest[:16]}…, not {known.hash_prefix}…",
            "it was deleted; try again later, or fetch the file elsewhere",
        )  # fmt: skip
    return path.replace(known.path)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
