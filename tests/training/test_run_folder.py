"""What a run folder keeps of the spec."""

from __future__ import annotations

import json
from pathlib import Path

import netspec
from netspec.training.lock import lock
from netspec.training.run_folder import RunFolder

BASE = '# the base\ninput.shape = [4]\nlayers = [{ name = "a", type = "relu" }]\n'


def create(folder: Path, spec: netspec.Spec) -> dict[str, object]:
    """A run folder of the spec; its lock.json."""
    content = lock(spec, spec_hash="", fingerprint="", seed=0, threads=1, options={})
    RunFolder(folder, ["sgd"]).create(spec, content)
    document = json.loads((folder / "lock.json").read_text())
    assert isinstance(document, dict)
    return document


def test_the_files_that_a_spec_extends_are_kept_as_they_were(tmp_path: Path) -> None:
    texts = {
        "net.toml": 'extends = "sub/net.toml"   # nearest\nseed = 3\n',
        "sub/net.toml": 'extends = "../base.json"\nname = "middle"\n',
        "base.json": json.dumps({"extends": "other/net.toml", "description": "far"}),
        "other/net.toml": BASE,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    spec = netspec.load(tmp_path / "net.toml")
    written = create(tmp_path / "run", spec)
    extends = written["extends"]
    assert isinstance(extends, dict)
    assert list(extends.values()) == ["extends/net.toml", "extends/base.json", "extends/net.2.toml"]
    copies = {"net.toml": "spec.toml", **{Path(k).resolve().relative_to(tmp_path).as_posix(): v for k, v in extends.items()}}
    assert {name: (tmp_path / "run" / copy).read_text() for name, copy in copies.items()} == texts
    assert netspec.load(tmp_path / "run" / "spec.resolved.toml").seed == 3


def test_a_spec_of_one_file_has_no_others_beside_it(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(BASE)
    assert create(tmp_path / "run", netspec.load(tmp_path / "net.toml"))["extends"] == {}
    names = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert names == ["checkpoints", "lock.json", "spec.resolved.toml", "spec.toml"]


def test_a_spec_without_a_file_is_kept_as_netspec_writes_it(tmp_path: Path) -> None:
    create(tmp_path / "run", netspec.loads(BASE))
    assert (tmp_path / "run" / "spec.toml").read_text() == netspec.render(netspec.loads(BASE))
