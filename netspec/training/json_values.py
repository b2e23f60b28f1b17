"""Numbers as JSON and back, to the bit; what JSON lacks (NaN, the infinities) as strings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_FROM_TEXT = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
TEXT_KEYS = frozenset(
    (
        *("event", "stage", "optimizer", "optimizers", "types", "name", "folder", "classes", "dtype", "spec_hash"),
        *("data_fingerprint", "started", "notes", "warnings", "part", "kind", "path", "monitor", "reason", "message"),
        *("digest", "bundle", "frozen", "source"),
    )
)
"""Keys whose strings are text, even when a class or an optimizer is called NaN."""


def to_json_value(value: Any) -> Any:
    """Numbers, text, lists and tables of Python or NumPy → values that `json.dumps(…, allow_nan=False)` takes."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _text(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return to_json_value(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be written to the history")


def from_json_value(value: Any, key: str = "") -> Any:
    """What `to_json_value` was given (arrays as lists); `key` says whether strings are text."""
    if isinstance(value, str):
        return value if key in TEXT_KEYS else _FROM_TEXT.get(value, value)
    if isinstance(value, list):
        return [from_json_value(item, key) for item in value]
    if isinstance(value, dict):
        return {name: from_json_value(item, name) for name, item in value.items()}
    return value


def _text(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
