"""Reading a spec: text → tree → fields → graph → shapes, collecting every problem on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from netspec.analysis import examine
from netspec.problems import Path, Problem, Span, SpecError, sort_problems
from netspec.spec.draft import Draft, make_draft
from netspec.spec.marks import plain
from netspec.spec.model import Spec
from netspec.spec.source import Format, Source, read_source
from netspec.transfer_checks import check_weights_file


@dataclass(frozen=True)
class Document:
    """What one reading of a spec gave.

    spec: None when a field is wrong; with errors in its graph or shapes it is there.
    problems: all of them, in the order of the text. tree: plain dicts and lists, blocks expanded and variables replaced.
    files: the file and those it extends.
    """

    spec: Spec | None
    problems: tuple[Problem, ...]
    tree: dict[str, Any]
    files: tuple[str, ...]
    draft: Draft | None = None

    def locate(self, path: Path) -> Span | None:
        """Where a key's value is written: ("layers", "conv1", "kernel_size"); else the nearest thing around it."""
        return self.draft.locate(path) if self.draft else None

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return all(problem.severity == "warning" for problem in self.problems)


def read(path: str | FilePath, overrides: Sequence[str] = ()) -> Document:
    """Read a file and check everything; never raises for what stands in the file."""
    try:
        source = read_source(path)
    except SpecError as failure:
        return Document(None, failure.problems, {}, (str(path),))
    return read_from(source, overrides)


def read_text(
    text: str, format: Format = "toml", overrides: Sequence[str] = (), base_dir: str | FilePath | None = None,
    file: str | None = None,
) -> Document:  # fmt: skip
    """The same for a text that is not (yet) in a file; `file` is what messages call it."""
    name = file or f"<text>.{format}"
    text = text.removeprefix("\ufeff")
    return read_from(Source(name, text, format, FilePath(base_dir) if base_dir is not None else FilePath()), overrides)


def read_from(source: Source, overrides: Sequence[str] = ()) -> Document:
    """Check a source: fields first, then the graph and shapes of all that is valid."""
    try:
        draft = make_draft(source, overrides)
    except SpecError as failure:
        return Document(None, sort_problems(failure.problems, source.file), {}, (source.file,))
    problems = list(draft.problems)
    if draft.spec is not None or draft.sketch.layers:
        known = {problem.path for problem in problems}
        found = examine(draft.spec or draft.sketch, draft.locate)[1]
        problems += [problem for problem in found if problem.path not in known]
    if draft.spec is not None:
        problems += check_weights_file(draft.spec, draft.locate)
    return Document(draft.spec, sort_problems(problems, source.file), plain(draft.tree), draft.files, draft)


def load(path: str | FilePath, overrides: Sequence[str] = ()) -> Spec:
    """The spec of a file; raises SpecError with all problems when there is an error among them."""
    return _accepted(read(path, overrides))


def loads(
    text: str, format: Format = "toml", overrides: Sequence[str] = (), base_dir: str | FilePath | None = None
) -> Spec:
    """The spec of a text; relative paths in it start at `base_dir`. Raises SpecError."""
    return _accepted(read_text(text, format, overrides, base_dir))


def _accepted(document: Document) -> Spec:
    if document.spec is None or not document.ok:
        raise SpecError(document.problems)
    return document.spec
