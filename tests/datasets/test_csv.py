"""Tables: columns, classes, and cells that are named when they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.datasets.base import DataError
from netspec.datasets.csv import Csv
from tests.datasets.helpers import dataset, load

FLOWERS = "length,width,kind\n5.1,3.5,setosa\n7.0,3.2,versicolor\n6.3,3.3,virginica\n4.9,3.0,setosa\n"


def read(path: Path, text: str, **keys: Any) -> Any:
    (path / "a.csv").write_text(text, encoding="utf-8")
    found = dataset(type="csv", file="a.csv", **keys)
    assert isinstance(found, Csv)
    return found.read(path, None)


def test_words_become_sorted_classes(tmp_path: Path) -> None:
    source = read(tmp_path, FLOWERS)
    assert source.classes == ("setosa", "versicolor", "virginica")
    assert source.parts["all"].y.tolist() == [0, 1, 2, 0]
    np.testing.assert_array_equal(source.parts["all"].x, [[5.1, 3.5], [7.0, 3.2], [6.3, 3.3], [4.9, 3.0]])
    assert source.parts["all"].names[0] == "line 2"


def test_the_target_is_found_by_name_or_number(tmp_path: Path) -> None:
    for target in ("length", 0, -3):
        source = read(tmp_path, FLOWERS.replace("setosa", "0").replace("versicolor", "1").replace("virginica", "2"),
                      target=target, task="regression")  # fmt: skip
        np.testing.assert_allclose(source.parts["all"].y[:, 0], [5.1, 7.0, 6.3, 4.9], rtol=1e-7)
        assert source.parts["all"].x.shape == (4, 2)


def test_number_labels_are_sorted_as_numbers(tmp_path: Path) -> None:
    source = read(tmp_path, "1;10\n2;9\n3;10\n", header=False, delimiter=";")
    assert source.classes == ("9", "10")
    assert source.parts["all"].y.tolist() == [1, 0, 1]


def test_given_classes_set_the_order(tmp_path: Path) -> None:
    source = read(tmp_path, FLOWERS, classes=["virginica", "versicolor", "setosa"])
    assert source.parts["all"].y.tolist() == [2, 1, 0, 2]


def test_a_byte_order_mark_quotes_and_empty_lines_are_understood(tmp_path: Path) -> None:
    source = read(tmp_path, '\ufeff"a, b",y\n\n"1",x\n2,z\n')
    assert source.parts["all"].x.tolist() == [[1.0], [2.0]]
    assert source.parts["all"].names.tolist() == ["line 3", "line 4"]


def test_large_numbers_keep_their_digits(tmp_path: Path) -> None:
    source = read(tmp_path, "t,y\n1600000001,a\n1600000002,b\n")
    assert source.parts["all"].x[:, 0].tolist() == [1600000001.0, 1600000002.0]


REFUSED = [
    ("a,y\n1,x\nabc,x\n", {}, "a.csv:3: column a is 'abc', no finite number; repair or remove these lines"),
    ("a,y\n1,x\n,x\n", {}, "a.csv:3: column a is empty"),
    ("a,y\n1,x\ninf,x\n", {}, "a.csv:3: column a is 'inf', no finite number"),
    ("a,y\n1,x\n1_000,x\n", {}, "a.csv:3: column a is '1_000', no finite number"),
    ("a,y\n1,x\n2,\n", {}, "a.csv:3: column y is empty"),
    ("a,y\n1,x\n2,z,3\n", {}, "a.csv:3: 3 cells, the first line has 2"),
    ("a,y\n1,x\n", {"target": "z"}, "[data] target: 'z': there is no such column in"),
    ("y,y\n1,x\n", {"target": "y"}, "[data] target: 'y': there are several such columns in"),
    ("a,y\n1,x\n", {"target": 2}, "[data] target: 2: there are 2 columns in"),
    ("a,y\n", {}, "a.csv: has no lines with samples"),
    ("", {"header": False}, "a.csv: has no lines with samples"),
    ("a;y\n1;x\n2;z\n", {}, "a.csv: has no column besides the target 'a;y'; check delimiter"),
    ('a,y\n"1,x\n', {}, "a.csv: cannot be read as a table"),
    ("a,y\n1,x\n2,z\n", {"classes": ["x"]}, "a.csv:3: y is 'z', which is none of the classes x"),
    ("a,y\n1,1.5\n2,2.5\n3,2.7\n", {}, "every one of the 3 lines has another 'y'"),
]


@pytest.mark.parametrize(("text", "keys", "message"), REFUSED)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **keys)
    assert message in str(caught.value)


def test_all_bad_cells_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="7 of 8 cells cannot be read") as caught:
        read(tmp_path, "a,y\n" + "1,x\n" + "?,x\n" * 7)
    assert "and 2 more" in str(caught.value)
    assert len(caught.value.causes) == 7


def test_files_that_are_missing_or_no_utf8_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv does not exist"):
        load(tmp_path, type="csv", file="none.csv")
    (tmp_path / "a.csv").write_bytes(b"a,y\n\xff,1\n")
    with pytest.raises(DataError, match=r"is not UTF-8 text \(byte 4\)"):
        load(tmp_path, type="csv", file="a.csv")


@pytest.mark.parametrize(("offset", "dtype"), [(0, np.float32), (2**24 + 1, np.float64)])
def test_regression_targets_are_not_rounded(tmp_path: Path, offset: int, dtype: type) -> None:
    values = [offset + 2 * i for i in range(20)]
    source = read(
        tmp_path, "x,y\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values)), target="y", task="regression"
    )
    assert source.parts["all"].y.dtype == dtype
    assert source.parts["all"].y[:, 0].tolist() == values


def test_classes_and_regression_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="remove classes"):
        dataset(type="csv", file="a.csv", task="regression", classes=["a"])


@pytest.mark.parametrize(
    ("labels", "ignored", "classes", "y"),
    [
        ("a -1 b a", -1, ("a", "b"), [0, -1, 1, 0]),
        ("0 255 1 0", 255, ("0", "1"), [0, 255, 1, 0]),
        ("0 2 1 0", 1, ("0", "1", "2"), [0, 2, 1, 0]),
        ("0 2 1 0", 2, ("0", "1", "2"), [0, 2, 1, 0]),
        ("a 2 b a", 2, ("a", "b"), [0, 2, 1, 0]),
        ("5 1 7 5", 1, ("1", "5", "7"), [1, 0, 2, 1]),
    ],
)
def test_the_ignored_label_is_a_class_only_where_its_number_is_one(
    tmp_path: Path, labels: str, ignored: int, classes: tuple[str, ...], y: list[int]
) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"1,{label}\n" for label in labels.split()))
    source = dataset(type="csv", file="a.csv").ignoring(ignored).read(tmp_path, None)
    assert source.classes == classes
    assert source.parts["all"].y.tolist() == y
