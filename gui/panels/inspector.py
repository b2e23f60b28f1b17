"""The inspector: a form for what is chosen, or for the network when nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, ParamSpec

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from gui.analyzer.lines import layer_of
from gui.desk import Desk
from gui.forms.chosen import Chosen, chosen_of
from gui.forms.edits import reset_everywhere, set_everywhere, set_type_everywhere
from gui.forms.layer_page import LayerPage
from gui.forms.network_page import NetworkPage
from gui.panel import Area, Panel
from netspec import editing
from netspec.look import plural
from netspec.problems import Problem
from netspec.spec.source import Source

P = ParamSpec("P")
NOTHING = "Open a spec, or make a new one."
SETTLED = 60
"""Milliseconds after which a form that was opened has its place."""


class InspectorPanel(Panel):
    """Every entry of a form is one undo step of the document."""

    title: ClassVar[str] = "Inspector"
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 10

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.layer, self.network, self.empty = LayerPage(), NetworkPage(), QLabel(NOTHING)
        self.pages = QStackedWidget()
        self.scrolls = {page: FormArea(page) for page in (self.layer, self.network)}
        self._chosen: Chosen | None = None
        self._refusal = ""
        self._lay_out()
        self._connect()
        self.show_state()

    def show_state(self) -> None:
        """Show the chosen layers, else the network's sections."""
        state = self.desk.document.state
        if state is None:
            self.pages.setCurrentWidget(self.empty)
            return
        if not state.is_settled:
            return  # what is shown belongs to the text before; the next state is on its way
        self._chosen = chosen_of(state, sorted(self.desk.chosen))
        if self._chosen is not None:
            self.layer.show_chosen(state, self._chosen)
            self.pages.setCurrentWidget(self.scrolls[self.layer])
        else:
            self.network.show_network(state)
            self.pages.setCurrentWidget(self.scrolls[self.network])

    def go_to_problem(self, problem: Problem) -> None:
        """Bring the field, or the section, that a problem is about into view."""
        state = self.desk.document.state
        if state is None or not problem.path:
            return
        if self._chosen is None:
            section = self.network.section_of(problem)
            if section is not None:
                section.head.setChecked(True)
                self.scrolls[self.network].ensureWidgetVisible(section)
        elif layer_of(problem, state) is not None and self.layer.form is not None and len(problem.path) > 2:
            row = self.layer.form.rows.get(str(problem.path[2]))
            if row is not None:
                self.scrolls[self.layer].ensureWidgetVisible(row)

    def go_to_section(self, key: str) -> None:
        """Open a section of the spec and bring it into view."""
        sections = self.network.sections.values()
        found = next((one for one in sections if key in (one.entry.part.key, one.entry.part.many)), None)
        if found is not None:
            found.head.setChecked(True)
            self.network.make_forms()  # those above decide where it lies
            bar = self.scrolls[self.network].verticalScrollBar()
            QTimer.singleShot(SETTLED, found, lambda: bar.setValue(found.y()))

    def _follow_theme(self) -> None:
        self.layer.follow_theme()
        self.network.follow_theme()
        self.show_state()

    def _enter(self, key: str, value: Any) -> None:
        if self._chosen is not None:
            label = f"Set {key} of {_name(self._chosen)}"
            self._edit(key, label, set_everywhere, self._chosen.addresses, key, value)

    def _reset(self, key: str) -> None:
        if self._chosen is not None:
            label = f"Reset {key} of {_name(self._chosen)}"
            self._edit(key, label, reset_everywhere, self._chosen.addresses, key)

    def _rename(self, name: str) -> None:
        if self._chosen is None:
            return
        old = self._chosen.nodes[0].name
        renamed = f"{old.rpartition('.')[0]}.{name}" if "." in old and self._chosen.nodes[0].parent else name
        several = len(self._chosen.nodes) > 1
        if self._edit("name", f"Rename {old}", editing.rename, old, name) and not several:
            self.desk.document.settle()
            self.desk.choose({renamed}, by=self)

    def _set_type(self, kind: str) -> None:
        if self._chosen is not None:
            label = f"Make {_name(self._chosen)} {kind}"
            self._edit("type", label, set_type_everywhere, self._chosen.addresses, kind)

    def _freeze(self, frozen: bool) -> None:
        if self._chosen is not None:
            names = [node.name for node in self._chosen.nodes]
            label = f"{'Freeze' if frozen else 'Unfreeze'} {_name(self._chosen)}"
            self._edit("frozen", label, editing.set_frozen, names, frozen)
            self.show_state()  # a refused edit leaves the switch as it was

    def _edit(
        self, key: str, label: str, function: Callable[Concatenate[Source, P], str], *args: P.args, **kwargs: P.kwargs
    ) -> bool:
        """Make an edit; where it is refused, the field says why and keeps what was typed."""
        self._refusal = ""
        self.desk.document.refused.connect(self._note_refusal)
        is_done = self.desk.document.edit(label, function, *args, **kwargs)
        self.desk.document.refused.disconnect(self._note_refusal)
        if not is_done:
            self.layer.refuse(key, self._refusal)
        return is_done

    def _note_refusal(self, message: str, hint: str) -> None:
        self._refusal = f"{message}; {hint}" if hint else message

    def _connect(self) -> None:
        document, desk = self.desk.document, self.desk
        document.changed.connect(self.show_state)
        desk.chosen_changed.connect(self.show_state)
        desk.problem_wanted.connect(self.go_to_problem)
        desk.section_wanted.connect(self.go_to_section)
        desk.theme_changed.connect(self._follow_theme)
        self.layer.key_entered.connect(self._enter)
        self.layer.key_reset.connect(self._reset)
        self.layer.name_entered.connect(self._rename)
        self.layer.type_entered.connect(self._set_type)
        self.layer.frozen_entered.connect(self._freeze)
        self.network.edit_wanted.connect(lambda label, function, values: document.edit(label, function, *values))

    def _lay_out(self) -> None:
        self.empty.setObjectName("placeholder")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (self.empty, *self.scrolls.values()):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)


def _name(chosen: Chosen) -> str:
    return chosen.nodes[0].name if len(chosen.nodes) == 1 else plural(len(chosen.nodes), "layer")


class FormArea(QScrollArea):
    """Scrolls a form up and down; never narrower than its fields, so that none is cut off."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.page = page
        self.setObjectName("form")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)
        page.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        width = self.page.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
