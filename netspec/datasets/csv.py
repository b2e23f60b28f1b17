"""Tables in text files: numeric features and one target column."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import (
    Array,
    DataError,
    Dataset,
    Part,
    Source,
    as_floats,
    class_names,
    raise_together,
    resolve,
)

Cell = tuple[int, str, str]  # line, column name, text


class _Table(NamedTuple):
    names: list[str]
    rows: list[list[str]]
    lines: list[int]


class Csv(Dataset):
    """A table: one sample a line, numeric feature columns, and a target column.

    Samples are vectors [F], the columns in the file's order without the target. Class labels may be words or numbers;
    the classes are the different ones, sorted. An empty or non-numeric cell is an error that names its line.
    """

    is_whole: ClassVar[bool] = True
    type: Literal["csv"] = "csv"

    file: str
    """The text file, UTF-8; relative to the spec file."""

    target: str | int = -1
    """Name of the target's column, or its number from 0 (−1 is the last)."""

    header: bool = True
    """Whether the first line names the columns; without it they are called "0", "1", …"""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """The character between cells."""

    task: Literal["classification", "regression"] = "classification"
    """Whether the target is a class, or a number to be predicted."""

    classes: list[str] | None = Field(default=None, min_length=1)
    """The classes in label order, as they are written in the target column; without this key sorted."""

    @model_validator(mode="after")
    def _classes_need_classification(self) -> Self:
        if self.classes is not None and self.task == "regression":
            raise ValueError('classes belong to task = "classification"; remove classes')
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        path = resolve(base_dir, self.file)
        table = read_table(path, self.header, self.delimiter)
        target = self._target_column(path, table.names)
        features = [i for i in range(len(table.names)) if i != target]
        if not features:
            raise DataError(f"{path}: has no column besides the target {table.names[target]!r}", "check delimiter")
        x = as_floats(_numbers(path, table, features))
        names = np.array([f"line {line}" for line in table.lines])
        if self.task == "regression":
            return Source({"all": Part(x, as_floats(_numbers(path, table, [target])), names)}, None, None)
        classes, y = self._labels(path, table, target)
        return Source({"all": Part(x, y, names)}, classes, full_scale=None)

    def _target_column(self, path: Path, names: list[str]) -> int:
        if isinstance(self.target, str):
            if names.count(self.target) == 1:
                return names.index(self.target)
            problem = "there are several such columns" if self.target in names else "there is no such column"
        else:
            if -len(names) <= self.target < len(names):
                return self.target % len(names)
            problem = f"there are {len(names)} columns"
        raise DataError(f"[data] target: {self.target!r}: {problem} in {path} ({_shorten(names)})", "correct target")

    def _labels(self, path: Path, table: _Table, target: int) -> tuple[tuple[str, ...], Array]:
        texts = [row[target].strip() for row in table.rows]
        empty = [(line, table.names[target], "") for line, t in zip(table.lines, texts, strict=True) if not t]
        _raise_bad_cells(path, empty, len(texts))
        none = self._text_of_none(set(texts))
        classes = self.classes or _sorted_labels(set(texts) - {none})
        if self.classes is None and len(classes) == len(texts) > 2:
            raise DataError(
                f"{path}: every one of the {len(texts)} lines has another {table.names[target]!r}",
                'choose another target column, or set task = "regression" to predict numbers',
            )
        number = {name: i for i, name in enumerate(classes)} | ({} if none is None else {none: int(none)})
        unknown = [
            DataError(
                f"{path}:{line}: {table.names[target]} is {text!r}, which is none of the classes {_shorten(classes)}",
                "correct the cell, or add it to classes under [data]",
            )
            for line, text in zip(table.lines, texts, strict=True)
            if text not in number
        ]
        raise_together(unknown, f"{len(texts)} labels")
        y = np.array([number[text] for text in texts], np.int64)
        return class_names(classes, [y], str(path), self._ignored), y

    def _text_of_none(self, texts: set[str]) -> str | None:
        """How the loss's ignore_index is written in the target column; None where that number is a class."""
        none = str(self._ignored)
        classes = self.classes if self.classes is not None else texts - {none}
        if self._ignored is None or none not in texts or none in classes or 0 <= self._ignored < len(classes):
            return None
        is_next = self.classes is None and _sorted_labels(texts)[-1] == none and self._ignored == len(classes)
        return None if is_next else none


def read_table(path: Path, header: bool, delimiter: str) -> _Table:
    """Column names, rows of text, and the line each row ends on. Raises DataError for ragged or empty files."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            numbered = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except FileNotFoundError as error:
        raise DataError(f"[data] file: {path} does not exist", "correct file (relative to the spec file)") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except (csv.Error, OSError) as error:
        raise DataError(f"{path}: cannot be read as a table ({error})", "check its quotes and delimiter") from error
    if len(numbered) <= header:
        raise DataError(f"{path}: has no lines with samples", "check file and header under [data]")
    width = len(numbered[0][1])
    for line, row in numbered:
        if len(row) != width:
            raise DataError(
                f"{path}:{line}: {len(row)} cells, the first line has {width}", "repair it, or set delimiter"
            )
    names = [name.strip() for name in numbered[0][1]] if header else [str(i) for i in range(width)]
    body = numbered[1:] if header else numbered
    return _Table(names, [row for _, row in body], [line for line, _ in body])


def _numbers(path: Path, table: _Table, columns: list[int]) -> Array:
    """The columns as (N, len(columns)) float64. Raises DataError listing the cells that are no finite numbers."""
    out = np.empty((len(table.rows), len(columns)))
    bad: list[Cell] = []
    for i, row in enumerate(table.rows):
        for j, column in enumerate(columns):
            out[i, j] = _number(row[column])
            if not math.isfinite(out[i, j]):
                bad.append((table.lines[i], table.names[column], row[column]))
    _raise_bad_cells(path, bad, out.size)
    return out


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _raise_bad_cells(path: Path, cells: list[Cell], total: int) -> None:
    """Nothing for no cells; otherwise a DataError that names line and column of each."""
    hint = "repair or remove these lines; set header = false if the first line is a sample"
    errors = [
        DataError(
            f"{path}:{line}: column {name} {f'is {text!r}, no finite number' if text.strip() else 'is empty'}", hint
        )
        for line, name, text in cells
    ]
    raise_together(errors, f"{total} cells")


def _sorted_labels(texts: set[str]) -> list[str]:
    """Labels that are all numbers in numeric order, other words in alphabetical order."""
    values = {text: _number(text) for text in texts}
    if all(math.isfinite(value) for value in values.values()):
        return sorted(texts, key=lambda text: (values[text], text))
    return sorted(texts)


def _shorten(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
