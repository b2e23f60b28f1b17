"""Random values of a spec's keys, drawn from their JSON Schema: whatever keys a layer has, or will have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MOST = 5
"""Integers are drawn from so many values above the least one, so that networks stay small."""
LEFT_OUT = {"name", "type", "inputs", "frozen", "lr_mult", "decay_mult", "l1", "l2"}
"""Keys that all layers have, and that change no shape."""


def random_settings(schema: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A table for a plug-in's schema: required keys always, others half the time. Not all of them are valid."""
    required = set(schema.get("required", ()))
    settings = {}
    for key, part in schema.get("properties", {}).items():
        if key in LEFT_OUT or key.endswith("_init") or (key not in required and rng.random() < 0.5):
            continue
        value = random_value(part, schema.get("$defs", {}), rng)
        if value is not None:
            settings[key] = value
    return settings


def random_value(part: Mapping[str, Any], definitions: Mapping[str, Any], rng: np.random.Generator) -> Any:
    """A value that the schema allows; None where it is not of a kind that is drawn."""
    if "$ref" in part:
        return random_value(definitions[part["$ref"].rpartition("/")[2]], definitions, rng)
    if "anyOf" in part:
        return random_value(part["anyOf"][rng.integers(len(part["anyOf"]))], definitions, rng)
    if "const" in part or "enum" in part:
        words = part.get("enum", [part.get("const")])
        return words[rng.integers(len(words))]
    draw = _DRAWS.get(part.get("type", ""))
    return draw(part, definitions, rng) if draw else None


def _integer(part: Mapping[str, Any], _: Mapping[str, Any], rng: np.random.Generator) -> int:
    least = part.get("minimum", part.get("exclusiveMinimum", -1) + 1)
    least = max(least, -2)  # bounds that only guard against slips are far away
    most = min(least + MOST, part.get("maximum", least + MOST))
    return int(rng.integers(least, most + 1))


def _number(part: Mapping[str, Any], _: Mapping[str, Any], rng: np.random.Generator) -> float:
    least = part.get("minimum", part.get("exclusiveMinimum", -1.0))
    most = part.get("maximum", part.get("exclusiveMaximum", least + 2.0))
    return round(float(least + (min(most, least + 2.0) - least) * rng.uniform(0.05, 0.95)), 3)


def _array(part: Mapping[str, Any], definitions: Mapping[str, Any], rng: np.random.Generator) -> list[Any] | None:
    items = part.get("prefixItems")
    if items is None:
        least, most = part.get("minItems", 1), part.get("maxItems", 3)
        items = [part.get("items", {})] * int(rng.integers(least, most + 1))
    values = [random_value(item, definitions, rng) for item in items]
    return None if None in values else values


def _table(part: Mapping[str, Any], definitions: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    values = {
        key: random_value(item, definitions, rng) for key, item in part.get("properties", {}).items() if rng.random() < 0.5
    }
    return {key: value for key, value in values.items() if value is not None}


def _boolean(part: Mapping[str, Any], definitions: Mapping[str, Any], rng: np.random.Generator) -> bool:
    return bool(rng.integers(2))


_DRAWS = {"integer": _integer, "number": _number, "array": _array, "object": _table, "boolean": _boolean}
