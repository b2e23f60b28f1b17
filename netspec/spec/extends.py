"""`extends = "base.toml"`: before: a patch that names its base → after: the base with the patch applied.

The base is a file seen from the patch's folder or, where there is none, the shipped spec of that name.
"""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Any

from netspec.problems import Problem, Span, SpecError, error
from netspec.shipped import is_bare, shipped_spec, shipped_specs
from netspec.spec.marks import Array, Table
from netspec.spec.reader import read_tree
from netspec.spec.removing import remove_layers
from netspec.spec.source import FORMATS, Source, read_source
from netspec.spec.suggest import did_you_mean, question

BY_NAME = ("layers", "inputs", "optimizers")
"""Arrays of tables that are merged by `name`; all other arrays are replaced."""
OTHER_FORM = {
    "input": "inputs", "inputs": "input", "loss": "losses", "losses": "loss", "optimizer": "optimizers",
    "optimizers": "optimizer",
}  # fmt: skip
"""Two ways to say the same thing, of which a spec has one."""
PATHS = {"data": ("root", "file", "labels_file"), "transfer": ("weights",)}
"""Keys that hold a path."""


def extend(tree: Table, source: Source, problems: list[Problem]) -> tuple[Table, list[str]]:
    """The tree merged over its base (and the base's base …), and the files that took part.

    Raises SpecError when a base cannot be had: what the patch lacks without it would only be false alarms.
    """
    return _extend(tree, source, [(source.folder / FilePath(source.file).name).resolve()], problems)


def _extend(tree: Table, source: Source, chain: list[FilePath], problems: list[Problem]) -> tuple[Table, list[str]]:
    if "extends" not in tree:
        if "remove" in tree:
            message, hint = "remove takes layers of a base out, but there is no extends", 'add extends = "base.toml"'
            problems.append(error("NS011", ("remove",), tree.at_key("remove"), message, hint))
        return tree.without("remove"), [source.file]
    span, name = tree.at_value("extends"), tree["extends"]
    patch = tree.without("extends")
    if not isinstance(name, str):
        message, hint = "extends must be a file name", 'write extends = "base.toml"'
        raise SpecError([error("NS010", ("extends",), span, message, hint)])
    path, is_shipped = find_base(source.folder, name)
    if path.resolve() in chain:
        names = " → ".join(file.name for file in [*chain[chain.index(path.resolve()) :], path.resolve()])
        message, hint = f"files extend each other: {names}", "remove one extends"
        if shipped_spec(name) is not None:
            hint += f", or rename {path.name}: a file of that name comes before the shipped spec"
        raise SpecError([error("NS010", ("extends",), span, message, hint)])
    try:
        base_source = read_source(path)
        base = read_tree(base_source)
    except SpecError as failure:
        raise SpecError([_in_base(problem, name, span) for problem in failure.problems]) from None
    merged, files = _extend(base, base_source, [*chain, path.resolve()], problems)
    if not is_shipped:  # the paths of a shipped spec start where the patch is: nobody's data lie beside it
        merged = seen_from(source.folder, base_source.folder, merged)
    return merge(merged, patch, problems), [source.file, *files]


def find_base(folder: FilePath, name: str) -> tuple[FilePath, bool]:
    """The file that `extends` means in a spec of this folder, and whether it is a shipped one, as only a file name can mean.

    A file beside the spec comes first, `name` as written or with .toml or .json behind it.
    """
    written = folder / name
    candidates = [written] if written.suffix.lower() in FORMATS else [written, *(folder / (name + end) for end in FORMATS)]
    there = next((path for path in candidates if path.is_file()), None)
    shipped = shipped_spec(name) if there is None else None
    return (shipped, True) if shipped is not None else (there or written, False)


def seen_from(folder: FilePath, base_folder: FilePath, base: Table) -> Table:
    """The base with its relative paths, which start in its own folder, written as they look from the patch's folder.

    Absolute paths, ~ and paths that begin with an expression stay as they are.
    """
    if folder.resolve() == base_folder.resolve():
        return base
    result = base.without()
    for section, keys in PATHS.items():
        table = base.get(section)
        if not isinstance(table, Table):
            continue
        changed = table.without()
        for key in keys:
            path = table.get(key)
            if isinstance(path, str) and _is_relative(path) and not _is_public(key, path, base_folder):
                moved = os.path.relpath(os.path.normpath(base_folder.resolve() / path), folder.resolve())
                changed.put(key, moved.replace(os.sep, "/"), table.key_spans.get(key), table.value_spans.get(key))
        result.put(section, changed, base.key_spans.get(section), base.value_spans.get(section))
    return result


def _is_relative(path: str) -> bool:
    return not path.startswith(("~", "${")) and not FilePath(path).is_absolute()


def _is_public(key: str, path: str, folder: FilePath) -> bool:
    """Whether weights are named "torchvision/resnet18", and no file: those have an ending, or are there."""
    return key == "weights" and not FilePath(path).suffix and not (folder / path).exists()


def _in_base(problem: Problem, name: str, span: Span | None) -> Problem:
    """A base that cannot be found is the fault of the line that names it; other problems stay in the base."""
    if problem.span is not None and problem.span.line:
        return problem
    message, hint = problem.message, problem.hint
    if is_bare(name) and problem.code in ("NS001", "NS002"):
        message = "there is no such file beside this one, and no shipped spec of that name"
        near = did_you_mean(FilePath(name).stem, sorted(shipped_specs()))
        hint = f"did you mean {near}?" if near else "`netspec init` lists the shipped ones"
    return error("NS010", ("extends",), span, f'extends "{name}": {message}', hint)


def merge(base: Table, patch: Table, problems: list[Problem], path: tuple[str | int, ...] = ()) -> Table:
    """base with patch on top: tables key by key, `layers` by name, everything else replaced.

    Layers that the patch's `remove` names are taken out of the base before.
    A patch in the singular ([optimizer]) replaces a base in the plural ([[optimizers]]), and the other way round.
    """
    if not path and "remove" in patch:
        base, patch = remove_layers(base, patch, problems), patch.without("remove")
    result = base.without(*(OTHER_FORM[key] for key in patch if not path and key in OTHER_FORM))
    result.span = patch.span or base.span
    for key, value in patch.items():
        old, where = base.get(key), (*path, key)
        if not path and key in BY_NAME and isinstance(old, Array) and isinstance(value, Array):
            merged: Any = _merge_named(old, value, problems, key)
        elif isinstance(old, Table) and isinstance(value, Table) and not _changes_type(old, value):
            merged = merge(old, value, problems, where)
        else:
            merged = _in_place_of(old, value)
        result.put(key, merged, patch.key_spans.get(key), patch.value_spans.get(key))
    return result


def _in_place_of(old: Any, new: Any) -> Any:
    """The new value; a table remembers the one that it replaces."""
    if isinstance(old, Table) and isinstance(new, Table):
        new = new.without()
        new.replaced = old
    return new


def _changes_type(old: Table, new: Table) -> bool:
    """A table with another `type` replaces the old one: keys of Adam mean nothing to SGD."""
    return "type" in new and "type" in old and new["type"] != old["type"]


def _merge_named(base: Array, patch: Array, problems: list[Problem], key: str) -> Array:
    """Entries of the same name are patched or (`remove = true`) dropped, new ones are appended."""
    result = Array(base, base.span, base.item_spans)
    for index, entry in enumerate(patch):
        span = patch.at_item(index)
        name = entry.get("name") if isinstance(entry, Table) else None
        names = [item.get("name") if isinstance(item, Table) else None for item in result]
        at = names.index(name) if name is not None and name in names else None
        if isinstance(entry, Table) and "remove" in entry:
            _remove(entry, result, at, names, problems, key)
        elif at is None:
            result.add(entry, span)
        else:
            old = result[at]
            result[at] = _patch_entry(old, entry, problems, (key, str(name)))
    return result


def _patch_entry(old: Table, entry: Table, problems: list[Problem], path: tuple[str | int, ...]) -> Table:
    """A layer patched in place; with another `type` it keeps only its name and inputs."""
    if _changes_type(old, entry):
        old = old.without(*(key for key in old if key not in ("name", "inputs")))
    merged = merge(old, entry, problems, path)
    merged.take(old, "name")  # problems about the layer as a whole point to where it was made
    merged.span = old.span
    return merged


def _remove(entry: Table, result: Array, at: int | None, names: list[Any], problems: list[Problem], key: str) -> None:
    name = entry.get("name")
    path = (key, str(name))
    if entry["remove"] is not True:
        message = f"remove is {entry['remove']!r}"
        problems.append(error("NS011", path, entry.at_value("remove"), message, "write remove = true, or leave it out"))
    elif at is None:
        hint = question(str(name), [str(item) for item in names if item], what="the base has")
        problems.append(error("NS011", path, entry.at_value("name"), f"the base has no entry {name!r} to remove", hint))
    else:
        del result[at]
        del result.item_spans[at]
