"""The form of the chosen layer, or of several: name, type, frozen, keys, and what it comes to."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.forms.choice_editor import ChoiceEditor
from gui.forms.chosen import Chosen, grouped, names_to_read
from gui.forms.editors import TextEditor
from gui.forms.facts import Fact, facts_of
from gui.forms.fields import Text
from gui.forms.icons import snowflake_icon
from gui.forms.manners import Manners, follow_down, teach
from gui.forms.row import Shown
from gui.forms.table_form import TableForm, key_problems, shown_values
from gui.forms.values import written
from gui.state import State
from gui.text.colours import type_colour
from gui.text.marks import severity_colour
from gui.theme import code_font
from netspec.editing import Address
from netspec.look import count, plural, shape
from netspec.registry import plugins

INHERITED = "Written in a file that this one extends; what is changed here is a patch of it."
ELSEWHERE = "Part of a block that is written in {file}: open that file to change it."
OF_BLOCK = "Part of the block {block}: a change here changes all {uses} layers made from it."
OF_BLOCK_ONCE = "Part of the block {block}."
COPY = "One of the copies that {name} makes: a change here changes all of them."


class Head(QFrame):
    """Bar of the family, name, type and the freeze switch."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.type = TextEditor((Text(),), is_plain=True), ChoiceEditor(list(plugins("netspec.layers")))
        self.name.line.setObjectName("nameField")
        self.name.set_name("Name")
        self.type.set_name("Type")
        self.several, self.kind, self.freeze = QLabel(), QLabel(), QPushButton()
        self.summary = QLabel()
        self.summary.setObjectName("secondary")
        self.summary.setWordWrap(True)
        self.several.setObjectName("formTitle")
        self.kind.setObjectName("secondary")
        self.freeze.setObjectName("freeze")
        self.freeze.setCheckable(True)
        self.freeze.setAccessibleName("Frozen")
        self.error = QLabel()
        self.error.setWordWrap(True)
        self.error.setStyleSheet(f"color: {severity_colour('error').name()}")
        self._colours: list[QColor] = []
        above, below = QHBoxLayout(), QHBoxLayout()
        for layout in (above, below):
            layout.setSpacing(6)
        above.addWidget(self.name, 1)
        above.addWidget(self.several, 1)
        below.addWidget(self.type, 1)
        below.addWidget(self.kind, 1)
        below.addWidget(self.freeze)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 2, 0, 2)
        column.setSpacing(6)
        column.addLayout(above)
        column.addLayout(below)
        column.addWidget(self.summary)
        column.addWidget(self.error)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_colours(self, colours: list[QColor]) -> None:
        """The bar at the left, one piece for each family."""
        self._colours = colours
        self.update()

    def paintEvent(self, event: object) -> None:  # noqa: N802
        painter, count = QPainter(self), max(len(self._colours), 1)
        height = self.height() / count
        for place, colour in enumerate(self._colours):
            painter.fillRect(QRectF(0, place * height, 4, height), colour)


class LayerPage(QWidget):
    """Shows what is chosen; edits are asked for, not made."""

    key_entered = Signal(str, object)
    key_reset = Signal(str)
    name_entered = Signal(str)
    type_entered = Signal(str)
    frozen_entered = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head, self.note, self.troubles = Head(), QLabel(), QLabel()
        self.form: TableForm | None = None
        self.facts = QFrame()
        self._forms: dict[str, TableForm] = {}
        self._addresses: tuple[Address, ...] = ()
        self._manners = Manners(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2, 4, 8, 8)
        self._column.setSpacing(8)
        self.note.setObjectName("formNote")
        for label in (self.note, self.troubles):
            label.setWordWrap(True)
        self.facts.setObjectName("facts")
        for widget in (self.head, self.note, self.troubles, self.facts):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        teach(self.head, self._manners)
        self.head.name.entered.connect(self.name_entered.emit)
        self.head.type.entered.connect(self.type_entered.emit)
        self.head.freeze.clicked.connect(self.frozen_entered)

    def show_chosen(self, state: State, chosen: Chosen) -> None:
        """Show the layers; rows are made anew only when there are others."""
        self._show_head(state, chosen)
        self._make_form(state, chosen)
        assert self.form is not None
        problems = key_problems(chosen.problems, 2)
        values = shown_values(chosen.fields, chosen.tables, chosen.resolved, _origin(chosen))
        for key, hint in (("inputs", _reads(chosen)), ("stride", written(values.get("kernel_size", Shown()).value))):
            if key in values:
                values[key] = replace(values[key], hint=hint)
        self.form.show_values(values, problems)
        self.form.setEnabled(chosen.elsewhere is None)
        loose = [item for key, items in problems.items() if key not in self.form.rows for item in items]
        self.troubles.setVisible(bool(loose))
        self.troubles.setText("\n".join(f"{item.code} {item.message}; {item.hint}" for item in loose))
        self.troubles.setStyleSheet(f"color: {severity_colour('error').name()}")
        self._show_facts(state, chosen)

    def refuse(self, key: str, reason: str) -> None:
        """Say why an edit was not made."""
        if key == "name":
            self.head.error.setText(reason)
            self.head.error.show()
        elif self.form is not None:
            self.form.refuse(key, reason)

    def _show_head(self, state: State, chosen: Chosen) -> None:
        head, first = self.head, chosen.nodes[0]
        is_one_name = chosen.is_single
        head.name.setVisible(is_one_name)
        head.several.setVisible(not is_one_name)
        head.several.setText(plural(len(chosen.nodes), "layer"))
        own = first.name.removeprefix(f"{first.parent}.")
        is_written = not (chosen.is_inherited or chosen.elsewhere is not None or first.kind == "input")
        local = chosen.tables[0].get("name", "" if is_written else own)
        for field in (head.name, head.type):
            field.setEnabled(chosen.elsewhere is None)
        if not head.name.is_busy():
            head.name.show_value(local)
            head.error.hide()
        head.name.setToolTip(first.name if len(chosen.nodes) == 1 else "")
        head.type.setVisible(chosen.is_layers)
        if len(chosen.types) == 1:
            head.type.show_value(first.type)
        else:
            head.type.show_mixed()
        head.kind.setVisible(not chosen.is_layers)
        head.kind.setText("input of the network" if first.kind == "input" else f"block {first.type}")
        head.show_colours(list({type_colour(kind).name(): type_colour(kind) for kind in sorted(chosen.types)}.values()))
        head.summary.setText(_summary(state, chosen))
        head.summary.setVisible(bool(head.summary.text()))
        self._show_frozen(state, chosen)
        self.note.setText(self._note(chosen))
        self.note.setVisible(bool(self.note.text()))

    def _show_frozen(self, state: State, chosen: Chosen) -> None:
        leaves = [leaf for node in chosen.nodes for leaf in state.outline.leaves(node.name)]
        frozen = [leaf.frozen for leaf in leaves]
        button = self.head.freeze
        button.setVisible(any(node.kind != "input" for node in chosen.nodes))
        is_all = bool(frozen) and all(frozen)
        button.setChecked(is_all)
        button.setText("Frozen" if is_all else "Frozen in part" if any(frozen) else "Trainable")
        button.setIcon(snowflake_icon(on=any(frozen)))
        by_others = is_all and not any(table.get("frozen") for table in chosen.tables)
        source = " It is [transfer], or the block around, that freezes it." if by_others else ""
        button.setToolTip(f"Keep parameters and statistics as they are (L).{source}")

    def _note(self, chosen: Chosen) -> str:
        node = chosen.nodes[0]
        if chosen.block is not None:
            many = OF_BLOCK if chosen.uses > 1 else OF_BLOCK_ONCE
            return many.format(block=chosen.block, uses=chosen.uses)
        if chosen.elsewhere is not None or chosen.is_inherited:
            return _origin(chosen)
        if chosen.is_single and node.kind == "block" and node.name != chosen.tables[0].get("name") and node.parent:
            return COPY.format(name=node.parent)
        return ""

    def follow_theme(self) -> None:
        """Make the rows anew: their icons have the colours of the theme."""
        for form in self._forms.values():
            form.hide()
            form.deleteLater()
        self._forms.clear()
        self.form = None

    def _make_form(self, state: State, chosen: Chosen) -> None:
        """The form for these keys: made once, then kept, since making one takes longer than showing it."""
        groups = grouped(chosen.fields)
        signature = repr([(title, fields) for title, fields in groups.items()])
        form = self._forms.get(signature)
        if form is None:
            form = self._forms[signature] = TableForm(groups, {})
            form.entered.connect(self.key_entered)
            form.reset.connect(self.key_reset)
            self._column.insertWidget(3, form)
            follow_down(self.head.freeze, form.stops())
        if form is not self.form and self.form is not None:
            self.form.hide()
        if form is not self.form or chosen.addresses != self._addresses:
            form.forget()
        self.form, self._addresses = form, chosen.addresses
        form.set_words("inputs", names_to_read(state, chosen.nodes[0]) if chosen.is_single else [])
        form.show()

    def _show_facts(self, state: State, chosen: Chosen) -> None:
        node = chosen.nodes[0]
        is_known = len(chosen.nodes) == 1 and node.kind == "layer" and state.report is not None and not state.is_stale
        facts = facts_of(state.report, node.name) if is_known and state.report is not None else []
        old = self.facts
        self.facts = facts_box(facts)
        self._column.replaceWidget(old, self.facts)
        old.hide()
        old.deleteLater()


def _origin(chosen: Chosen) -> str:
    """Where values come from that are not written in this file."""
    if chosen.elsewhere is not None:
        return ELSEWHERE.format(file=chosen.elsewhere)
    return INHERITED if chosen.is_inherited else ""


def _reads(chosen: Chosen) -> str:
    """What the layers read when `inputs` does not say so."""
    node = chosen.nodes[0]
    names = [name.removeprefix(f"{node.parent}.") for name in node.inputs]
    return ", ".join(names) if len(chosen.nodes) == 1 and node.inputs else "the layer above"


def _summary(state: State, chosen: Chosen) -> str:
    """ "6 × 28 × 28 · 156 params · 117 600 MACs"; sums for several layers, and the full name of one in a block."""
    leaves = {leaf.name for node in chosen.nodes for leaf in state.outline.leaves(node.name)}
    rows = [row for row in state.report.table if row.name in leaves] if state.report and not state.is_stale else []
    parts = [chosen.nodes[0].name] if len(chosen.nodes) == 1 and "." in chosen.nodes[0].name else []
    if rows and len(chosen.nodes) == 1 and rows[-1].output_shape:
        parts.append(shape(rows[-1].output_shape))
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    parts += [plural(params, "param")] if params else []
    parts += [f"{count(macs)} MACs"] if macs else []
    return "  ·  ".join(parts)


def facts_box(facts: list[Fact]) -> QFrame:
    """Labels at the left, what they say at the right; text that can be copied."""
    box, grid = QFrame(), QGridLayout()
    box.setObjectName("facts")
    box.setLayout(grid)
    if not facts:
        box.hide()  # and else not shown yet: without a parent it would be a window and take the focus
    grid.setContentsMargins(10, 8, 10, 8)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(5)
    for row, fact in enumerate(facts):
        label, text = QLabel(fact.label), QLabel(fact.text)
        label.setObjectName("secondary")
        text.setWordWrap(True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(f"{fact.label}: {fact.text}")
        if fact.is_code:
            font = code_font()
            font.setPixelSize(12)
            text.setFont(font)
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text, row, 1)
    grid.setColumnStretch(1, 1)
    return box
