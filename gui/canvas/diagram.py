"""What the canvas shows: boxes, lines and frames, as plain values without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from netspec.look import count, plural, shape

Kind = Literal["input", "layer", "block", "loss"]
LOAD_WORDS = {
    "loaded": "pretrained", "new": "start anew", "missing": "not in the file", "mismatched": "of another shape in the file",
    "left over": "only in the file",
}  # fmt: skip
"""What can become of a layer's pretrained weights."""
LOSS = "[loss]"
"""The box of the loss; of several the first, and the others are numbered behind it."""
"""Name of the loss's box; no layer can be called that."""


def loss_box(place: int) -> str:
    """The box of the loss at a place among several."""
    return f"{LOSS}:{place}" if place else LOSS


def loss_place(box: str) -> int | None:
    """The place of the loss that a box shows; None for other boxes."""
    name, _, place = box.partition(":")
    return int(place or 0) if name == LOSS else None


@dataclass(frozen=True)
class Box:
    """A box: an input, a layer, a folded block or the loss.

    name: the full one ("layer1.0.conv1"). label: what is written on it. type: of a layer; of a block, its definition.
    families: its own, of a block those of its layers in their order. parent: the frame it stands in. params: what it
    has to learn. times: copies of a block that is repeated. layers: how many of them stand in a block. load: what became
    of its pretrained weights; proof: whether the shown run has proven that it stayed frozen.
    """

    name: str
    kind: Kind = "layer"
    type: str = "?"
    families: tuple[str, ...] = ("shape",)
    parent: str | None = None
    label: str = ""
    shape: tuple[int, ...] | None = None
    params: int = 0
    is_frozen: bool = False
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    times: int = 1
    layers: int = 1
    load: str = ""
    proof: bool | None = None

    @property
    def shape_text(self) -> str:
        """ "64 × 56 × 56"; empty where it is not known."""
        return shape(self.shape) if self.shape else ""

    def spoken(self) -> str:
        """All that the box shows, in words: for tool tips and screen readers."""
        parts = [f"{self.label or self.name}, {self._kind()}"]
        if self.shape:
            parts.append(f"{'shape' if self.kind == 'input' else 'output'} {shape(self.shape)}")
        if self.params:
            parts.append(plural(self.params, "parameter"))
        if self.is_frozen:
            proofs = {True: "frozen, proven unchanged", False: "frozen, but changed", None: "frozen"}
            parts.append(proofs[self.proof])
        if self.load:
            parts.append(f"weights: {LOAD_WORDS.get(self.load, self.load)}")
        problems = [f"error: {text}" for text in self.errors] + [f"warning: {text}" for text in self.warnings]
        return "\n".join([", ".join(parts), *problems])

    def _kind(self) -> str:
        if self.kind == "block":
            repeated = f" {self.times} times" if self.times > 1 else ""
            return f"block {self.type}{repeated}, {plural(self.layers, 'layer')}"
        return self.type if self.kind == "layer" else f"{self.kind} {self.type}" if self.kind == "loss" else "input"


@dataclass(frozen=True)
class Edge:
    """`reader` reads `giver`; port: which of its inputs it is."""

    giver: str
    reader: str
    port: int = 0


@dataclass(frozen=True)
class Frame:
    """An unfolded block around its boxes.

    shared: how many copies of its definition stand in the network. times: how many of them it holds itself; those have
    frames of their own, with `is_copy`.
    """

    name: str
    type: str = "?"
    parent: str | None = None
    label: str = ""
    shared: int = 1
    times: int = 1
    params: int = 0
    is_frozen: bool = False
    is_copy: bool = False

    @property
    def title(self) -> str:
        """What is written beside the name: "basic × 2", "shared by 8"."""
        if self.is_copy:
            return f"shared by {count(self.shared)}" if self.shared > 1 else ""
        times = f"{self.type} × {self.times}" if self.times > 1 else self.type
        return f"{times} · shared by {count(self.shared)}" if self.shared > 1 and self.times == 1 else times


@dataclass(frozen=True)
class Diagram:
    """Everything that is drawn, in the order of the file; frames stand before what they hold."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    frames: tuple[Frame, ...] = ()
    is_broken: bool = False
    """Whether the text says no network: shapes are those that can be worked out, numbers those of an earlier text."""

    @cached_property
    def box(self) -> dict[str, Box]:
        """Boxes by name."""
        return {box.name: box for box in self.boxes}

    @cached_property
    def frame(self) -> dict[str, Frame]:
        """Frames by name."""
        return {frame.name: frame for frame in self.frames}

    @cached_property
    def parents(self) -> dict[str, str | None]:
        """Box or frame → the frame it stands in."""
        return {**{frame.name: frame.parent for frame in self.frames}, **{box.name: box.parent for box in self.boxes}}

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Giver and reader of every line, each pair once."""
        return tuple(dict.fromkeys((edge.giver, edge.reader) for edge in self.edges))

    @cached_property
    def frozen(self) -> frozenset[str]:
        """Boxes and frames of which nothing is learned."""
        boxes = [box.name for box in self.boxes if box.is_frozen]
        return frozenset([*boxes, *(frame.name for frame in self.frames if frame.is_frozen)])

    def givers(self, name: str) -> list[str]:
        """What a box reads, in the order of its ports."""
        return self._givers.get(name, [])

    def readers(self, name: str) -> list[str]:
        """Which boxes read it."""
        return self._readers.get(name, [])

    @cached_property
    def _givers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for edge in sorted(self.edges, key=lambda edge: edge.port):
            found.setdefault(edge.reader, []).append(edge.giver)
        return found

    @cached_property
    def _readers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for giver, reader in self.pairs:
            found.setdefault(giver, []).append(reader)
        return found

    def inside(self, frame: str) -> list[str]:
        """Names of the boxes in a frame, at any depth."""
        return [box.name for box in self.boxes if self.is_inside(box.name, frame)]

    def is_inside(self, name: str, frame: str) -> bool:
        """Whether a box or frame stands in a frame, at any depth."""
        parent = self.parents.get(name)
        return parent is not None and (parent == frame or self.is_inside(parent, frame))

    def layers_below(self, name: str) -> set[str]:
        """Everything that is computed from a box."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for reader in self.readers(waiting.pop()):
                if reader not in found:
                    found.add(reader)
                    waiting.append(reader)
        return found
