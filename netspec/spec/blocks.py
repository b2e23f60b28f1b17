"""Blocks: before: layers of which some have `type = "block"` → after: plain layers with dotted names.

Inside a block the name "input" (with several inputs "input.0", "input.1") is what the block reads; other names are
looked up in the block first, then around it. The block's output is its last layer, or the one `output` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.problems import Path, Problem, Span, SpecError, also, error, warning
from netspec.spec.block_checks import check_blocks
from netspec.spec.block_parameters import Parameters, bind_parameters
from netspec.spec.expressions import Value
from netspec.spec.marks import Array, Table
from netspec.spec.scopes import Resolver, Scope
from netspec.spec.suggest import question
from netspec.spec.variables import substitute, substitute_text

MOST_LAYERS = 20_000
SHARED_KEYS = ("frozen", "lr_mult", "decay_mult")
"""Keys of a block's use that its layers inherit, unless they say otherwise."""


def expand_blocks(tree: Table, variables: Mapping[str, Value], problems: list[Problem]) -> Table:
    """The tree with its `blocks` and `variables` worked into `layers`."""
    layers, blocks = tree.get("layers"), tree.get("blocks", Table())
    if not isinstance(layers, Array):
        return tree
    expander = Expander(blocks if isinstance(blocks, Table) else Table(), variables, _network_input(tree), problems)
    result = Array(span=layers.span)
    for table in expander.expand(layers):
        result.add(table, table.span if isinstance(table, Table) else layers.span)
    expanded = _use_full_names(tree.without("blocks"), expander.outputs)
    expanded.put("layers", result, tree.key_spans.get("layers"), tree.value_spans.get("layers"))
    return expanded


class Expander:
    """Walks the layers, opening blocks; inputs are resolved at the end, when all names are known."""

    def __init__(
        self, blocks: Table, variables: Mapping[str, Value], network_input: str | None, problems: list[Problem]
    ) -> None:
        self.blocks, self.variables, self.problems = blocks, variables, problems
        self.resolver = Resolver(problems)
        self.used: set[str] = set()
        self.count = 0
        self.span: Span | None = None
        self.outputs: dict[str, str] = {}
        self.network_input = network_input

    def expand(self, layers: Array) -> list[Any]:
        """Plain layers of the whole spec."""
        self.span = layers.span
        self.problems += check_blocks(self.blocks)
        scope = Scope()
        result = list(self._expand(layers, scope, self.variables, (), Table()))
        self.outputs = scope.outputs
        self.resolver.resolve_all()
        for name in sorted(self.blocks.keys() - self.used) if not self._has("NS030") else ():
            message = f"the block {name} is never used"
            hint = f'use it with type = "block", block = "{name}", or delete it'
            self.problems.append(warning("NS907", ("blocks", name), self.blocks.at_key(name), message, hint))
        return result

    def _has(self, code: str) -> bool:
        return any(problem.code == code for problem in self.problems)

    def _expand(
        self, layers: Array, scope: Scope, variables: Mapping[str, Value], stack: tuple[str, ...], shared: Table
    ) -> Iterator[Any]:
        above = self.network_input if scope.inputs is None else "input"
        is_implied = scope.inputs is None  # whether "the layer above" is right when `inputs` is left out
        taken: dict[str, Span | None] = {}
        uses: set[str] = set()
        for index, entry in enumerate(layers):
            if not isinstance(entry, Table):
                yield entry
                continue
            table = substitute(entry, variables, self.problems, ("layers", _name(entry, index)))
            if isinstance(entry.get("name"), str):
                table["name"] = str(table["name"])  # "${copy}" is a number, but a name is text
            if not self._is_kept(table, scope):
                continue
            is_block, local = entry.get("type") == "block", str(table.get("name"))
            if local in taken and (is_block or local in uses):
                path = ("layers", scope.prefix + local, "name")
                message = f"the name {local} is already taken by an earlier layer or block"
                related = also(taken[local], "it is taken here")
                at = table.at_value("name")
                self.problems.append(error("NS302", path, at, message, "give each its own name", related))
                self.used.add(str(table.get("block")))
                continue  # whatever reads the name would mean either
            taken[local] = table.at_value("name")
            if "inputs" not in table and above is not None and (is_block or not is_implied):
                table.put("inputs", Array([above]), None, table.at_value("name"))
            if is_block:
                uses.add(local)
                yield from self._open(table, scope, variables, stack, shared)
            else:
                yield self._plain(table, scope, shared)
            above, is_implied = local, not is_block

    def _is_kept(self, table: Table, scope: Scope) -> bool:
        """Take `when` out of the table and obey it."""
        if "when" not in table:
            return True
        when, span = table.pop("when"), table.at_value("when")
        if not isinstance(when, bool):
            path = ("layers", scope.prefix + str(table.get("name")))
            if not (isinstance(when, str) and "${" in when):  # a broken expression has its own message
                message = f"when is {when!r}, but must be true or false"
                self._error("NS103", path, span, message, 'write when = "${stride > 1}"')
            return True
        if not when:
            scope.dropped.add(str(table.get("name")))
        return when

    def _plain(self, table: Table, scope: Scope, shared: Table) -> Table:
        self._count_one()
        if table.get("name") == "input" and scope.inputs is not None:
            path: Path = ("layers", f"{scope.prefix}input", "name")
            message = 'inside a block "input" is what the block reads'
            self._error("NS302", path, table.at_value("name"), message, "give the layer another name")
        for key in shared:
            if key not in table:
                table.take(shared, key)
        name = table.get("name")
        if isinstance(name, str):
            full = scope.prefix + name
            table.put("name", full, table.key_spans.get("name"), table.value_spans.get("name"))
            scope.outputs.setdefault(name, full)
            self.resolver.names.add(full)
        if "inputs" in table:
            self.resolver.waiting.append((table, scope))
        return table

    def _open(
        self, use: Table, scope: Scope, variables: Mapping[str, Value], stack: tuple[str, ...], shared: Table
    ) -> Iterator[Any]:
        """All repetitions of one use of a block."""
        parameters = bind_parameters(use, self.blocks, variables, scope.prefix, self.problems)
        self.used.add(str(use.get("block")))
        if parameters is None:
            yield self._placeholder(use, scope)
            return
        if parameters.block in stack:
            cycle = " → ".join([*stack[stack.index(parameters.block) :], parameters.block])
            path: Path = ("layers", scope.prefix + parameters.name)
            self._error("NS032", path, use.at_value("block"), f"blocks hold each other: {cycle}", "break the circle")
            yield self._placeholder(use, scope)
            return
        inherited = shared.without()
        for key in SHARED_KEYS:
            if key in use and key not in parameters.names:
                inherited.take(use, key)
        yield from self._repeat(use, scope, parameters, (*stack, parameters.block), inherited)

    def _repeat(
        self, use: Table, scope: Scope, parameters: Parameters, stack: tuple[str, ...], shared: Table
    ) -> Iterator[Any]:
        block = self.blocks[parameters.block]
        inputs = [str(item) for item in _as_list(use.get("inputs"))]
        for index, (copy, variables) in enumerate(zip(parameters.copies, parameters.repetitions, strict=True)):
            inner = Scope(f"{scope.prefix}{copy}.", scope, inputs, are_full_names=index > 0)
            yield from self._expand(block["layers"], inner, variables, stack, shared)
            output = self._output(block, inner, parameters, variables)
            scope.outputs[parameters.name] = output
            inputs = [output]

    def _output(self, block: Table, inner: Scope, parameters: Parameters, variables: Mapping[str, Value]) -> str:
        path: Path = ("blocks", parameters.block, "output")
        if not inner.outputs:
            span = self.blocks.at_key(parameters.block)
            self._error("NS033", path, span, "no layer of the block is left", "change `when`, or remove its use")
            return inner.prefix + "output"
        wanted = block.get("output")
        if wanted is None:
            return list(inner.outputs.values())[-1]
        wanted = substitute_text(wanted, variables, block.at_value("output"), path, self.problems)
        if wanted not in inner.outputs:
            hint = question(str(wanted), inner.outputs, what="layers of the block")
            self._error("NS033", path, block.at_value("output"), f"the block has no layer {wanted!r}", hint)
            return list(inner.outputs.values())[-1]
        return inner.outputs[wanted]

    def _placeholder(self, use: Table, scope: Scope) -> Table:
        """Stands for a block that cannot be opened, so that what reads it finds something."""
        self._count_one()
        table = use.without(*(key for key in use if key not in ("name", "inputs")))
        table.put("type", UNKNOWN, use.key_spans.get("type"), use.value_spans.get("type"))
        return self._plain(table, scope, Table())

    def _count_one(self) -> None:
        self.count += 1
        if self.count > MOST_LAYERS:
            message, hint = f"the blocks expand to more than {MOST_LAYERS} layers", "lower `repeat`"
            raise SpecError([*self.problems, error("NS033", ("layers",), self.span, message, hint)])

    def _error(self, code: str, path: Path, span: Any, message: str, hint: str) -> None:
        self.problems.append(error(code, path, span, message, hint))


UNKNOWN = "?"
"""Type of a layer that could not be made out; it is valid nowhere in a file."""


def _use_full_names(tree: Table, outputs: Mapping[str, str]) -> Table:
    """`outputs` and a loss's `input` may name a block, which means its output."""
    names, losses = tree.get("outputs"), tree.get("losses")
    if isinstance(names, Array):
        full = [outputs.get(name, name) if isinstance(name, str) else name for name in names]
        renamed = Array(full, names.span, names.item_spans)
        tree.put("outputs", renamed, tree.key_spans.get("outputs"), tree.value_spans.get("outputs"))
    for loss in (tree.get("loss"), *(losses if isinstance(losses, Array) else ())):
        if isinstance(loss, Table) and isinstance(loss.get("input"), str):
            loss["input"] = outputs.get(loss["input"], loss["input"])
    return tree


def _network_input(tree: Table) -> str | None:
    """Name of the network's only input."""
    inputs = tree.get("inputs")
    only = inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else tree.get("input")
    return str(only.get("name", "input")) if isinstance(only, Table) else None


def _name(entry: Table, index: int) -> str | int:
    name = entry.get("name")
    return name if isinstance(name, str) else index


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []
