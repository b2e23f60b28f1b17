"""What lies in a folder is recognized, and the spec that is made for it fits its data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.datasets.base import DataError
from netspec.loading import read_text
from netspec.shipped import shipped_specs
from netspec.starting import Found, recognize, spec_of_data, spec_of_template
from netspec.starting.network import network_for
from tests.starting import sets

Make = Callable[[Path], Path]
PIXELS = np.arange(30 * 8 * 8 * 3, dtype=np.uint8).reshape(30, 8, 8, 3)
TEN = np.arange(30) % 10
KINDS: dict[str, Make] = {
    "class folders": sets.class_folders,
    "grey parts": lambda folder: sets.class_folders(folder, mode="L", parts=("train", "val")),
    "table": lambda folder: sets.table(folder, sets.flowers()),
    "arrays": lambda folder: sets.arrays(folder, images=PIXELS, labels=TEN),
    "idx": sets.idx,
    "boxes": sets.boxes,
    "masks": sets.masks,
    "masks of numbers": lambda folder: sets.masks(folder, suffix="_mask", values=(0, 1, 2), parts=("train", "val")),
    "masks of values": lambda folder: sets.masks(folder, values=(0, 50, 200)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_spec_made_for_data_has_no_problems_and_reads_them(kind: str, tmp_path: Path) -> None:
    found = recognize(KINDS[kind](tmp_path / "set"))
    text = spec_of_data(found, "mine", tmp_path)
    document = read_text(text, base_dir=tmp_path)
    assert [problem.render() for problem in document.problems] == []
    spec = document.spec
    assert spec is not None
    assert spec.data is not None
    source = spec.data.read(tmp_path, spec.inputs[0].shape)
    assert all(part.shape == spec.inputs[0].shape for part in source.parts.values())
    assert tuple(source.classes or ()) == found.classes
    outputs = netspec.analyze(spec).shapes[spec.layers[-1].name][0]
    assert outputs == len(found.classes) + (4 if found.task == "detection" else 0)
    assert f"Classes: {', '.join(found.classes)}" in text
    assert str(tmp_path) not in text, "paths are relative to the spec"


def test_pictures_decide_the_size_and_the_channels_of_the_input(tmp_path: Path) -> None:
    assert recognize(sets.class_folders(tmp_path / "a", size=(40, 30))).shape == (3, 28, 28)
    assert recognize(sets.class_folders(tmp_path / "b", size=(20, 500), mode="L")).shape == (1, 16, 16)
    assert recognize(sets.class_folders(tmp_path / "c", size=(200, 300))).shape == (3, 64, 64)
    assert recognize(sets.boxes(tmp_path / "d")).shape == (3, 48, 64)


def test_boxes_that_training_would_refuse_are_left_out_and_told(tmp_path: Path) -> None:
    folder = sets.boxes(tmp_path / "d")
    assert "on_bad" not in recognize(folder).data
    file = folder / "Annotations" / "3.xml"
    file.write_text(file.read_text().replace("<xmax>30", "<xmax>5"))
    found = recognize(folder)
    assert found.data["on_bad"] == "skip"
    assert 'on_bad = "skip" leaves out 1 faulty' in found.about
    assert "3.xml: object 1 (white)" in found.about


def test_parts_that_the_data_bring_are_not_split_again(tmp_path: Path) -> None:
    parts = recognize(sets.class_folders(tmp_path / "a", parts=("train", "val")))
    assert (parts.samples, parts.has_validation) == (48, True)
    assert "validation_split" not in spec_of_data(parts, "a", tmp_path)
    assert "validation_split = 0.1" in spec_of_data(recognize(sets.idx(tmp_path / "b")), "b", tmp_path)


@pytest.mark.parametrize(("lines", "expected"), [
    (["a;b;target", "1;2;x", "3;4;y", "5;6;x", "7;8;y"], {"delimiter": ";", "target": "target"}),
    (["1,2,0", "3,4,1", "5,6,0", "7,8,1"], {"header": False}),
    (["label,b,c", "x,1,2", "y,3,4", "x,5,6", "y,7,8"], {"target": "label"}),
    (["a,b", "1,2.5", "3,4.25", "5,6.5", "7,8"], {"task": "regression"}),
    (["a,b", *(f"{i},{i}" for i in range(50))], {"task": "regression"}),
])  # fmt: skip
def test_tables_are_read_as_they_are_written(lines: list[str], expected: dict[str, object], tmp_path: Path) -> None:
    found = recognize(sets.table(tmp_path / "set", lines))
    assert {key: value for key, value in found.data.items() if key not in ("type", "file")} == expected
    assert found.task == expected.get("task", "classification")
    loss = "mse" if found.task == "regression" else "cross_entropy"
    assert f'type = "{loss}"' in spec_of_data(found, "t", tmp_path)


def test_arrays_with_channels_first_and_numbers_as_targets(tmp_path: Path) -> None:
    found = recognize(sets.arrays(tmp_path / "a", x=PIXELS.transpose(0, 3, 1, 2), y=TEN))
    assert (found.data["layout"], found.shape) == ("nchw", (3, 8, 8))
    found = recognize(sets.arrays(tmp_path / "b", x=np.ones((9, 4)), y=np.linspace(0, 1, 9)))
    assert (found.task, found.shape, found.classes) == ("regression", (4,), ())


def test_digits_are_not_to_be_mirrored(tmp_path: Path) -> None:
    assert "6 would become a 9" in spec_of_data(recognize(sets.idx(tmp_path / "a")), "a", tmp_path)
    text = spec_of_data(recognize(sets.class_folders(tmp_path / "b")), "b", tmp_path)
    with_flips = read_text(text.replace("# augment = ", "augment = "), base_dir=tmp_path)
    assert "# augment = " in text
    assert with_flips.problems == ()


def found_of(shape: tuple[int, ...], samples: int, classes: int = 3) -> Found:
    return Found({"type": "npz"}, shape, "classification", tuple(map(str, range(classes))), samples, False, "")


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 17, 31), (3, 64, 64), (1, 1, 1), (3, 2, 300), (7,), (1,)])
@pytest.mark.parametrize("samples", [20, 5000, 60_000])
def test_networks_fit_inputs_of_any_size(shape: tuple[int, ...], samples: int) -> None:
    spec = netspec.Spec.model_validate({"input": {"shape": shape}, "layers": network_for(found_of(shape, samples))})
    report = netspec.analyze(spec)
    assert report.ok
    assert report.shapes["fc"] == (3,)


def test_more_samples_make_a_larger_network() -> None:
    def params(samples: int) -> int:
        layers = network_for(found_of((3, 32, 32), samples))
        return netspec.analyze(netspec.Spec.model_validate({"input": {"shape": [3, 32, 32]}, "layers": layers})).totals.params

    assert params(100) < params(5000) < params(50_000)


@pytest.mark.parametrize(("make", "told"), [
    (lambda folder: folder / "missing", "does not exist"),
    (lambda folder: folder, "holds none of the known kinds of data"),
    (lambda folder: sets.table(sets.table(folder, ["a"]), ["b"], "b.csv"), "holds several tables"),
    (lambda folder: sets.table(folder, ["a,b"]), "a table needs some samples"),
    (lambda folder: sets.table(folder, ["a,b,c", "x,1,2", "y,2,3", "z,3,2"]), "no finite number"),
    (lambda folder: sets.table(folder, ["hello"], "notes.txt") / "notes.txt", "is of no known kind"),
])  # fmt: skip
def test_what_cannot_be_read_is_told(make: Make, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=told):
        recognize(make(tmp_path))


@pytest.mark.parametrize("name", shipped_specs())
def test_every_template_is_copied_with_its_comments_under_a_new_name(name: str) -> None:
    original = shipped_specs()[name].read_text(encoding="utf-8")
    text = spec_of_template(original, "mine")
    assert netspec.loads(text, base_dir=shipped_specs()[name].parent).name == "mine"
    changed = [(a, b) for a, b in zip(original.splitlines(), text.splitlines(), strict=True) if a != b]
    assert [b.split("#")[0].strip() for _, b in changed] == ['name = "mine"']
