"""The fields of [transfer]: files of weights, layers, the stages in which they are unfrozen, rates, renamed tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gui.forms.around import Around
from gui.forms.editors import Editor
from gui.forms.fields import Field, Free, Part, Several, Text, fields_of
from gui.forms.file_editor import FileEditor
from gui.forms.layer_editors import LayerEditor, PatternsEditor
from gui.forms.rows_editor import First, PairsEditor, RowsEditor, Start
from gui.forms.table_editor import Make, TableEditor
from gui.forms.union_editor import Form, UnionEditor
from netspec.spec.sections import Discriminative, Rates, Transfer, Unfreeze
from netspec.weights.known import known_weights

PATTERNS = ("freeze", "replace", "layers", "stages")
"""Keys with names and patterns of layers."""
LAYERS = {"freeze_to": False, "to": True}
"""Keys with one layer, and whether an input will do."""


def transfer_editor(field: Field, make: Make, words: Sequence[str]) -> Editor | None:
    """The field of a key of [transfer]; None for keys without one of its own."""
    match field.kinds:
        case (Several(item=Text()) as kind,) if field.key in PATTERNS:
            return PatternsEditor(kind, words)
        case (Text(),) if field.key in LAYERS:
            return LayerEditor(words, with_inputs=LAYERS[field.key])
        case (Text(),) if field == fields_of(Transfer)["weights"]:
            return FileEditor(list(known_weights()))
        case (Several(item=Part(model=model)),) if model in STARTS:
            noun, start, first = STARTS[model]
            return RowsEditor(list(fields_of(model).values()), make, noun, start, first)
        case (Free(item=Text()),):
            return PairsEditor(("name in the file", "name here"))
        case (Part(model=model),) if model is Discriminative:
            return DiscriminativeEditor(make)
    return None


class DiscriminativeEditor(UnionEditor):
    """Rates that fall towards the input: evenly with the depth, or from stage to stage."""

    def __init__(self, make: Make) -> None:
        fields = fields_of(Discriminative)
        by_depth, by_stage = [fields["lowest"]], [fields["factor"], fields["stages"]]
        super().__init__([
            Form("the same for all layers", None, lambda value: value is None, clears=True),
            Form("by depth", lambda: TableEditor(by_depth, make), lambda value: _has(value, "lowest"), {"lowest": 0.01}),
            Form("by stage", lambda: TableEditor(by_stage, make), lambda value: _has(value, "factor"), {"factor": 0.4}),
            Form("as text", lambda: make(Field("discriminative", (Free(),))), lambda value: True),
        ])  # fmt: skip
        self.stages: list[str] = []

    def take_around(self, around: Around) -> None:
        super().take_around(around)
        drawn = around.outline
        learned = {node.name for node in around.tops() if any(leaf.type in LEARNED for leaf in drawn.leaves(node.name))}
        self.stages = [node.name for node in around.tops() if node.name in learned]

    def _choose(self, place: int) -> None:
        if self.forms[place].name == "by stage" and place != self._shown:
            self._show(place)
            self.entered.emit({"factor": 0.4, "stages": self.stages})
        else:
            super()._choose(place)


LEARNED = frozenset({"conv2d", "conv_transpose2d", "linear", "embedding"})
"""Types of the layers that make a block, or a layer at the top, one of the stages proposed."""


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _next_stage(around: Around, before: list[Any]) -> dict[str, Any]:
    """Two epochs after the last, everything from the next block down; the last stage is the whole network."""
    epochs = [item["at_epoch"] for item in before if isinstance(item, dict) and isinstance(item.get("at_epoch"), int)]
    frozen = [node.name for node in around.tops() if node.frozen]
    taken = [item.get("to") for item in before if isinstance(item, dict)]
    inputs = [node.name for node in around.outline.nodes if node.kind == "input"] or ["input"]
    places = [frozen.index(name) if name in frozen else 0 for name in taken if name in (*frozen, *inputs)]
    left = frozen[: min(places, default=len(frozen))]
    to = left[-1] if left else inputs[0]
    return {"at_epoch": max(epochs, default=0) + 2, "to": to, "lr_mult": 0.1}


def _next_rate(around: Around, before: list[Any]) -> dict[str, Any]:
    taken = {name for item in before if isinstance(item, dict) for name in item.get("layers", ())}
    free = [node.name for node in around.tops() if node.name not in taken]
    return {"layers": free[:1] or ["*"], "lr_mult": 0.1}


def _first_unfreezing(around: Around) -> int:
    """The number, as the run's table of stages has it, of the stage that the first entry begins."""
    return 3 if around.outline.transfer.get("warmup_epochs") else 2


STARTS: dict[type, tuple[str, Start, First]] = {
    Unfreeze: ("stage", _next_stage, _first_unfreezing), Rates: ("rate", _next_rate, lambda _: 1),
}  # fmt: skip
"""Tables that stand in lists: what one is called, what a new one says, and the number of the first."""
