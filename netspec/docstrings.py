"""Descriptions of fields: the string below a field in its class, read from the source when somebody asks.

pydantic can do that while it makes a class, but reads every file of the program at every start: a quarter of a second.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import zip_longest

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Documented(BaseModel):
    """A model whose JSON Schema describes each field with the string below it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for key, text in field_docs(cls).items():
            if key in properties:
                properties[key].setdefault("description", text)
        return found


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Descriptions by field, of the class and its bases; the nearest declaration counts. {} where there is no source."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        found |= _docs_of_module(cls.__module__).get(cls.__qualname__, {}) if issubclass(cls, BaseModel) else {}
    return {key: text for key, text in found.items() if text and key in model.model_fields}


@cache
def _docs_of_module(name: str) -> dict[str, dict[str, str]]:
    """Class → field → string below it, "" where there is none."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError):
        return {}
    return {node.name: _docs_of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_of_class(node: ast.ClassDef) -> dict[str, str]:
    return {
        field.target.id: _text(below)
        for field, below in zip_longest(node.body, node.body[1:])
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


def _text(node: ast.stmt | None) -> str:
    """The text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return ""
