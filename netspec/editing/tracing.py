"""The layers of a text as the compiler expands them, each with the place where it is edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

from netspec.editing.syntax import BROKEN, TableNode, Tree
from netspec.problems import Path, Problem, Span, SpecError
from netspec.spec.block_parameters import Parameters
from netspec.spec.blocks import Expander
from netspec.spec.expressions import Value
from netspec.spec.extends import extend, merge
from netspec.spec.marks import Array, Table, plain
from netspec.spec.removing import remove_layers
from netspec.spec.scopes import Scope
from netspec.spec.source import Source
from netspec.spec.variables import resolve_variables

UNNAMED = "?"
INHERITED = "extends"
"""First step of an address that no edit of this file reaches: ("extends", "base.toml", line, column)."""


def file_of(address: Path) -> str | None:
    """The file, without its folder, that an inherited layer of a block is written in; None for other addresses."""
    return FilePath(str(address[1])).name if address[:1] == (INHERITED,) else None


@dataclass
class Traced:
    """One layer, use of a block or copy of a repeated use, while its inputs are still being found."""

    name: str
    kind: Literal["layer", "block"]
    type: str
    address: Path
    table: TableNode | None
    """Where it is written in this file; None: in a base."""
    parent: str | None
    marked: Table = field(default_factory=Table)
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """What the network consists of, bases worked in."""

    inputs: list[str]
    layers: list[Traced]
    transfer: dict[str, Any]
    base_transfer: dict[str, Any]
    base_layers: frozenset[str]
    """Names of the layers and uses of blocks at the top of a base."""
    blocks: Table
    outputs: Any
    """The key `outputs`; None where there is none."""
    ends: Mapping[str, str]
    """Names at the top of the file → full names of the layers whose outputs they mean."""


def trace(source: Source, tree: Tree) -> Trace:
    """All layers and blocks of the network, in order; errors in the text are passed over."""
    places = Places()
    merged = merged_table(source, tree, places)
    inputs = _network_inputs(merged)
    only = inputs[0] if len(inputs) == 1 else None
    tracer = Tracer(_table(merged, "blocks"), resolve_variables(_table(merged, "variables"), []), only, [])
    tracer.places = places
    layers = merged.get("layers")
    try:
        tracer.expand(layers if isinstance(layers, Array) else Array())
    except SpecError:  # blocks that expand to more layers than netspec takes: as far as it came
        tracer.resolver.resolve_all()
    transfer, base_transfer = plain(_table(merged, "transfer")), plain(places.base_transfer)
    found, blocks = tracer.finish(), _table(merged, "blocks")
    return Trace(inputs, found, transfer, base_transfer, places.base_layers, blocks, merged.get("outputs"), tracer.outputs)


class Places:
    """Where each table of the tree that is expanded comes from. Copies keep the span of their table: it is the key."""

    def __init__(self) -> None:
        self.by_span: dict[int, tuple[Path, TableNode]] = {}
        self.patches: dict[str, tuple[Path, TableNode]] = {}
        self.base_transfer = Table()
        self.base_layers: frozenset[str] = frozenset()
        self._keep: list[Span] = []

    def span(self, path: Path, table: TableNode) -> Span:
        """A span that no other table has."""
        span = Span("", 1, 1, 1, "")
        self._keep.append(span)
        self.by_span[id(span)] = path, table
        return span

    def find(self, table: Table, name: str, *, is_inside: bool) -> tuple[Path, TableNode | None]:
        """Address and place of a copy; of a base's layer its name, or the entry that patches it."""
        found = self.by_span.get(id(table.span)) or (None if is_inside else self.patches.get(name))
        if found is not None:
            return found
        return _inherited(table.span) if is_inside else ("layers", name), None


def _inherited(span: Span | None) -> Path:
    """The address of a layer in a block that a base defines: where it stands there, one for all uses."""
    return (INHERITED, "", 0, 0) if span is None else (INHERITED, span.file, span.line, span.column)


def merged_table(source: Source, tree: Tree, places: Places) -> Table:
    """The whole file over its bases; without them when they cannot be read."""
    merged: Table = mark(tree.root, (), places)
    if not isinstance(merged.get("extends"), str):
        return merged.without("extends")
    for index, entry in enumerate(tree.root.get("layers", ())):
        if isinstance(entry, TableNode) and isinstance(entry.get("name"), str):
            places.patches[entry["name"]] = ("layers", index), entry
    only = Table()
    only.take(merged, "extends")
    try:
        base = extend(only, source, [])[0]
    except SpecError:
        return merged.without("extends")
    if "remove" in merged:
        base, merged = remove_layers(base, merged, []), merged.without("remove")
    places.base_transfer = _table(base, "transfer")
    names = [entry.get("name") for entry in base.get("layers", ()) if isinstance(entry, Table)]
    places.base_layers = frozenset(name for name in names if isinstance(name, str))
    return merge(base, merged.without("extends"), [])


def _table(merged: Table, key: str) -> Table:
    value = merged.get(key)
    return value if isinstance(value, Table) else Table()


def _network_inputs(merged: Table) -> list[str]:
    several = merged.get("inputs")
    tables = several if isinstance(several, list) else [merged.get("input")]
    names = [table.get("name", "input") for table in tables if isinstance(table, Table)]
    return [name if isinstance(name, str) else "input" for name in names]


def mark(value: Any, path: Path, places: Places) -> Any:
    """Tables of the text as tables of the compiler; broken values are left out."""
    if isinstance(value, dict):
        table = Table(span=places.span(path, value) if isinstance(value, TableNode) else None)
        for key, item in value.items():
            if item is not BROKEN:
                table.put(key, mark(item, (*path, key), places), None, None)
        return table
    if isinstance(value, list):
        items = [mark(item, (*path, index), places) for index, item in enumerate(value) if item is not BROKEN]
        return Array(items, None, [item.span if isinstance(item, Table) else None for item in items])
    return value


class Tracer(Expander):
    """Expands blocks as the compiler does, and notes what it opens."""

    places: Places

    def __init__(self, blocks: Table, variables: Mapping[str, Value], only: str | None, problems: list[Problem]) -> None:
        super().__init__(blocks, variables, only, problems)
        self.traced: list[Traced] = []

    def finish(self) -> list[Traced]:
        """What was noted, with inputs; a layer without `inputs` reads the one above."""
        above = self.network_input
        for item in self.traced:
            names = item.marked.get("inputs")
            if isinstance(names, list):
                item.inputs = tuple(name for name in names if isinstance(name, str))
            elif above is not None:
                item.inputs = (above,)
            above = item.name if item.kind == "layer" else above
        return self.traced

    def _plain(self, table: Table, scope: Scope, shared: Table) -> Table:
        kind = table.get("type")
        self._note("layer", table, kind if isinstance(kind, str) else UNNAMED, scope)
        made = super()._plain(table, scope, shared)
        self.traced[-1].marked = made
        return made

    def _placeholder(self, use: Table, scope: Scope) -> Table:
        """A use that cannot be opened: it has been noted as a block already."""
        made = super()._placeholder(use, scope)
        self.traced.pop()
        return made

    def _open(
        self, use: Table, scope: Scope, variables: Mapping[str, Value], stack: tuple[str, ...], shared: Table
    ) -> Iterator[Any]:
        block = use.get("block")
        noted = self._note("block", use, block if isinstance(block, str) else UNNAMED, scope)
        noted.marked = use.without()
        if "inputs" in use:
            self.resolver.waiting.append((noted.marked, scope))
        yield from super()._open(use, scope, variables, stack, shared)

    def _note(self, kind: Literal["layer", "block"], table: Table, type_: str, scope: Scope) -> Traced:
        name = table.get("name")
        local = name if isinstance(name, str) else ""
        address, written = self.places.find(table, local, is_inside=scope.inputs is not None)
        full = scope.prefix + (local or f"layers[{address[-1] if written is not None else len(self.traced)}]")
        self.traced.append(Traced(full, kind, type_, address, written, scope.prefix[:-1] or None, table))
        return self.traced[-1]

    def _repeat(
        self, use: Table, scope: Scope, parameters: Parameters, stack: tuple[str, ...], shared: Table
    ) -> Iterator[Any]:
        """Note each numbered copy before what is in it."""
        noted = self.traced[-1]
        first = len(self.traced)
        yield from super()._repeat(use, scope, parameters, stack, shared)
        if parameters.is_numbered:
            self._note_copies(noted, first, [scope.prefix + copy for copy in parameters.copies])

    def _note_copies(self, use: Traced, first: int, copies: list[str]) -> None:
        inside, given = self.traced[first:], use.marked
        del self.traced[first:]
        for name in copies:
            copy = Traced(name, "block", use.type, use.address, use.table, use.name, given)
            self.traced.append(copy)
            self.traced += [item for item in inside if item.name.startswith(f"{name}.")]
            given = Table({"inputs": [self._last_of(name, inside)]})

    def _last_of(self, name: str, inside: list[Traced]) -> str:
        """The layer whose output the next copy reads."""
        names = [item.name for item in inside if item.kind == "layer" and item.name.startswith(f"{name}.")]
        return names[-1] if names else name
