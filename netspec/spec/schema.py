"""The JSON Schema of spec files, for completion and checks in editors."""

from __future__ import annotations

from typing import Any

from netspec.spec.block_parameters import USE_KEYS
from netspec.spec.model import Spec

SCALARS = ("integer", "number", "boolean")
EXPRESSION: dict[str, Any] = {"type": "string", "pattern": r"\$\{", "description": "An expression of variables."}
ANY_TABLE: dict[str, Any] = {"type": "object"}


def json_schema() -> dict[str, Any]:
    """What may stand in a spec file, plug-ins included; numbers and booleans may be `${expressions}`."""
    schema = _allow_expressions(Spec.model_json_schema())
    properties: dict[str, Any] = schema["properties"]
    schema["$defs"]["Expression"] = EXPRESSION
    properties["input"] = properties["inputs"]["items"]
    properties["loss"] = properties["losses"]["items"]
    properties["optimizer"] = properties["optimizers"]["items"]
    properties["extends"] = {"type": "string", "description": "The file that this one patches."}
    properties["variables"] = {"type": "object", "additionalProperties": {"type": [*SCALARS, "string"]}}
    properties["blocks"] = {"type": "object", "additionalProperties": _block()}
    layers = properties["layers"]["items"]
    layers["anyOf"].append(_block_use())
    for layer in layers["anyOf"]:
        definition = schema["$defs"][layer["$ref"].rpartition("/")[2]] if "$ref" in layer else layer
        definition["properties"] |= {"when": {"type": ["boolean", "string"]}, "remove": {"const": True}}
        definition["required"] = ["name"]  # a patch of a layer in a base names only what it changes
    schema["required"] = []
    schema["anyOf"] = [{"required": ["layers"]}, {"required": ["extends"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "netspec"}


def _allow_expressions(schema: Any) -> Any:
    """Wherever a number or boolean may stand, an expression may."""
    if isinstance(schema, list):
        return [_allow_expressions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _allow_expressions(value) for key, value in schema.items()}
    if schema.get("type") in SCALARS:
        outer = {key: schema.pop(key) for key in ("description", "default", "title") if key in schema}
        return {"anyOf": [schema, {"$ref": "#/$defs/Expression"}], **outer}
    return schema


def _block() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["layers"],
        "additionalProperties": False,
        "properties": {
            "layers": {
                "type": "array",
                "items": ANY_TABLE,
                "description": "Layers; `${parameter}` stands for its value.",
            },
            "parameters": {"type": "object", "description": "Parameters with their defaults."},
            "required": {"type": "array", "items": {"type": "string"}, "description": "Parameters without default."},
            "output": {"type": "string", "description": "Layer that gives the block's output; default: the last."},
            "description": {"type": "string"},
        },
    }


def _block_use() -> dict[str, Any]:
    properties: dict[str, Any] = {key: {} for key in USE_KEYS}
    properties["type"] = {"const": "block"}
    properties["repeat"] = {"type": ["integer", "string"], "description": "Copies, one behind the other."}
    properties["first"] = {"type": "object", "description": "Parameters of the first copy only."}
    return {"type": "object", "title": "Block", "required": ["name"], "properties": properties}
