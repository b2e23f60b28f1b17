"""Plug-ins: one thing per file, discovered by walking its folder.

A plug-in is a pydantic model with a `type` field: the keys of its table in the spec are its fields.
Every list of plug-ins (the spec's unions, the command line, the desktop palette, the docs, the test battery)
is made from `plugins(package)`, so a new layer, loss, metric, optimizer, … is one new file.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializeAsAny,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from netspec.docstrings import Documented


class Plugin(Documented):
    """Base of everything that is chosen by a `type = "…"` key of the spec.

    Subclasses of a family declare `type: Literal["name"] = "name"` and are found in the folder of that family.
    Unknown keys are errors; instances are immutable.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    aliases: ClassVar[tuple[str, ...]] = ()
    """What other frameworks call it; used for did-you-mean only, never accepted."""

    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Defaults that differ in other frameworks: {"torch": {"eps": 1e-10}, …}; `dialect = "torch"` fills them in."""

    @classmethod
    def type_name(cls) -> str:
        """The value of the spec's `type` key, for example "conv2d"."""
        default = cls.model_fields["type"].default
        assert isinstance(default, str)
        return default

    @classmethod
    def summary(cls) -> str:
        """First line of the docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]


@cache
def plugins(package: str) -> dict[str, type[Any]]:
    """All plug-ins of a package ("netspec.layers"), by type name, in alphabetical order."""
    found: dict[str, type[Any]] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        for item in vars(module).values():
            if _is_plugin(item) and item.__module__ == module.__name__:
                name = item.type_name()
                if name in found:
                    raise RuntimeError(f"{package}: two plug-ins are called {name!r}: {found[name]} and {item}")
                found[name] = item
    return dict(sorted(found.items()))


def _is_plugin(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, Plugin) and "type" in item.model_fields


def plugin_parser(package: str, *, shorthand: bool = False) -> Callable[[object, ValidationInfo], object]:
    """Validator of a field that holds a plug-in: takes an instance, a table with `type`, or (shorthand) a type name.

    In JSON mode (spec files) it is strict: "3" is no number and true is not 1.
    """

    def parse(value: object, info: ValidationInfo) -> object:
        if isinstance(value, Plugin):
            return value
        table = {"type": value} if shorthand and isinstance(value, str) else value
        known = plugins(package)
        kind = table.get("type") if isinstance(table, dict) else None
        if not isinstance(kind, str) or kind not in known:
            message = f"{value!r} has no `type` that is one of {', '.join(known)}"
            context = {"message": message, "package": package, "shorthand": shorthand}
            raise PydanticCustomError("plugin_type", "{message}", context)
        if info.mode == "json":
            return known[kind].model_validate_json(json.dumps(table), strict=True)
        return known[kind].model_validate(table)

    return parse


class PluginField:
    """Annotation: `Annotated[Layer, PluginField("netspec.layers")]` takes any layer's table and picks by `type`.

    `shorthand`: a bare text is a type with its defaults ("accuracy").
    """

    def __init__(self, package: str, *, shorthand: bool = False) -> None:
        self.package, self.shorthand = package, shorthand

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        parser = BeforeValidator(plugin_parser(self.package, shorthand=self.shorthand))
        return handler.generate_schema(Annotated[source, SerializeAsAny(), parser])  # type: ignore[type-arg]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known = plugins(self.package)
        tables = [
            plugin.__get_pydantic_json_schema__(plugin.__pydantic_core_schema__, handler) for plugin in known.values()
        ]
        return {"anyOf": [{"enum": list(known)}, *tables]} if self.shorthand else {"anyOf": tables}
