"""The folder that `netspec compile` writes: a compiled network to read, to diff, and to train from.

spec.resolved.toml: the spec with every default. plan.txt: calls and buffers. program.py: the calls as Python text, a
function for each layer and direction. tables.npz: its constant integers. lock.json: versions, machine and hashes.
"""

from __future__ import annotations

import itertools
import json
import keyword
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netspec.kernels.abi import Kernel
from netspec.kernels.cache import source_hash
from netspec.kernels.calls import ArgumentValue, Call, Ref, Table
from netspec.plan.dump import dump
from netspec.plan.plan import Goal, Plan
from netspec.program import Program
from netspec.rendering import render, spec_hash
from netspec.training.lock import machine, versions
from netspec.weights import write_weights

WIDTH = 110


class ForeignFolderError(Exception):
    """The folder holds files that are not an artefact's; `message` says so, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint = message, hint


def refuse_foreign(folder: Path) -> None:
    """Raise ForeignFolderError unless the folder is new, empty, or an artefact, which may be written again."""
    hint = "name a new or empty folder"
    if folder.exists() and not folder.is_dir():
        raise ForeignFolderError(f"{folder}: this is a file, not a folder", hint)
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if "history.jsonl" in found:
        raise ForeignFolderError(f"{folder}: this folder holds a run", hint)
    if found and not _is_artefact(folder):
        raise ForeignFolderError(f"{folder}: this folder is not empty and no artefact (it holds {found[0]})", hint)


def _is_artefact(folder: Path) -> bool:
    try:
        content = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"spec_hash", "kernel_sources", "versions"} <= content.keys()


def write_artefact(program: Program, folder: Path, kernels: Sequence[str]) -> list[Path]:
    """Write all files, replacing those of an older artefact; `kernels`: what `warm` returned.

    Raises ForeignFolderError.
    """
    refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    plan, calls = largest_plan(program)
    contents = {
        "spec.resolved.toml": render(program.spec),
        "plan.txt": dump(plan),
        "program.py": program_text(program, calls),
        "lock.json": json.dumps(lock(program, kernels), indent=2, ensure_ascii=False) + "\n",
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_weights(folder / "tables.npz", {str(i): table for i, table in enumerate(tables_of(calls))})
    return [folder / name for name in (*contents, "tables.npz")]


def largest_plan(program: Program) -> tuple[Plan, list[Call]]:
    """The plan of a training step, with the calls of the update; of inference when there is nothing to train."""
    n, lane = program.batch_size, program.lanes[0]
    if not program.start.losses:
        plan = program.plan(Goal(batch=n))
        return plan, list(plan.calls)
    return lane.training_plan(n), lane.training_calls(n)


def lock(program: Program, kernels: Sequence[str]) -> dict[str, Any]:
    """What the artefact was made of and with."""
    spec = program.spec
    return {
        "name": spec.name,
        "spec_file": spec.origin.file,
        "base_dir": str(spec.base_dir.resolve()),
        "spec_hash": spec_hash(spec),
        "seed": program.seed,
        "dtype": program.dtype,
        "batch_size": program.batch_size,
        "kernel_sources": source_hash(),
        "kernels": list(kernels),
        "versions": versions(),
        "machine": machine(),
    }


def program_text(program: Program, calls: Sequence[Call]) -> str:
    """The calls as valid Python: `step(call, ref, table)` makes them one after the other.

    `call(kernel, chunks, **arguments)` runs a kernel, `ref(buffer, first, last, element)` is a stretch of memory,
    `table(i, n)` the i-th constant array, of n integers.
    """
    groups = _grouped(calls)
    numbers, aliases = itertools.count(), _aliases(calls)
    names = _function_names(groups, {"step", *aliases.values()})
    functions = [_function(program, name, group, aliases, numbers) for name, group in zip(names, groups, strict=True)]
    steps = "".join(f"    {name}(call, ref, table)\n" for name in names)
    title = f"{program.spec.name}: {len(calls)} kernel calls for a batch of {program.batch_size} in {program.dtype}"
    return (
        f'"""{_safe(title)}. Written by `netspec compile`, to be read and compared."""\n\n{_imports(aliases)}\n\n'
        + "\n\n".join(functions)
        + f'\n\ndef step(call, ref, table):\n    """All of it, in order."""\n{steps}'
    )


def _grouped(calls: Iterable[Call]) -> list[list[Call]]:
    """Consecutive calls of one owner and direction."""
    groups: list[list[Call]] = []
    for call in calls:
        if groups and (groups[-1][0].owner, groups[-1][0].direction) == (call.owner, call.direction):
            groups[-1].append(call)
        else:
            groups.append([call])
    return groups


def _function_names(groups: Sequence[Sequence[Call]], taken: Collection[str]) -> list[str]:
    """Layer and direction as identifiers, each once and none of those that are taken."""
    names: list[str] = []
    for group in groups:
        stem = name = re.sub(r"\W", "_", f"{group[0].owner}_{group[0].direction}", flags=re.ASCII)
        if stem[0].isdigit() or keyword.iskeyword(stem):
            stem = name = f"_{stem}"
        number = 1
        while name in names or name in taken:
            number += 1
            name = f"{stem}_{number}"
        names.append(name)
    return names


def _function(
    program: Program, name: str, group: Sequence[Call], aliases: Mapping[Kernel, str], numbers: Iterator[int]
) -> str:
    absorbed = [part for call in group for part in call.absorbed]
    about = " ".join([_about(program, group[0]), *(f"With {_about(program, group[0], part)}" for part in absorbed)])
    lines = [f"def {name}(call, ref, table):", f'    """{_safe(about)}"""']
    for call in group:
        arguments = [f"{key}={_argument(value, numbers)}" for key, value in call.arguments.items()]
        lines += _wrapped(f"    call({aliases[call.kernel]}, {call.chunks}", arguments)
    return "\n".join(lines) + "\n"


def _about(program: Program, call: Call, absorbed: str = "") -> str:
    """What a function does: the type, shape, and line in the spec of the layer, or of one that is done at its end."""
    owner = absorbed or call.owner
    layers = {layer.name: layer for layer in program.spec.layers}
    if owner not in layers:
        return f"{owner}, {call.direction}."
    shape = " × ".join(str(size) for size in program.shapes[owner])
    span = program.spec.origin.locate(("layers", owner, "name"))
    place = f" ({span.location()})" if span else ""
    return f"{owner}: {getattr(layers[owner], 'type', '')} → {shape}, {call.direction}{place}."


def tables_of(calls: Iterable[Call]) -> list[Table]:
    """The constant arrays of the calls, in the order in which `program_text` numbers them."""
    return [value for call in calls for value in call.arguments.values() if isinstance(value, np.ndarray)]


def _aliases(calls: Iterable[Call]) -> dict[Kernel, str]:
    """Kernel → its name in the text: with its module where two modules have a kernel of that name."""
    kernels = {call.kernel for call in calls}
    names = [kernel.name for kernel in kernels]
    return {
        kernel: kernel.name if names.count(kernel.name) == 1 else f"{kernel.module.rpartition('.')[2]}_{kernel.name}"
        for kernel in kernels
    }


def _imports(aliases: Mapping[Kernel, str]) -> str:
    return "".join(
        f"from {kernel.module} import {kernel.name}{'' if alias == kernel.name else f' as {alias}'}\n"
        for kernel, alias in sorted(aliases.items(), key=lambda item: (item[0].module, item[0].name))
    )


def _argument(value: ArgumentValue, numbers: Iterator[int]) -> str:
    if isinstance(value, Ref):
        first, last = value.offset, value.offset + value.size
        kind = "" if value.element == "float" else f", {value.element!r}"
        return f"ref({value.buffer!r}, {first}, {last}{kind})"
    if isinstance(value, np.ndarray):
        return f"table({next(numbers)}, {value.size})"
    return f'float("{value}")' if isinstance(value, float) and math.isinf(value) else repr(value)


def _wrapped(start: str, arguments: Sequence[str]) -> list[str]:
    """One call over as few lines as fit."""
    lines, line = [], start
    for argument in arguments:
        if len(line) + len(argument) + 3 > WIDTH:
            lines.append(f"{line},")
            line = f"         {argument}"
        else:
            line += f", {argument}"
    return [*lines, f"{line})"]


def _safe(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")
