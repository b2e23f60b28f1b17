"""The JSON Schema of spec files, for completion and checks in editors."""

from __future__ import annotations

from typing import Any

from netspec.docstrings import field_docs
from netspec.layers.base import Layer
from netspec.spec.block_parameters import USE_KEYS
from netspec.spec.model import Spec

SCALARS = ("integer", "number", "boolean")
EXPRESSION: dict[str, Any] = {"type": "string", "pattern": r"\$\{", "description": "An expression of variables."}
UNSETTLED: dict[str, Any] = {
    "type": "object", "properties": {"type": {"type": "string", "pattern": r"\$\{"}}, "required": ["type"],
    "description": "A layer whose type is an expression.",
}  # fmt: skip
PLURALS = {"input": "inputs", "loss": "losses", "optimizer": "optimizers"}
"""Tables that may stand alone instead of in a list."""


def json_schema() -> dict[str, Any]:
    """What may stand in a spec file, plug-ins included; numbers, booleans and words may be `${expressions}`."""
    schema = _allow_expressions(Spec.model_json_schema())
    properties: dict[str, Any] = schema["properties"]
    schema["$defs"]["Expression"] = EXPRESSION
    for one, many in PLURALS.items():
        properties[one] = {**properties[many]["items"], "description": f"The only one of `{many}`."}
    properties["extends"] = {"type": "string", "description": "The file that this one patches, or a shipped spec by name."}
    properties["remove"] = {
        "type": "array", "items": {"type": "string"},
        "description": "In a patch: layers of the base that are taken out first, by name, group or glob.",
    }  # fmt: skip
    properties["variables"] = {
        "type": "object", "additionalProperties": {"type": [*SCALARS, "string"]},
        "description": "Numbers, texts and booleans that `${expressions}` and --set use.",
    }  # fmt: skip
    properties["$schema"] = {"type": "string", "description": "This schema, for editors of JSON; it says nothing."}
    properties["blocks"] = {
        "type": "object", "additionalProperties": _block(), "description": "Groups of layers that are used several times.",
    }  # fmt: skip
    schema["$defs"]["Layer"] = _layer(properties["layers"]["items"], schema["$defs"])
    properties["layers"]["items"] = {"$ref": "#/$defs/Layer"}
    schema["required"] = []
    schema["anyOf"] = [{"required": ["layers"]}, {"required": ["extends"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "netspec"}


def _layer(layers: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Any layer, or the use of a block, also where a patch names only what it changes."""
    layers["anyOf"].append(_block_use())
    for layer in layers["anyOf"]:
        definition = definitions[layer["$ref"].rpartition("/")[2]] if "$ref" in layer else layer
        definition["properties"] |= {
            "when": {"type": ["boolean", "string"], "description": "Leave the layer out when this is false."},
            "remove": {"const": True, "description": "In a patch: the base's layer of this name is taken out."},
        }
        definition["required"] = ["name"]
    return layers


def _allow_expressions(schema: Any) -> Any:
    """Wherever a number, a boolean, a name or one of several words may stand, an expression may."""
    if isinstance(schema, list):
        return [_allow_expressions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _allow_expressions(value) for key, value in schema.items()}
    if schema.get("type") in SCALARS or "enum" in schema or "pattern" in schema:
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
                "items": {"anyOf": [{"$ref": "#/$defs/Layer"}, UNSETTLED]},
                "description": "Layers; `${parameter}` stands for its value.",
            },
            "parameters": {"type": "object", "description": "Parameters with their defaults."},
            "required": {"type": "array", "items": {"type": "string"}, "description": "Parameters without default."},
            "carry": {
                "type": "object",
                "description": "Parameters that a copy takes from the one before: expressions of its parameters.",
            },
            "copies": {"type": "string", "description": "What the copies are called behind the use's name."},
            "output": {"type": "string", "description": "Layer that gives the block's output; default: the last."},
            "description": {"type": "string", "description": "What the block is, for people."},
        },
    }


def _block_use() -> dict[str, Any]:
    docs = {**field_docs(Layer), "block": "Which block is used: the NAME of [blocks.NAME]."}
    properties: dict[str, Any] = {
        key: {"description": docs.get(key, "Of the use of a block: see Blocks in docs/spec.md.")} for key in USE_KEYS
    }
    properties["type"] = {"const": "block"}
    properties["repeat"] = {"type": ["integer", "string"], "description": "Copies, one behind the other."}
    properties["first"] = {"type": "object", "description": "Parameters of the first copy only."}
    properties["each"] = {"type": "array", "items": {"type": "object"}, "description": "Parameters of the copies, one by one."}
    description = "A block's layers, put here; its other keys are the block's parameters."
    return {
        "type": "object", "title": "Block", "description": description, "required": ["name"], "properties": properties,
    }  # fmt: skip
