"""Fields of the spec that hold a plug-in of one family, whatever files that family has."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, SerializeAsAny
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from netspec.registry import plugin_parser, plugins


class PluginField:
    """Annotation: `Annotated[Layer, PluginField("netspec.layers")]` takes any layer's table and picks by `type`.

    `shorthand`: a bare text is a type with its defaults ("accuracy").
    """

    def __init__(self, package: str, *, shorthand: bool = False) -> None:
        self.package, self.shorthand = package, shorthand

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        parser = BeforeValidator(plugin_parser(self.package))
        return handler.generate_schema(Annotated[source, SerializeAsAny(), parser])  # type: ignore[type-arg]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known = plugins(self.package)
        tables = [handler(plugin.__pydantic_core_schema__) for plugin in known.values()]
        return {"anyOf": [{"enum": list(known)}, *tables]} if self.shorthand else {"anyOf": tables}
