"""The field type of initializers in layers: `weight_init = "xavier_uniform"` or `{ type = "normal", std = 0.01 }`."""

from __future__ import annotations

from typing import Annotated

from netspec.initializers.base import Initializer
from netspec.registry import PluginField

InitializerField = Annotated[Initializer, PluginField("netspec.initializers", shorthand=True)]
"""A name for an initializer with its defaults, or a table with `type` and its settings."""
