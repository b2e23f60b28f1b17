"""The JSON Schema does in an editor what it should: it takes every shipped spec, and refuses what netspec refuses."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pytest

import netspec
from netspec.loading import read_text
from netspec.registry import plugins
from netspec.shipped import shipped_specs
from tests.kit.json_schema import faults


@cache
def schema() -> dict[str, Any]:
    return netspec.json_schema()


def underlined(text: str) -> list[str]:
    return list(faults(tomllib.loads(text), schema(), schema()))


@pytest.mark.parametrize("name", shipped_specs())
def test_shipped_specs_are_valid(name: str) -> None:
    assert underlined(shipped_specs()[name].read_text(encoding="utf-8")) == []


GOOD = 'input.shape = [1, 8, 8]\nlayers = [{ name = "a", type = "conv2d", out_channels = 4, kernel_size = 3 }]\n'


@pytest.mark.parametrize("change", [
    ("out_channels", "out_chanels"), ("= 4", "= 0"), ("= 4", '= "4"'), ('"conv2d"', '"conv"'), ('name = "a", ', ""),
    ("shape", "shapes"), ("[1, 8, 8]", '[1, "8", 8]'), ("layers", "layer"),
])  # fmt: skip
def test_what_netspec_refuses_is_underlined(change: tuple[str, str]) -> None:
    assert underlined(GOOD) == []
    assert underlined(GOOD.replace(*change)) != []
    assert not read_text(GOOD.replace(*change)).ok


def test_expressions_blocks_and_patches_are_valid() -> None:
    assert underlined(GOOD.replace("= 4", '= "${2 * width}"')) == []
    patch = 'extends = "base.toml"\nlayers = [{ name = "fc", out_features = 3 }, { name = "b", remove = true }]'
    assert underlined(patch) == []
    block = '\n[blocks.b]\nrequired = ["act"]\nlayers = [{ name = "x", type = "${act}" }, { name = "y", type = "relu" }]\n'
    assert underlined(GOOD + block) == []
    assert underlined(GOOD + block.replace('"relu"', '"rleu"')) != []


def described(node: Any, path: str = "") -> list[str]:
    """Keys without a description, wherever keys stand; `type` explains itself by the type's own description."""
    if isinstance(node, list):
        return [found for item in node for found in described(item, path)]
    if not isinstance(node, dict):
        return []
    keys = node.get("properties", {}) if node.get("type") == "object" else {}
    bare = [f"{path}.{key}" for key, part in keys.items() if key != "type" and "description" not in part and "$ref" not in part]
    return bare + [found for key, item in node.items() for found in described(item, f"{path}.{key}")]


def test_every_key_has_a_description_and_every_type_is_told_by_its_const() -> None:
    assert described(schema()) == []
    layers = [item.get("$ref", item) for item in schema()["$defs"]["Layer"]["anyOf"]]
    tables = [schema()["$defs"][item.rpartition("/")[2]] if isinstance(item, str) else item for item in layers]
    assert {item["properties"]["type"]["const"] for item in tables} == {*plugins("netspec.layers"), "block"}
    assert all(item.get("description") or item.get("title") for item in tables)


def test_a_json_spec_may_name_its_schema() -> None:
    text = '{"$schema": "./s.json", "input": {"shape": [4]}, "layers": [{"name": "a", "type": "relu"}]}'
    assert read_text(text, "json").problems == ()
    assert not read_text(text.replace('"./s.json"', "3"), "json").ok
