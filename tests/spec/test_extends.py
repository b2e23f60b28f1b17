"""extends: a patch on top of a base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec import editing
from netspec.loading import read
from netspec.shipped import shipped_specs
from netspec.spec.source import read_source
from tests.spec.helpers import CONV, INPUT, RELU, codes, layer

BASE = (
    INPUT
    + CONV
    + RELU
    + layer("fc", "linear", "out_features = 10")
    + '\n[optimizer]\ntype = "adam"\nlr = 0.1\nbetas = [0.8, 0.9]\n'
)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder / "patch.toml"


def test_a_layer_of_the_same_name_is_patched_key_by_key(tmp_path: Path) -> None:
    patch = 'extends = "base.toml"\n[[layers]]\nname = "fc"\nout_features = 2\nfrozen = true\n'
    spec = netspec.load(write(tmp_path, base=BASE, patch=patch))
    assert [item.name for item in spec.layers] == ["conv1", "relu1", "fc"]
    assert spec.layers[2].model_dump()["out_features"] == 2
    assert spec.layers[2].frozen


def test_new_layers_are_appended_and_removed_ones_are_gone(tmp_path: Path) -> None:
    patch = 'extends = "base.toml"\n[[layers]]\nname = "relu1"\nremove = true\n' + layer("last", "relu")
    spec = netspec.load(write(tmp_path, base=BASE, patch=patch))
    assert [item.name for item in spec.layers] == ["conv1", "fc", "last"]


def test_another_type_replaces_a_table_instead_of_mixing_two(tmp_path: Path) -> None:
    patch = 'extends = "base.toml"\n[optimizer]\ntype = "sgd"\n' + layer("conv1", "relu")
    spec = netspec.load(write(tmp_path, base=BASE, patch=patch))
    assert spec.optimizers[0].model_dump()["type"] == "sgd"
    assert type(spec.layers[0]).type_name() == "relu"


def test_the_same_type_keeps_the_bases_other_keys(tmp_path: Path) -> None:
    patch = 'extends = "base.toml"\n[optimizer]\nlr = 0.5\n'
    optimizer = netspec.load(write(tmp_path, base=BASE, patch=patch)).optimizers[0].model_dump()
    assert (optimizer["lr"], tuple(optimizer["betas"])) == (0.5, (0.8, 0.9))


def test_json_extends_toml_and_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path, base=BASE)
    path = tmp_path / "patch.json"
    path.write_text('{"extends": "base.toml", "seed": 7}')
    document = read(path)
    assert document.spec is not None
    assert document.spec.seed == 7
    assert [Path(file).name for file in document.files] == ["patch.json", "base.toml"]


def test_a_patch_is_found_from_the_folder_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases" / "base.toml").write_text(BASE)
    (tmp_path / "bases" / "middle.toml").write_text('extends = "base.toml"\nseed = 1\n')
    (tmp_path / "patch.toml").write_text('extends = "bases/middle.toml"\nname = "patched"\n')
    spec = netspec.load(tmp_path / "patch.toml")
    assert (spec.seed, spec.name) == (1, "patched")


def test_an_error_in_the_base_points_into_the_base(tmp_path: Path) -> None:
    path = write(tmp_path, base=BASE.replace("kernel_size", "kernal_size"), patch='extends = "base.toml"\n')
    document = read(path)
    assert codes(document) == ["NS101"]
    assert document.problems[0].span is not None
    assert Path(document.problems[0].span.file).name == "base.toml"


def test_a_file_that_extends_itself_is_named(tmp_path: Path) -> None:
    document = read(write(tmp_path, patch='extends = "patch.toml"\n'))
    assert codes(document) == ["NS010"]
    assert "patch.toml → patch.toml" in document.problems[0].message


def test_transfer_learning_is_a_file_of_six_lines(tmp_path: Path) -> None:
    patch = """extends = "base.toml"
transfer = { freeze_to = "relu1", replace = ["fc"] }
[[layers]]
name = "fc"
out_features = 2
"""
    report = netspec.analyze(netspec.load(write(tmp_path, base=BASE, patch=patch)))
    assert {row.name: row.frozen for row in report.table} == {"conv1": True, "relu1": True, "fc": False}


def test_of_a_broken_base_only_its_own_errors_are_told(tmp_path: Path) -> None:
    document = read(write(tmp_path, base=BASE + "lr = = 3\n", patch='extends = "base.toml"\n[trian]\nepochs = 1\n'))
    assert {problem.code for problem in document.problems} == {"NS004"}
    assert all(Path(problem.span.file).name == "base.toml" for problem in document.problems if problem.span)


def test_relative_paths_start_in_the_folder_of_the_file_that_writes_them(tmp_path: Path) -> None:
    data = '[data]\ntype = "idx"\nroot = "mnist"\n[transfer]\nweights = "../w.safetensors"\n'
    (tmp_path / "bases" / "deep").mkdir(parents=True)
    (tmp_path / "bases" / "deep" / "base.toml").write_text(BASE + data)
    (tmp_path / "bases" / "middle.toml").write_text('extends = "deep/base.toml"\n')
    (tmp_path / "patch.toml").write_text('extends = "bases/middle.toml"\n')
    spec = netspec.load(tmp_path / "patch.toml")
    assert spec.data is not None
    assert spec.transfer is not None
    assert spec.data.model_dump()["root"] == "bases/deep/mnist"
    assert spec.transfer.weights == "bases/w.safetensors"
    (tmp_path / "patch.toml").write_text('extends = "bases/middle.toml"\n[data]\nroot = "other"\n')
    assert netspec.load(tmp_path / "patch.toml").data.model_dump()["root"] == "other"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("base", "patch"),
    [
        ('optimizer = { type = "adam", lr = 0.5 }', 'optimizers = [{ type = "sgd" }, { type = "momentum", lr = 0.2 }]'),
        ('optimizers = [{ type = "adam", lr = 0.5 }, { type = "momentum" }]', 'optimizer = { type = "sgd", lr = 0.1 }'),
        ("input = { shape = [3, 8, 8] }", 'inputs = [{ name = "a", shape = [6] }]'),
        ('inputs = [{ name = "a", shape = [6] }]', "input = { shape = [3, 8, 8] }"),
    ],
)
def test_one_form_of_a_section_replaces_the_other(tmp_path: Path, base: str, patch: str) -> None:
    """The result is the patch's own section, with nothing of the base's."""
    layers = 'layers = [{ name = "flat", type = "flatten" }]\n'
    rest = "" if base.startswith("input") else "input.shape = [3, 8, 8]\n"
    document = read(write(tmp_path, base=base + "\n" + rest + layers, patch=f'extends = "base.toml"\n{patch}\n'))
    assert not document.problems
    alone = read(write(tmp_path, patch=patch + "\n" + rest + layers))
    assert document.spec is not None
    assert alone.spec is not None
    assert (document.spec.inputs, document.spec.optimizers) == (alone.spec.inputs, alone.spec.optimizers)


def test_a_shipped_spec_is_a_base_by_its_name_and_a_file_beside_comes_first(tmp_path: Path) -> None:
    for name in ("digits", "digits.toml"):
        document = read(write(tmp_path, patch=f'extends = "{name}"\nname = "mine"\n'))
        assert document.spec is not None
        assert document.files == (str(tmp_path / "patch.toml"), str(shipped_specs()["digits"]))
        assert document.spec.origin.bases == document.files[1:]
        assert (document.spec.name, document.spec.inputs[0].shape) == ("mine", (1, 8, 8))
    assert read(write(tmp_path, patch='extends = "digits"\n', digits=BASE)).files[1] == str(tmp_path / "digits.toml")


def test_of_a_shipped_base_paths_start_beside_the_patch(tmp_path: Path) -> None:
    spec = netspec.load(write(tmp_path, patch='extends = "cifar10_folder"\n'))
    assert [Path(file).stem for file in spec.origin.bases] == ["cifar10_folder", "resnet20_cifar"]
    assert spec.data is not None
    assert spec.data.model_dump()["root"] == "data/cifar10"


def test_an_edit_of_a_shipped_layer_becomes_a_patch_beside_the_name(tmp_path: Path) -> None:
    source = read_source(write(tmp_path, patch='extends = "digits"\n'))
    text = editing.set_field(source, ("layers", "fc2"), "out_features", 3)
    assert text.startswith('extends = "digits"\n')
    assert netspec.loads(text, base_dir=tmp_path).layers[-1].model_dump()["out_features"] == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("digts", "no shipped spec of that name; did you mean digits?"),
        ("nets/digits.toml", "there is no such file; look for it in"),
        ("patch", "a file of that name comes before the shipped spec"),
    ],
)
def test_a_base_that_is_nowhere_is_told_with_what_comes_near(tmp_path: Path, name: str, told: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("netspec.shipped.shipped_specs", lambda: {"patch": Path("specs/patch.toml")})
    (problem,) = read(write(tmp_path, patch=f'extends = "{name}"\n')).problems
    assert problem.code == "NS010"
    assert told in f"{problem.message}; {problem.hint}"


def test_removed_names_groups_and_globs_leave_the_rest_as_it_was(tmp_path: Path) -> None:
    head = layer("head.0", "linear", "out_features = 4") + layer("head.1", "relu")
    for pattern in ("head", "head.*", "head.[01]"):
        patch = f'extends = "base.toml"\nremove = ["{pattern}"]\n' + layer("head.0", "tanh")
        spec = netspec.load(write(tmp_path, base=BASE + head, patch=patch))
        assert [(item.name, type(item).type_name()) for item in spec.layers][2:] == [("fc", "linear"), ("head.0", "tanh")]


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ('extends = "base.toml"\nremove = ["fc", "fd"]', "the base has no layer 'fd' to remove; the base has: conv1, fc,"),
        ('extends = "base.toml"\nremove = "fc"', "remove must be a list of names"),
        ('remove = ["fc"]\n' + BASE, "there is no extends"),
    ],
)
def test_what_cannot_be_removed_is_told_where_it_is_written(tmp_path: Path, patch: str, told: str) -> None:
    problems = [problem for problem in read(write(tmp_path, base=BASE, patch=patch)).problems if problem.code == "NS011"]
    (problem,) = problems
    assert told in f"{problem.message}; {problem.hint}"
    assert problem.span is not None
    assert "remove" in problem.span.text


def test_layers_that_are_gone_are_gone_in_the_editor_too(tmp_path: Path) -> None:
    source = read_source(write(tmp_path, patch='extends = "vgg16"\nremove = ["avgpool", "classifier"]\n'))
    names = [node.name for node in editing.outline(source).nodes]
    assert "features" in names
    assert not [name for name in names if name.startswith(("avgpool", "classifier"))]


@pytest.mark.parametrize(("overrides", "expected"), [
    ([], ["NS946"]), (["data.normalize=standard"], []), (["transfer={freeze=[\"conv1\"]}"], []),
])  # fmt: skip
def test_a_lost_normalization_is_told_until_the_patch_says_one(overrides: list[str], expected: list[str]) -> None:
    file = Path(__file__).parent / "invalid" / "extends_other_data.toml"
    found = [problem.code for problem in read(file, overrides).problems]
    assert [code for code in found if code == "NS946"] == expected
