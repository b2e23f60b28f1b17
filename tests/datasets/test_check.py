"""`check_data` of arrays and tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netspec.datasets.check import Finding, check_data
from tests.datasets.helpers import dataset


def test_non_finite_values_and_duplicates_are_listed(tmp_path: Path) -> None:
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    test = np.arange(100, 108, dtype=np.float32).reshape(4, 2)
    x[3, 1], x[5] = np.inf, x[2]
    test[1] = x[0]
    np.savez(tmp_path / "a.npz", x_train=x, y_train=np.arange(10) % 2, x_test=test, y_test=np.zeros(4, int))
    report = check_data(dataset(type="npz", file="a.npz"), tmp_path)
    assert report.findings == (
        Finding("train 3", "value 1 is inf", "error"),
        Finding("train 5", "the same values as train 2, but with target 1 instead of 0", "warning"),
        Finding("test 1", "the same values as train 0", "warning"),
    )
    assert not report.ok
    assert report.samples == 14
    assert report.classes == ({"class": "0", "train": 5, "test": 4}, {"class": "1", "train": 5, "test": 0})


def test_every_bad_cell_is_a_finding_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,y\n1,x\n" + "?,x\n" * 30, encoding="utf-8")
    report = check_data(dataset(type="csv", file="a.csv"), tmp_path)
    assert len(report.findings) == 30
    assert report.findings[0].path == f"{tmp_path / 'a.csv'}:3"
    assert report.findings[0].reason.startswith("column a is '?', no finite number; repair")
    assert not report.ok


def test_labels_out_of_range_are_a_finding(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.eye(4), y=np.arange(4))
    report = check_data(dataset(type="npz", file="a.npz", classes=["a", "b", "c"]), tmp_path)
    assert [f.reason.split(";")[0] for f in report.findings] == [
        "label 3 (first at sample 3) is outside the 3 classes 0…2"
    ]


def test_the_shipped_digits_are_in_order(tmp_path: Path) -> None:
    report = check_data(dataset(type="digits"), tmp_path)
    assert report.ok
    assert report.findings == ()
    assert report.samples == 1797


def test_samples_are_compared_with_the_networks_input(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,y\n1,2,x\n3,4,y\n", encoding="utf-8")
    table = dataset(type="csv", file="a.csv")
    assert check_data(table, tmp_path, input_shape=(2,)).ok
    report = check_data(table, tmp_path, input_shape=(3,))
    assert [finding.reason.split(";")[0] for finding in report.findings] == [
        "samples are vectors of 2 values, but the network's input is vectors of 3 values"
    ]
    assert not report.ok


def test_a_label_below_zero_is_named_without_an_empty_range(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.eye(2), y=np.array([-1, -1]))
    (finding,) = check_data(dataset(type="npz", file="a.npz"), tmp_path).findings
    assert finding.reason.startswith("label -1 (first at sample 0) is no class: classes are 0, 1, …")
