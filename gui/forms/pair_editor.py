"""A field for two numbers: height and width."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QToolButton

from gui.forms.editors import Editor
from gui.forms.fields import Integer, Number
from gui.forms.icons import icon
from gui.forms.number_editor import NumberEditor

AXES = ("height", "width")


class PairEditor(Editor):
    """[height, width]; linked: one number for both."""

    def __init__(self, item: Integer | Number, *, can_link: bool, default: Any = None) -> None:
        super().__init__()
        self.parts = [NumberEditor(item, default if not isinstance(default, list) else default[i]) for i in (0, 1)]
        self.link = QToolButton()
        self.link.setCheckable(True)
        self.link.setAutoRaise(True)
        self.link.setIcon(icon("link"))
        self.link.setToolTip("The same for height and width")
        self.link.setAccessibleName("The same for height and width")
        self._can_link, self._value = can_link, None
        self._add(self.parts[0])
        self._add(self.link, 0)
        self.link.setVisible(can_link)  # not before: without a parent it would be a window and take the focus
        self._add(self.parts[1])
        for place, part in enumerate(self.parts):
            part.entered.connect(partial(self._enter, place))
            part.refused.connect(self.refused)
        self.link.clicked.connect(self._switch)

    def set_name(self, name: str) -> None:
        for part, axis in zip(self.parts, AXES if self._can_link else ("first", "second"), strict=True):
            part.set_name(f"{name} {axis}")
        super().set_name(name)

    def show_value(self, value: Any) -> None:
        self._value = value
        is_pair = isinstance(value, list) and len(value) == 2
        first, second = value if is_pair else (value, value)
        self.link.setChecked(not is_pair)
        self.parts[0].show_value(first)
        self.parts[1].show_value(second)
        self.parts[1].setEnabled(is_pair or not self._can_link)

    def show_mixed(self) -> None:
        self._value = None
        for part in self.parts:
            part.show_mixed()

    def is_busy(self) -> bool:
        return any(part.is_busy() for part in self.parts)

    def _enter(self, place: int, number: Any) -> None:
        if self._can_link and self.link.isChecked():
            self.entered.emit(number)
            return
        old = self._value if isinstance(self._value, list) else [self._value, self._value]
        self.entered.emit([number if i == place else item for i, item in enumerate(old)])

    def _switch(self, is_linked: bool) -> None:
        value = self._value
        if is_linked and isinstance(value, list):
            self.entered.emit(value[0])
        elif not is_linked and not isinstance(value, list) and value is not None:
            self.entered.emit([value, value])
