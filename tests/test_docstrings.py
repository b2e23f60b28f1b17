"""Descriptions of fields come from the strings below them, when somebody asks."""

from __future__ import annotations

import types
from typing import Any

import pytest
from pydantic import BaseModel

from netspec.docstrings import Documented, field_docs
from netspec.spec.schema import json_schema


class Base(Documented):
    a: int = 1
    """Of the base,
    in two lines."""
    b: int = 2
    """Of b."""
    c: int = 3


class Derived(Base):
    a: int = 4
    """Of the derived."""
    b: int = 5
    d: int = 6
    """Of d."""
    note: str = "of nobody"


def test_the_nearest_declaration_counts_also_when_it_says_nothing() -> None:
    assert field_docs(Base) == {"a": "Of the base,\nin two lines.", "b": "Of b."}
    assert field_docs(Derived) == {"a": "Of the derived.", "d": "Of d."}


def test_the_json_schema_describes_each_field() -> None:
    properties = Derived.model_json_schema()["properties"]
    assert {key: field.get("description") for key, field in properties.items()} == {
        "a": "Of the derived.", "b": None, "c": None, "d": "Of d.", "note": None,
    }  # fmt: skip


def test_a_class_without_source_has_no_descriptions() -> None:
    made: type[BaseModel] = types.new_class("Made", (Documented,), {}, lambda namespace: namespace.update(__module__="sys"))
    assert field_docs(made) == {}


@pytest.mark.parametrize("path", [
    ("train", "epochs"), ("optimizers", "items", "anyOf", 0, "lr"), ("layers", "items", "anyOf", 1, "frozen"),
    ("loss", "anyOf", 0, "weight"), ("inputs", "items", "shape"),
])  # fmt: skip
def test_fields_of_sections_and_plug_ins_are_described_in_the_schema_of_specs(path: tuple[Any, ...]) -> None:
    schema = json_schema()
    found: Any = schema["properties"]
    for step in path:
        found = found[step]
        found = schema["$defs"][found["$ref"].rpartition("/")[2]] if isinstance(found, dict) and "$ref" in found else found
        found = found["properties"] if isinstance(found, dict) and "properties" in found else found
    assert found["description"]
