"""What one use of a block gives to its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netspec.problems import Path, Problem, Related, Span, also, error
from netspec.spec.copies import Row, rows_of, tables_of
from netspec.spec.expressions import Value
from netspec.spec.marks import Table
from netspec.spec.suggest import FOREIGN_KEYS, foreign, question
from netspec.spec.variables import substitute_text

USE_KEYS = (
    "name", "type", "block", "repeat", "first", "each", "inputs", "when", "frozen", "lr_mult", "decay_mult",
)  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """A use of a block that can be opened."""

    name: str
    block: str
    names: frozenset[str]
    is_numbered: bool
    """Whether the copies have names of their own, such as name.0, name.1, …"""
    copies: tuple[str, ...]
    """The full name of each copy below the scope of the use: "layer1.0"; the use's own when it makes one."""
    repetitions: tuple[dict[str, Value], ...]
    """The variables of each repetition."""


def bind_parameters(
    use: Table, blocks: Table, variables: Mapping[str, Value], prefix: str, problems: list[Problem]
) -> Parameters | None:
    """The variables of each repetition; None, with problems, when the use cannot be opened."""
    binder = _Binder(use, blocks, ("layers", prefix + str(use.get("name"))), problems)
    block = binder.find_block()
    names = binder.check_names(block) if block is not None else []
    rows = rows_of(use, binder.report)
    if not isinstance(use.get("name"), str):
        binder.report("NS102", use.span, "name is missing", 'add name = "…"')
        return None
    if block is None or rows is None:
        return None
    repetitions = binder.bind_all(block, rows, names, variables)
    if repetitions is None:
        return None
    is_several, before = "repeat" in use or "each" in use, len(problems)
    copies = [binder.name_copy(block, copy) if is_several else "" for copy in repetitions]
    if len(problems) > before:
        return None
    full = tuple(f"{use['name']}.{copy}" if copy else use["name"] for copy in copies)
    return Parameters(use["name"], use["block"], frozenset(names), any(copies), full, tuple(repetitions))


class _Binder:
    """Checks one use of a block."""

    def __init__(self, use: Table, blocks: Table, path: Path, problems: list[Problem]) -> None:
        self.use, self.blocks, self.path, self.problems = use, blocks, path, problems

    def report(self, code: str, span: Span | None, message: str, hint: str, related: Iterable[Related] = ()) -> None:
        self.problems.append(error(code, self.path, span, message, hint, related))

    def definition(self) -> tuple[Related, ...]:
        """Where the block is defined."""
        name = str(self.use["block"])
        block = self.blocks.get(name)
        span = block.at_key("parameters") if isinstance(block, Table) else self.blocks.at_key(name)
        return also(span, f"the block {name} is defined here")

    def find_block(self) -> Table | None:
        """The block's definition; None when there is none (that is usable)."""
        name = self.use.get("block")
        if name is None:
            self.report("NS102", self.use.at_key("type"), "block is missing", 'say which one: block = "NAME"')
            return None
        block = self.blocks.get(name) if isinstance(name, str) else None
        if block is None:
            hint = question(str(name), self.blocks, what="blocks")
            self.report("NS030", self.use.at_value("block"), f"there is no block {name!r}", hint)
            return None
        is_usable = isinstance(block, Table) and isinstance(block.get("layers"), list) and bool(block["layers"])
        return block if is_usable else None

    def check_names(self, block: Table) -> list[str]:
        """Names of the block's parameters; unknown keys of the use are reported."""
        names = parameter_names(block)
        for table, others in ((self.use, USE_KEYS), *tables_of(self.use)):
            for key in table:
                if key in names or key in others:
                    continue
                known = foreign(key, FOREIGN_KEYS, names)
                hint = f"the block calls it {known[0]}" if known else question(key, names, what="its parameters")
                message = f"the block {self.use['block']} has no parameter {key}"
                self.report("NS031", table.at_key(key), message, hint, self.definition())
        return names

    def bind_all(
        self, block: Table, rows: list[Row], names: list[str], variables: Mapping[str, Value]
    ) -> list[dict[str, Value]] | None:
        """The variables of each copy, in order; None when there are problems."""
        before, found = len(self.problems), list[dict[str, Value]]()
        for row in rows:
            for index in range(row.repeat):
                given, own = row.given(self.use, index)
                carried = self._carried(block, found[-1]) if found else {}
                if len(self.problems) > before:
                    return None
                given.update({key: value for key, value in carried.items() if key not in own})
                around = {**variables, "index": index, "repeat": row.repeat, "copy": len(found)}
                found.append(self.bind(block, given, names, around))
                if len(self.problems) > before:
                    return None
        return found

    def _carried(self, block: Table, copy_before: Mapping[str, Value]) -> dict[str, Value]:
        """Parameters that follow from the copy before."""
        carry = block.get("carry")
        carry = carry if isinstance(carry, Table) else Table()
        path: Path = ("blocks", str(self.use["block"]), "carry")
        return {
            key: substitute_text(value, copy_before, carry.at_value(key), (*path, key), self.problems)
            for key, value in carry.items()
        }

    def bind(self, block: Table, given: Table, names: list[str], variables: dict[str, Value]) -> dict[str, Value]:
        """Variables plus the parameters: given ones first, then defaults, which may use those before them."""
        defaults = block.get("parameters")
        defaults = defaults if isinstance(defaults, Table) else Table()
        for name in sorted(names, key=lambda name: name not in given):
            if name in given:
                value, span = given[name], given.value_spans.get(name)
            elif name in defaults:
                value, span = defaults[name], defaults.value_spans.get(name)
            else:
                message = f"the block {self.use['block']} needs the parameter {name}"
                required = also(block.at_key("required"), f"the block {self.use['block']} requires it here")
                self.report("NS031", self.use.at_value("block"), message, f"add {name} = …", required)
                continue
            value = substitute_text(value, variables, span, (*self.path, name), self.problems)
            if isinstance(value, Value):
                variables[name] = value
            else:
                self.report("NS103", span, f"{name} is a list or table", "give a number, text or boolean")
        return variables

    def name_copy(self, block: Table, variables: Mapping[str, Value]) -> str:
        """What a copy is called behind the name of the use: its number, or what `copies` says; "" for nothing."""
        path: Path = ("blocks", str(self.use["block"]), "copies")
        template = block.get("copies", "${copy}")
        return str(substitute_text(template, variables, block.at_value("copies"), path, self.problems))


def parameter_names(block: Table) -> list[str]:
    """The parameters of a block: those without default, then those with one."""
    defaults, required = block.get("parameters"), block.get("required")
    names = [*(required if isinstance(required, list) else []), *(defaults if isinstance(defaults, Table) else [])]
    return [str(name) for name in names]
