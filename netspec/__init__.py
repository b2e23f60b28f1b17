"""netspec: one text file in, a trained network out.

Names are imported when they are first used, so that `import netspec` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.analysis import analyze
    from netspec.loading import load, loads, read
    from netspec.problems import SpecError
    from netspec.program import compile
    from netspec.range_test.find import lr_find
    from netspec.rendering import render, spec_hash
    from netspec.spec.model import Spec
    from netspec.spec.schema import json_schema
    from netspec.training.run import train

__version__ = "0.1.0"
__all__ = [
    "Spec",
    "SpecError",
    "__version__",
    "analyze",
    "compile",
    "json_schema",
    "load",
    "loads",
    "lr_find",
    "read",
    "render",
    "spec_hash",
    "train",
]

_HOMES = {
    "Spec": "netspec.spec.model",
    "SpecError": "netspec.problems",
    "analyze": "netspec.analysis",
    "compile": "netspec.program",
    "load": "netspec.loading",
    "loads": "netspec.loading",
    "read": "netspec.loading",
    "lr_find": "netspec.range_test.find",
    "render": "netspec.rendering",
    "spec_hash": "netspec.rendering",
    "json_schema": "netspec.spec.schema",
    "train": "netspec.training.run",
}
"""Public name → module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
