"""What one reading of the document's text gave."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gui.text.layers_in_text import scanned
from netspec.analysis import Report, analyze
from netspec.editing import Outline, outline
from netspec.loading import Document as Found
from netspec.loading import read_from
from netspec.problems import Problem, Span, SpecError, error
from netspec.spec.source import Format, Source, read_source


@dataclass(frozen=True)
class State:
    """The text and all that is known of it.

    path: None for a document that has no file yet. file: what problems and `texts` call the file. texts: the file and
    those it extends. report: what is known of the network. is_stale: the text says no network, and the report is of an
    earlier text. places: layer name → where it is written, in the text the report belongs to. outline: what stands in
    the text, also when it has errors. tree: the resolved spec as plain dicts and lists. is_settled: everything belongs to
    this text; until then only `text` is new.
    """

    path: Path | None
    text: str
    format: Format
    file: str
    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    report: Report | None = None
    is_stale: bool = False
    places: dict[str, Span] = field(default_factory=dict)
    outline: Outline = field(default_factory=Outline)
    tree: dict[str, Any] = field(default_factory=dict)
    found: Found | None = None
    is_settled: bool = False

    @property
    def source(self) -> Source:
        """The text as the readers and the edits take it."""
        return Source(self.file, self.text, self.format, self.folder)

    @property
    def name(self) -> str:
        """The file's name, for people."""
        return Path(self.file).name


def analysed(state: State, before: State | None = None) -> State:
    """The state with all that its text says; where it says no network, with the report of the state before."""
    found = read_from(state.source)
    scanned(state.text, state.format)  # for the panels, which find it ready
    texts = {state.file: state.text, **_texts(file for file in found.files if file != state.file)}
    known = replace(
        state, texts=texts, problems=found.problems, outline=outline(state.source), tree=found.tree, found=found,
        is_settled=True, report=None, is_stale=False, places={},
    )  # fmt: skip
    if found.spec is None:
        if before is None or before.report is None:
            return known
        return replace(known, report=before.report, places=before.places, is_stale=True)
    spans = {layer.name: found.locate(("layers", place, "name")) for place, layer in enumerate(found.spec.layers)}
    places = {name: span for name, span in spans.items() if span is not None}
    return replace(known, report=analyze(found.spec), places=places)


def failed(state: State, before: State | None, failure: Exception) -> State:
    """The state of a text on which the analysis itself has failed: a problem like others, and the table of before."""
    message = f"netspec fails on this text ({type(failure).__name__}: {failure})"
    problem = error("NS009", (), state.source.span(1, 1, 1), message, "undo the last change, and report the defect")
    found = Found(None, (problem,), {}, (state.file,))
    known = replace(
        state, texts={state.file: state.text}, problems=found.problems, found=found, is_settled=True, report=None,
        is_stale=False, places={},
    )  # fmt: skip
    if before is None or before.report is None:
        return known
    return replace(known, report=before.report, places=before.places, is_stale=True, outline=before.outline, tree=before.tree)


def _texts(files: Iterable[str]) -> dict[str, str]:
    """The texts of the extended files; one that has gone meanwhile is left out, which its problem tells."""
    found = {}
    for file in files:
        with suppress(SpecError):
            found[file] = read_source(file).text
    return found
