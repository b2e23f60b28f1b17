"""What the panels share: the document, what is chosen, the run that is shown, actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from gui.document import Document
from netspec.problems import Problem


class Desk(QObject):
    """One per window. Panels talk to each other through it, never directly."""

    chosen_changed = Signal()
    """Other layers are chosen."""
    layer_wanted = Signal(str)
    """Show this layer: centre it on the canvas, go to its line."""
    problem_wanted = Signal(object)
    """Show this Problem: its line, its layer, its field."""
    section_wanted = Signal(str)
    """Show this section of the spec, by its key: "train"."""
    run_changed = Signal()
    """Another run is shown, or none."""
    run_event = Signal(object)
    """New lines of the shown run's history, as a list of dicts; at most 30 times a second."""
    predict_wanted = Signal(Path)
    """A picture whose class is asked for."""
    weights_wanted = Signal(Path)
    """A file of weights: what would become of them in this network?"""
    message_shown = Signal(str)
    theme_changed = Signal()
    """Colours are others: what paints itself is to be painted again."""
    panel_wanted = Signal(object)
    """Bring this Panel to the front."""
    action_added = Signal(object)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.actions: dict[str, QAction] = {}
        """By a short name, "train.start"; see `add_action`."""
        self.chosen: frozenset[str] = frozenset()
        """Full names of the chosen layers and blocks."""
        self.chosen_by: QObject | None = None
        """Who chose last, so that it need not follow itself."""
        self.run_folder: Path | None = None
        self.is_own_run = True
        """Whether the shown run is one of the document's spec (owner: RunSession)."""
        self._renamed: dict[str, str] = {}
        document.changed.connect(self._forget_gone)
        document.renamed.connect(self._follow_names)

    def choose(self, names: Iterable[str], by: QObject | None = None) -> None:
        """Choose these layers and no others."""
        names = frozenset(names)
        if names != self.chosen:
            self.chosen, self.chosen_by = names, by
            self.chosen_changed.emit()

    def go_to_layer(self, name: str) -> None:
        """Choose a layer and show it everywhere."""
        self.choose({name})
        self.layer_wanted.emit(name)

    def go_to_problem(self, problem: Problem) -> None:
        """Show a problem everywhere; its layer, if it is one's, is chosen, so that the form shows it, too."""
        name = self.layer_of(problem)
        if name is not None:
            self.choose({name})
        self.problem_wanted.emit(problem)

    def layer_of(self, problem: Problem) -> str | None:
        """The layer or block that a problem is about."""
        state = self.document.state
        if state is None or len(problem.path) < 2 or problem.path[0] != "layers":
            return None
        place = problem.path[1]
        if isinstance(place, str):
            return place if place in state.outline.by_name else None
        return next((node.name for node in state.outline.nodes if node.address == ("layers", place)), None)

    def show_run(self, path: Path | None) -> None:
        """Let the training panels show this run folder."""
        if path != self.run_folder:
            self.run_folder = path
            self.run_changed.emit()

    def message(self, text: str) -> None:
        """A line in the status bar, for some seconds."""
        self.message_shown.emit(text)

    def add_action(self, name: str, action: QAction, menu: str = "", *, in_toolbar: bool = False) -> QAction:
        """Offer an action in a menu ("Train") and perhaps in the toolbar."""
        action.setProperty("menu", menu)
        action.setProperty("in_toolbar", in_toolbar)
        self.actions[name] = action
        self.action_added.emit(action)
        return action

    def _follow_names(self, names: Mapping[str, str]) -> None:
        """What is chosen stays chosen under its new name."""
        self._renamed = {**self._renamed, **names}

    def _forget_gone(self) -> None:
        """Layers that are no longer there cannot stay chosen; while the text has errors they may come back."""
        state = self.document.state
        if state is None:
            self.choose(())
        elif state.is_settled:
            names = {self._renamed.get(name, name) if name not in state.outline.by_name else name for name in self.chosen}
            self._renamed = {}
            self.choose(name for name in names if name in state.outline.by_name)
