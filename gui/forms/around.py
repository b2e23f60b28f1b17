"""What a field may want to know of the spec around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from netspec.editing import Node, Outline


@dataclass(frozen=True)
class Around:
    """outline: what stands in the text; folder: where relative paths in it start."""

    outline: Outline = field(default_factory=Outline)
    folder: Path = field(default_factory=Path)

    def leaves(self, *, with_inputs: bool = False) -> list[str]:
        """Full names of all layers, in the order of the text."""
        kinds = ("layer", "input") if with_inputs else ("layer",)
        return [node.name for node in self.outline.nodes if node.kind in kinds]

    def tops(self) -> list[Node]:
        """Layers and blocks at the top."""
        return [node for node in self.outline.children(None) if node.kind != "input"]
