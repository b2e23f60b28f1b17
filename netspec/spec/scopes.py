"""What a name in `inputs` means, seen from where it is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.problems import Path, Problem, error
from netspec.spec.marks import Array, Table


@dataclass
class Scope:
    """Names that are valid in one list of layers: the spec's own, or one copy of a block's."""

    prefix: str = ""
    outer: Scope | None = None
    inputs: list[str] | None = None
    """Names that the block reads, valid in `outer`; None: the spec's own list."""
    are_full_names: bool = False
    """Whether `inputs` are full names already: the copy before this one."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Name of a layer or block in this list → full name of the layer that gives its output."""
    dropped: set[str] = field(default_factory=set)


class Resolver:
    """Replaces the names in `inputs` by full names, when all layers are known."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.names: set[str] = set()
        """Full names of all layers."""
        self.waiting: list[tuple[Table, Scope]] = []
        """Layers with `inputs`, and where they stand."""

    def resolve_all(self) -> None:
        """Work through the waiting layers."""
        for table, scope in self.waiting:
            inputs = table["inputs"]
            if isinstance(inputs, Array):
                resolved = Array(span=inputs.span)
                for index, name in enumerate(inputs):
                    for full in self._resolve(name, scope, table, index) if isinstance(name, str) else [name]:
                        resolved.add(full, inputs.at_item(index))
                table.put("inputs", resolved, table.key_spans.get("inputs"), table.value_spans.get("inputs"))

    def _resolve(self, name: str, scope: Scope, table: Table, index: int) -> list[str]:
        """Full names behind a name: one, except for "input" of a block with several."""
        if scope.inputs is not None and (name == "input" or name.startswith("input.")):
            return self._resolve_input(name, scope, table, index)
        if name in scope.outputs:
            return [scope.outputs[name]]
        if scope.prefix + name in self.names:
            return [scope.prefix + name]
        if name in scope.dropped:
            message = f"the input {name} is left out here because its `when` is false"
            self._report(table, index, message, "read another layer, by an expression")
            return []
        return self._resolve(name, scope.outer, table, index) if scope.outer else [name]

    def _resolve_input(self, name: str, scope: Scope, table: Table, index: int) -> list[str]:
        """What the block reads, under its name outside."""
        assert scope.inputs is not None
        assert scope.outer is not None
        number, count = name.removeprefix("input").removeprefix("."), len(scope.inputs)
        if not count:
            self._report(table, index, "the block is given no input", "add inputs = […] where the block is used")
            return []
        if number and (not number.isdecimal() or int(number) >= count):
            hint = "use input" if count == 1 else f"use input.0 … input.{count - 1}"
            message = f"{name} does not exist: the block is given {count} input{'s' * (count != 1)}"
            self._report(table, index, message, hint)
            return []
        chosen = [scope.inputs[int(number)]] if number else scope.inputs
        if scope.are_full_names:
            return chosen
        return [full for item in chosen for full in self._resolve(item, scope.outer, table, index)]

    def _report(self, table: Table, index: int, message: str, hint: str) -> None:
        path: Path = ("layers", str(table.get("name")), "inputs")
        span = table["inputs"].at_item(index) or table.at_value("name")
        self.problems.append(error("NS301", path, span, message, hint))
