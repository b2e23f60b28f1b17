"""Lines of the table: layers, and blocks with the sums of what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.state import State
from gui.transfer.loads import WORDS
from gui.transfer.marks import Marks
from netspec.analysis import Row
from netspec.look import count, shape, size
from netspec.problems import Problem

NO_MARKS = Marks()
NONE = "–"
"""Written where a layer has nothing to count."""


@dataclass(eq=False)
class Line:
    """A layer, a block with its layers, or the total. `rows`: the layers it sums up; a block has the shape of its last.

    load: what became of its pretrained weights; proof: whether the shown run has proven it frozen.
    """

    name: str
    label: str
    type: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    children: list[Line] = field(default_factory=list)
    parent: Line | None = None
    is_block: bool = False
    is_total: bool = False
    load: str = ""
    proof: bool | None = None

    @property
    def is_frozen(self) -> bool:
        """Whether all of its layers keep their parameters."""
        return bool(self.rows) and all(row.frozen for row in self.rows)

    def sum(self, value: Callable[[Row], int]) -> int:
        """The sum over its layers."""
        return sum(value(row) for row in self.rows)


@dataclass(frozen=True)
class Column:
    """key: what sorting, CSV and JSON use; text: what is shown; is_number: written to the right."""

    title: str
    key: Callable[[Line], Any]
    text: Callable[[Line], str]
    is_number: bool = False
    tip: str = ""


def _trainable(line: Line) -> str:
    if line.is_total:
        return ""
    kept = line.sum(lambda row: row.params if row.frozen else 0)
    if line.is_frozen:
        return "frozen"
    return "in part" if kept else "yes" if line.sum(lambda row: row.params) else NONE


def _load(line: Line) -> str:
    return WORDS.get(line.load, _none(line))


def _tally(line: Line) -> str:
    sorts = Counter(problem.severity for problem in line.problems)
    return ", ".join(f"{number} {sort}{'s' * (number > 1)}" for sort, number in sorted(sorts.items()))


def _shape(line: Line) -> tuple[int, ...]:
    return (line.rows[-1].output_shape or ()) if line.rows and not line.is_total else ()


def _field(line: Line) -> tuple[int, ...]:
    return (line.rows[-1].receptive_field or ()) if line.rows and not line.is_total else ()


def _none(line: Line) -> str:
    return "" if line.is_total else NONE


def _number(title: str, value: Callable[[Row], int], write: Callable[[int], str], tip: str) -> Column:
    def text(line: Line) -> str:
        total = line.sum(value)
        return write(total) if total else NONE

    return Column(title, lambda line: line.sum(value), text, is_number=True, tip=tip)


COLUMNS = (
    Column("layer", lambda line: line.name, lambda line: line.label),
    Column("type", lambda line: line.type, lambda line: line.type),
    Column("output shape", _shape, lambda line: shape(_shape(line)) or _none(line), True, "[C, H, W] or [F] of one sample"),
    _number("params", lambda row: row.params, count, "Numbers that are learned (or frozen)"),
    _number("MACs", lambda row: row.macs, count, "Multiply-adds of convolutions and linear layers for one sample"),
    _number("activations", lambda row: row.activation_bytes, size, "Bytes of the output of one sample"),
    _number("weights", lambda row: row.weight_bytes, size, "Bytes of the parameters"),
    Column("field", _field, lambda line: shape(_field(line)) or _none(line), True, "Receptive field: height and width of the "
           "input window that one output pixel sees"),
    Column("trainable", _trainable, _trainable, tip="Whether training changes the parameters"),
    Column("pretrained", lambda line: line.load, _load, tip="What becomes of the pretrained weights of [transfer]"),
    Column("problems", lambda line: len(line.problems), _tally),
)  # fmt: skip
TITLES = tuple(column.title for column in COLUMNS)
NAME, TYPE, TRAINABLE, PRETRAINED, PROBLEMS = (
    TITLES.index(title) for title in ("layer", "type", "trainable", "pretrained", "problems")
)


def lines_of(state: State, *, grouped: bool, marks: Marks = NO_MARKS) -> list[Line]:
    """The lines of a state's network in its order; grouped: blocks hold their layers."""
    lines = _lines_of(state, grouped=grouped)
    for line in flat(lines) if marks != NO_MARKS else ():
        layers = [row.name for row in line.rows]
        line.load = marks.load_of(layers)
        line.proof = marks.proof_of(layers) if line.is_frozen and line.sum(lambda row: row.params) else None
    return lines


def shown_columns(lines: Iterable[Line]) -> list[Column]:
    """All of them; that of pretrained weights only where there are some."""
    has_loads = any(line.load for line in flat(lines))
    return [column for column in COLUMNS if has_loads or column.title != "pretrained"]


def _lines_of(state: State, *, grouped: bool) -> list[Line]:
    rows = state.report.table if state.report is not None else ()
    found = problems_by_layer(state)
    if not grouped or state.is_stale:
        return [Line(row.name, row.name, row.type, (row,), found.get(row.name, ())) for row in rows]
    return _grouped(state, rows, found)


def _grouped(state: State, rows: Sequence[Row], found: dict[str, tuple[Problem, ...]]) -> list[Line]:
    root = Line("", "", "", tuple(rows))
    blocks: dict[str, Line] = {}
    for row in rows:
        owner = root
        for name in _blocks_around(state, row.name):
            if name not in blocks:
                node = state.outline.by_name[name]
                blocks[name] = Line(name, _label(name, owner), node.type, (), parent=owner, is_block=True)
                owner.children.append(blocks[name])
            owner = blocks[name]
            owner.rows += (row,)
            owner.problems += found.get(row.name, ())
        line = Line(row.name, _label(row.name, owner), row.type, (row,), found.get(row.name, ()), parent=owner)
        owner.children.append(line)
    for line in root.children:
        line.parent = None
    return root.children


def _blocks_around(state: State, name: str) -> list[str]:
    """The blocks that a layer is in, the outermost first."""
    names: list[str] = []
    node = state.outline.by_name.get(name)
    while node is not None and node.parent is not None:
        names.insert(0, node.parent)
        node = state.outline.by_name.get(node.parent)
    return names


def _label(name: str, owner: Line) -> str:
    return name.removeprefix(f"{owner.name}.") if owner.name else name


def problems_by_layer(state: State) -> dict[str, tuple[Problem, ...]]:
    """Layer → its problems."""
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in state.problems:
        name = layer_of(problem, state)
        if name is not None:
            found[name] = (*found.get(name, ()), problem)
    return found


def layer_of(problem: Problem, state: State) -> str | None:
    """The full name of the layer that a problem is about; None when it is about something else."""
    if len(problem.path) < 2 or problem.path[0] != "layers":
        return None
    name = problem.path[1]
    if isinstance(name, str):
        return name if name in state.outline.by_name else None
    return next((node.name for node in state.outline.nodes if node.address == ("layers", name)), None)


def flat(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines and all below them."""
    for line in lines:
        yield line
        yield from flat(line.children)


def total(lines: Sequence[Line]) -> Line:
    """One line that sums up others."""
    rows = tuple(row for line in lines for row in line.rows)
    problems = tuple(problem for line in lines for problem in line.problems)
    return Line("total", f"{count(len(rows))} layer{'s' * (len(rows) != 1)}", "", rows, problems, is_block=True, is_total=True)
