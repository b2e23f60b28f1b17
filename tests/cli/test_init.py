"""init: templates and data become specs that train."""

from __future__ import annotations

from pathlib import Path

import netspec
from netspec.shipped import shipped_specs
from tests.cli.runner import run
from tests.starting import sets


def test_without_a_source_it_lists_the_templates() -> None:
    result = run("init")
    assert result.code == 0
    assert {line.split()[0] for line in result.out.splitlines() if line.strip()} > set(shipped_specs())
    assert "LeNet-5 on MNIST" in result.out


def test_a_template_is_copied_and_never_overwritten_without_force() -> None:
    result = run("init", "mine.toml", "--from", "digits")
    assert result.code == 0
    assert result.words.endswith("next: netspec check mine.toml netspec summary mine.toml netspec train mine.toml")
    assert netspec.load("mine.toml").name == "mine"
    Path("mine.toml").write_text("precious")
    again = run("init", "mine", "--from", "digits")
    assert again.code == 2
    assert "mine.toml is already there; choose another name, or overwrite it with --force" in again.words
    assert Path("mine.toml").read_text() == "precious"
    assert run("init", "mine", "--from", "digits", "--force").code == 0
    assert netspec.load("mine.toml").name == "mine"


def test_a_spec_for_class_folders_trains_at_once(tmp_path: Path) -> None:
    sets.class_folders(tmp_path / "pets", size=(20, 18))
    result = run("init", "--data", "pets")
    assert result.code == 0
    assert "found 24 pictures (20×18) in 2 class folders" in result.words
    trained = run("train", "pets.toml", "--set", "train.epochs=1", "-q")
    assert trained.code == 0, trained.err


def test_a_spec_for_a_table_trains_at_once_from_another_folder(tmp_path: Path) -> None:
    sets.table(tmp_path / "data", sets.flowers())
    assert run("init", "specs/flowers.toml", "--data", "data/table.csv").code == 0
    assert 'file = "../data/table.csv"' in Path("specs/flowers.toml").read_text()
    trained = run("train", "specs/flowers.toml", "--set", "train.epochs=1", "-q")
    assert trained.code == 0, trained.err


def test_wrong_uses_are_told() -> None:
    for words, told in (
        (["x.toml", "--from", "digits", "--data", "."], "--from and --data exclude each other"),
        (["x.json", "--from", "digits"], "new specs are written as TOML; name it x.toml"),
        (["x.toml", "--from", "digit"], "did you mean digits?"),
        (["x.toml", "--data", "nowhere"], "does not exist"),
    ):
        result = run("init", *words)
        assert result.code == 2
        assert told in result.words
    assert not Path("x.toml").exists()


def test_a_template_that_extends_others_brings_them_along() -> None:
    result = run("init", "nets/mine.toml", "--from", "vgg11_bn")
    assert result.code == 0, result.err
    assert "wrote nets/vgg11.toml, which it extends" in result.words
    assert {path.name for path in Path("nets").iterdir()} == {"mine.toml", "vgg11.toml", "vgg16.toml"}
    assert netspec.load("nets/mine.toml").name == "mine"
    assert run("init", "nets/other.toml", "--from", "vgg11_bn").code == 0  # the copies are there, and the same


def test_a_template_overwrites_no_other_file_by_what_it_extends() -> None:
    Path("digits.toml").write_text("precious")
    result = run("init", "mine.toml", "--from", "digits_race", "--force")
    assert result.code == 2
    assert "digits.toml: is not the shipped digits.toml, which mine.toml extends; rename it" in result.words
    assert Path("digits.toml").read_text() == "precious"
    own = run("init", "digits.toml", "--from", "digits_race", "--force")
    assert "digits.toml: has the name of the spec that it extends; choose another name" in own.words
    assert not Path("mine.toml").exists()
