"""What `netspec compile` writes is the program itself, as text."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np

import netspec
from netspec.artefact import largest_plan, program_text, tables_of, write_artefact
from netspec.kernels.abi import Kernel
from netspec.kernels.calls import Call, Ref
from netspec.shipped import shipped_specs

SPEC = """
name = 'say "net"'
input.shape = [2, 9, 9]
layers = [
  { name = "1.conv", type = "conv2d", out_channels = 4, kernel_size = 3, padding = "same" },
  { name = "bn", type = "batch_norm" },
  { name = "relu", type = "relu" },
  { name = "class", type = "dropout", p = 0.5 },
  { name = "fc", type = "linear", out_features = 3 },
]
loss.type = "cross_entropy"
train.batch_size = 4
optimizer = { type = "adam" }
"""


def executed(text: str, tables: list[Any]) -> list[Call]:
    """The calls that the text makes."""
    made: list[Call] = []
    names: dict[str, Any] = {}
    exec(text, names)

    def call(kernel: Kernel, chunks: int, **arguments: Any) -> None:
        made.append(Call(kernel, arguments, chunks, "", ""))

    def ref(buffer: str, first: int, last: int, element: Any = "float") -> Ref:
        return Ref(buffer, last - first, first, element)

    def table(index: int, size: int) -> Any:
        assert tables[index].size == size
        return tables[index]

    names["step"](call, ref, table)
    return made


def test_the_text_makes_exactly_the_calls_of_the_plan() -> None:
    for spec in (netspec.loads(SPEC), netspec.load(shipped_specs()["digits"])):
        program = netspec.compile(spec)
        _, calls = largest_plan(program)
        made = executed(program_text(program, calls), tables_of(calls))
        assert len(made) == len(calls)
        for text, plan in zip(made, calls, strict=True):
            assert (text.kernel, text.chunks, list(text.arguments)) == (plan.kernel, plan.chunks, list(plan.arguments))
            for name, value in plan.arguments.items():
                if isinstance(value, np.ndarray):
                    assert text.arguments[name] is value
                else:
                    assert text.arguments[name] == value


def test_the_text_has_a_function_for_each_layer_and_direction_with_its_place() -> None:
    program = netspec.compile(netspec.load(shipped_specs()["digits"]))
    tree = ast.parse(program_text(program, largest_plan(program)[1]))
    functions = {node.name: ast.get_docstring(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    layers = [layer.name for layer in program.spec.layers]
    absorbed = {name for name in layers if f"{name}_forward" not in functions}
    assert absorbed == {"relu1", "relu2", "relu3"}
    assert {f"{name}_backward" for name in layers} | {f"{name}_forward" for name in layers if name not in absorbed} <= set(
        functions
    )
    assert "With relu1: relu → 16 × 8 × 8, forward" in (functions["conv1_forward"] or "")
    assert (functions["conv1_forward"] or "").startswith("conv1: conv2d → 16 × 8 × 8, forward (")
    assert "digits.toml:7:" in (functions["conv1_forward"] or "")


def test_all_files_are_written_and_equal_specs_give_equal_files(tmp_path: Path) -> None:
    first = write_artefact(netspec.compile(netspec.loads(SPEC)), tmp_path / "a", ["k"])
    second = write_artefact(netspec.compile(netspec.loads(SPEC)), tmp_path / "b", ["k"])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    resolved = netspec.load(tmp_path / "a" / "spec.resolved.toml")
    assert netspec.spec_hash(resolved) == netspec.spec_hash(netspec.loads(SPEC))
    lock = json.loads((tmp_path / "a" / "lock.json").read_text())
    assert {"spec_hash", "base_dir", "versions", "machine", "kernel_sources", "kernels"} <= set(lock)


def test_a_network_without_loss_is_written_as_its_forward_pass(tmp_path: Path) -> None:
    spec = netspec.loads('input.shape = [4]\nlayers = [{ name = "fc", type = "linear", out_features = 2 }]')
    write_artefact(netspec.compile(spec), tmp_path, [])
    text = (tmp_path / "program.py").read_text()
    assert "def fc_forward(" in text
    assert "backward" not in text
