"""Fields that name layers: one, or several by names, globs and regular expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from gui.forms.around import Around
from gui.forms.editors import Editor, NamesEditor, TextEditor
from gui.forms.fields import Kind, Text
from gui.forms.icons import icon
from gui.forms.layer_picker import LayerPicker
from netspec.graph import match_any, match_layers
from netspec.look import plural


class PatternsEditor(Editor):
    """Names and patterns of layers, with how many layers they mean. The button shows all layers to check."""

    def __init__(self, kind: Kind, words: Sequence[str] = ()) -> None:
        super().__init__()
        self.names = NamesEditor((kind,), words)
        self.pick, self.meaning = picker_button("Choose layers"), QLabel()
        self.picker: LayerPicker | None = None
        self._around, self._value = Around(), list[str]()
        self.meaning.setObjectName("secondary")
        self.meaning.setWordWrap(True)
        line = QVBoxLayout()
        line.setSpacing(1)
        line.addWidget(self.names)
        line.addWidget(self.meaning)
        self._row.addLayout(line, 1)
        self._row.addWidget(self.pick, 0, Qt.AlignmentFlag.AlignTop)
        self.setFocusProxy(self.names)
        self.names.entered.connect(self.entered)
        self.names.refused.connect(self.refused)
        self.pick.clicked.connect(self.open_picker)

    def show_value(self, value: Any) -> None:
        self._value = [str(item) for item in value] if isinstance(value, list) else []
        self.names.show_value(value)
        self._tell()

    def show_mixed(self) -> None:
        self.names.show_mixed()
        self.meaning.hide()

    def is_busy(self) -> bool:
        return self.names.is_busy()

    def take_around(self, around: Around) -> None:
        self._around = around
        self.names.set_words([node.name for node in around.outline.nodes if node.kind != "input"])
        self._tell()

    def open_picker(self) -> None:
        """Show the layers to check."""
        self.picker = LayerPicker(self, many=True)
        self.picker.switched.connect(self.switch)
        self.picker.show_layers(self._around, self._value)
        self.picker.open_below(self.names)

    def switch(self, name: str, is_wanted: bool) -> None:
        """Add a name in the order of the network, or take it away."""
        rest = [item for item in self._value if item != name]
        if is_wanted:
            rest = [item for item in rest if not item.startswith(f"{name}.")]  # the block stands for all in it
            rest.insert(self._place(name, rest), name)
        self._value = rest
        self.entered.emit(rest)
        if self.picker is not None:
            self.picker.mark(rest)

    def _place(self, name: str, names: list[str]) -> int:
        leaves = self._around.leaves()
        first = {item: leaves.index(found[0]) for item in [*names, name] if (found := match_layers(item, leaves))}
        later = (place for place, item in enumerate(names) if first.get(item, -1) > first.get(name, len(leaves)))
        return next(later, len(names))

    def _tell(self) -> None:
        leaves = self._around.leaves()
        matched = match_any(self._value, leaves)
        self.meaning.setText(f"{len(matched)} of {plural(len(leaves), 'layer')}")
        self.meaning.setVisible(bool(self._value) and bool(leaves))


class LayerEditor(TextEditor):
    """The name of one layer or block; with_inputs: an input of the network will do, too. An empty field says nothing."""

    def __init__(self, words: Sequence[str] = (), *, with_inputs: bool = False) -> None:
        super().__init__((Text(),), is_plain=True, words=words)
        self.pick = picker_button("Choose a layer")
        self.picker: LayerPicker | None = None
        self._around, self._with_inputs = Around(), with_inputs
        self._row.addWidget(self.pick)
        self.pick.clicked.connect(self.open_picker)

    def take_around(self, around: Around) -> None:
        self._around = around

    def open_picker(self) -> None:
        """Show the layers to choose from."""
        self.picker = LayerPicker(self, many=False, with_inputs=self._with_inputs)
        self.picker.picked.connect(self.entered)
        self.picker.show_layers(self._around, ())
        self.picker.open_below(self.line)

    def _enter(self) -> None:
        if self.line.isModified() and not self.line.text().strip():
            self.line.setModified(False)
            self.entered.emit(None)
        else:
            super()._enter()


def picker_button(name: str, parent: QWidget | None = None) -> QToolButton:
    """A small button with a list on it."""
    button = QToolButton(parent)
    button.setIcon(icon("list"))
    button.setAutoRaise(True)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
