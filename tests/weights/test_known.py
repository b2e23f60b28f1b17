"""Public weights by name: the table agrees with the shipped specs; only a file with the right SHA-256 is ever used."""

from __future__ import annotations

import gc
import hashlib
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.shipped import shipped_specs
from netspec.weights import WeightsError, write_weights
from netspec.weights.known import Known, find_known, known_weights
from netspec.weights.known_download import available, fetch
from tests.cli.runner import run

RESNET = "torchvision/resnet18"
SPEC = """
[input]
shape = [4]
[[layers]]
name = "fc"
type = "linear"
out_features = 3
[transfer]
weights = "torchvision/tiny"
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *_: Any) -> None:
        """Nothing on the tests' screen."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Of the files in tmp_path/server."""
    (tmp_path / "server").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "server"))) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}/"
        http.shutdown()
        thread.join()
    with warnings.catch_warnings():  # requests leaves the socket of an answer that it refuses to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def tiny(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Known:
    """Weights of a linear layer, served under a name with the first digits of their SHA-256."""
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "server" / "tiny.safetensors"
    write_weights(file, {"fc.weight": np.ones((3, 4), np.float32), "fc.bias": np.arange(3, dtype=np.float32)})
    name = f"tiny-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.safetensors"
    file.rename(file.with_name(name))
    known = replace(known_weights()[RESNET], name="torchvision/tiny", file=name, url=server + name, spec="tiny")
    monkeypatch.setitem(known_weights(), known.name, known)
    return known


def test_every_name_is_that_of_a_shipped_spec_whose_input_and_classes_it_fits() -> None:
    import netspec

    assert len(known_weights()) == 29
    for known in known_weights().values():
        assert known.url.startswith("https://download.pytorch.org/models/")
        assert len(known.hash_prefix) in (8, 10)
        int(known.hash_prefix, 16)
        assert known.spec in shipped_specs()
        assert known.classes == 1000
    for name in ("resnet18", "inception_v3"):
        size = known_weights()[f"torchvision/{name}"].size
        assert netspec.load(shipped_specs()[name]).inputs[0].shape == (3, size, size)


def test_the_pictures_of_googlenet_and_inception_are_not_normalized_like_the_others() -> None:
    plain = known_weights()[RESNET]
    np.testing.assert_allclose(plain.mean, 255 * np.array([0.485, 0.456, 0.406]))
    np.testing.assert_allclose(plain.std, 255 * np.array([0.229, 0.224, 0.225]))
    others = [known.spec for known in known_weights().values() if known.mean != plain.mean]
    assert others == ["googlenet", "inception_v3"]


def test_weights_are_fetched_once_checked_and_kept(tiny: Known) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch(tiny, lambda done, total: seen.append((done, total)))
    assert path == tiny.path
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(tiny.hash_prefix)
    assert seen[-1] == (path.stat().st_size,) * 2
    assert fetch(replace(tiny, url="http://127.0.0.1:9/")) == path  # nobody is asked again
    assert [file.name for file in path.parent.iterdir()] == [tiny.file]


def test_a_file_with_another_sha_256_is_deleted_and_never_used(tmp_path: Path, tiny: Known) -> None:
    served = tmp_path / "server" / tiny.file
    served.write_bytes(served.read_bytes()[:-1])
    with pytest.raises(WeightsError, match=rf"has the SHA-256 [0-9a-f]{{16}}…, not {tiny.hash_prefix}…; it was deleted"):
        fetch(tiny)
    assert list(tiny.path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9/x", "the server cannot be reached"), (None, "the server answers with the HTTP status 404")],
)
def test_without_the_file_it_is_said_where_it_belongs(tiny: Known, url: str | None, reason: str) -> None:
    with pytest.raises(WeightsError) as caught:
        fetch(replace(tiny, url=url or f"{tiny.url}.not"))
    assert reason in caught.value.message
    assert caught.value.hint == (
        f"nothing else was tried; fetch it elsewhere and put it at {tiny.path}, or name the file itself"
    )


def test_a_file_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_known(RESNET) is known_weights()[RESNET]
    file = tmp_path / "torchvision" / "resnet18"
    file.parent.mkdir()
    file.write_bytes(b"")
    assert find_known(RESNET) is None
    assert available(file, RESNET) == file


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("torchvision/resnet81", "did you mean torchvision/resnet18"),
        ("resnet50", "did you mean torchvision/resnet50?"),
        ("pets.safetensor", "did you mean pets.safetensors?"),
        ("xyzzy", "give a file of weights (.safetensors, "),
    ],
)
def test_what_is_no_file_and_no_name_is_told_with_what_is_near(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "pets.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError) as caught:
        available(tmp_path / text, text)
    assert caught.value.message.endswith("no such file, and no known name")
    assert caught.value.hint.startswith(hint)


def test_a_spec_may_name_them(tmp_path: Path, tiny: Known) -> None:
    import netspec
    from netspec.training.pretrained import pretrained_file, pretrained_path

    spec = netspec.loads(SPEC, base_dir=tmp_path)
    assert pretrained_path(spec, None) == tiny.path
    assert not tiny.path.exists()
    assert pretrained_file(spec, None) == tiny.path
    assert tiny.path.is_file()


def test_the_command_lists_and_fetches(tiny: Known) -> None:
    assert run("weights").out.count("torchvision/") == 30
    rows = {row["name"]: row for row in run("weights", "--format", "json").json["weights"]}
    assert rows[tiny.name]["is_fetched"] is False
    fetched = run("weights", "--fetch", tiny.name)
    assert fetched.out == f"{tiny.path}\n"
    assert "fetched 0.0 of 0.0 MiB" in fetched.err
    assert run("weights", "--fetch", tiny.name, "--format", "json").json["is_fetched"] is True
    assert "did you mean torchvision/tiny" in run("weights", "--fetch", "torchvision/tinny").err
