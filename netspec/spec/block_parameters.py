"""What one use of a block gives to its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netspec.problems import Path, Problem, Related, Span, also, error
from netspec.spec.expressions import Value
from netspec.spec.marks import Table
from netspec.spec.suggest import FOREIGN_KEYS, foreign, question
from netspec.spec.variables import substitute_text

USE_KEYS = ("name", "type", "block", "repeat", "first", "inputs", "when", "frozen", "lr_mult", "decay_mult")
MOST_REPEATS = 1000


@dataclass(frozen=True)
class Parameters:
    """A use of a block that can be opened."""

    name: str
    block: str
    names: frozenset[str]
    is_numbered: bool
    """Whether `repeat` is given: the copies are called name.0, name.1, …"""
    repetitions: tuple[dict[str, Value], ...]
    """The variables of each repetition."""


def bind_parameters(
    use: Table, blocks: Table, variables: Mapping[str, Value], prefix: str, problems: list[Problem]
) -> Parameters | None:
    """The variables of each repetition; None, with problems, when the use cannot be opened."""
    binder = _Binder(use, blocks, ("layers", prefix + str(use.get("name"))), problems)
    block = binder.find_block()
    names = binder.check_names(block) if block is not None else []
    repeat = binder.count_repeats()
    if not isinstance(use.get("name"), str):
        binder.report("NS102", use.span, "name is missing", 'add name = "…"')
        return None
    if block is None or repeat is None:
        return None
    first = use.get("first", Table())
    before = len(problems)
    repetitions = []
    for index in range(repeat):
        given = Table(use)
        given.value_spans = use.value_spans
        if index == 0 and isinstance(first, Table):
            for key in first:
                given.take(first, key)
        repetitions.append(binder.bind(block, given, names, {**variables, "index": index, "repeat": repeat}))
        if len(problems) > before:
            return None
    return Parameters(use["name"], use["block"], frozenset(names), "repeat" in use, tuple(repetitions))


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

    def count_repeats(self) -> int | None:
        repeat = self.use.get("repeat", 1)
        if isinstance(repeat, int) and not isinstance(repeat, bool) and 1 <= repeat <= MOST_REPEATS:
            return repeat
        if not (isinstance(repeat, str) and "${" in repeat):
            message = f"repeat is {repeat!r}, but must be a whole number from 1 to {MOST_REPEATS}"
            self.report("NS104", self.use.at_value("repeat"), message, "write repeat = 2")
        return None

    def check_names(self, block: Table) -> list[str]:
        """Names of the block's parameters; unknown keys of the use are reported."""
        defaults, required = block.get("parameters", Table()), block.get("required", [])
        names = [*(required if isinstance(required, list) else []), *(defaults if isinstance(defaults, Table) else [])]
        names = [str(name) for name in names]
        first = self.use.get("first")
        for table in (self.use, first if isinstance(first, Table) else Table()):
            for key in table:
                if key in names or (table is self.use and key in USE_KEYS):
                    continue
                known = foreign(key, FOREIGN_KEYS, names)
                hint = f"the block calls it {known[0]}" if known else question(key, names, what="its parameters")
                message = f"the block {self.use['block']} has no parameter {key}"
                self.report("NS031", table.at_key(key), message, hint, self.definition())
        if first is not None and not isinstance(first, Table):
            self.report("NS103", self.use.at_value("first"), "first is not a table", "write first = { stride = 2 }")
        return names

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
