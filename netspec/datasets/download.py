"""Fetching MNIST and Fashion-MNIST when the user asks for it."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

from netspec.datasets.base import DataError
from netspec.fetching import FetchError, retrieve

_SERVERS = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion-mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
}

CLASSES = {
    "mnist": list("0123456789"),
    "fashion-mnist": [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
}  # fmt: skip

CONTENT_SHA256 = {
    "mnist": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}
"""Of the uncompressed files: the same set is served with differently compressed .gz files."""


def fetch_idx(name: str, root: Path, is_present: Callable[[str], bool]) -> None:
    """Download the files of the set `name` that are missing from `root`, and check their contents.

    A file whose contents are wrong is deleted again. Raises DataError, also when there is no network.
    """
    for file, digest in CONTENT_SHA256[name].items():
        if not is_present(file):
            path = _retrieve(f"{_SERVERS[name]}{file}.gz", root)
            _check_contents(path, digest)


def _retrieve(url: str, root: Path) -> Path:
    try:
        return retrieve(url, root, url.rsplit("/", 1)[1])
    except FetchError as error:
        raise DataError(
            f"[data] download: {url} cannot be fetched: {error}",
            f"fetch the file elsewhere and put it into {root.resolve()}, which is what root under [data] means, "
            'or use the digits that come with netspec: type = "digits"',
        ) from error


def _check_contents(path: Path, digest: str) -> None:
    try:
        with gzip.open(path) as stream:
            found = hashlib.sha256(stream.read()).hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        found = f"no complete gzip file, {error}"
    if found != digest:
        path.unlink()
        raise DataError(
            f"[data] download: the contents of {path.name} are not the published ones (SHA-256 {found}, not {digest})",
            "the file was deleted; try again later, or fetch it elsewhere",
        )
