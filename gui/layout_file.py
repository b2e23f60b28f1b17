"""`spec.layout.json` beside a spec: where boxes were put by hand. The spec itself says nothing of it."""

from __future__ import annotations

import json
import math
from pathlib import Path

from netspec.weights.atomic import write_text

Positions = dict[str, tuple[float, float]]


def layout_path(spec: Path) -> Path:
    """digits.toml → digits.layout.json."""
    return spec.with_suffix(".layout.json")


def read(spec: Path) -> Positions:
    """The positions; none when there is no file, or it says something else. It is only looks."""
    try:
        boxes = json.loads(layout_path(spec).read_text(encoding="utf-8"))["boxes"]
        return {str(name): point for name, (x, y) in boxes.items() if (point := _point(x, y)) is not None}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write(spec: Path, positions: Positions) -> None:
    """Write the positions; without any, no file. Raises OSError."""
    path = layout_path(spec)
    if not positions:
        path.unlink(missing_ok=True)
    elif read(spec) != positions:
        boxes = {name: [round(x, 2), round(y, 2)] for name, (x, y) in sorted(positions.items())}
        write_text(path, json.dumps({"version": 1, "boxes": boxes}, indent=1) + "\n")


def _point(x: object, y: object) -> tuple[float, float] | None:
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    return (float(x), float(y)) if math.isfinite(x) and math.isfinite(y) else None
