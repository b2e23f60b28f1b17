"""`netspec init`: a first spec, from a shipped one or for a folder of data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import Verbose

if TYPE_CHECKING:
    from netspec.loading import Document

EXAMPLE = """
netspec init                                  lists the templates
netspec init mine.toml --from lenet5
netspec init pets.toml --data photos/pets
netspec init iris.toml --data iris.csv
"""
Template = Annotated[str | None, typer.Option("--from", metavar="TEMPLATE", help="A shipped spec to begin with.")]
DataPath = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Class folders, VOC boxes, idx files, a .csv or a .npz.")
]


def init(
    name: Annotated[Path | None, typer.Argument(metavar="NAME.toml", help="The file to write.")] = None,
    template: Template = None,
    data: DataPath = None,
    force: Annotated[bool, typer.Option("--force", metavar="", help="Overwrite a file that is there.")] = False,
    verbose: Verbose = False,
) -> None:
    """Write a first spec: a copy of a shipped one, or one that fits a folder of data.

    What a shipped spec extends is copied beside it. For data the network, the size of its input and the training are
    chosen by what is there, and the text says why.
    """
    if template is not None and data is not None:
        raise CliError("--from and --data exclude each other", "a template has its own data; change [data] in it")
    if template is None and data is None:
        _list_templates(name)
        return
    path = _target(name, template or _stem(data))
    if path.exists() and not force:
        raise CliError(f"{path} is already there", "choose another name, or overwrite it with --force")
    if data is not None:
        _write_for_data(data, path)
    else:
        _write_from_template(template or "", path)


def _write_for_data(data: Path, path: Path) -> None:
    from netspec.starting import recognize, spec_of_data

    found = recognize(data.expanduser())
    text = spec_of_data(found, path.stem, path.parent)
    console.stdout().print(f"found {found.about}", markup=False, soft_wrap=True)
    document = _checked(text, path, path.parent)
    _write(path, text)
    _tell(path, document, is_mine=True)


def _write_from_template(template: str, path: Path) -> None:
    from netspec.cli.sources import find_spec
    from netspec.starting import spec_of_template

    source = find_spec(template)
    text = spec_of_template(source.read_text(encoding="utf-8"), path.stem)
    bases = _bases_to_copy(source, path)
    _checked(text, path, source.parent)
    _write(path, text)
    for base in bases:
        (path.parent / base.name).write_bytes(base.read_bytes())
        console.stdout().print(f"wrote {path.parent / base.name}, which it extends", markup=False, soft_wrap=True)
    _tell(path, _checked(text, path, path.parent), is_mine=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _stem(data: Path | None) -> str:
    return data.expanduser().resolve().stem if data is not None else ""


def _target(name: Path | None, default: str) -> Path:
    """The file to write; specs that are made are TOML."""
    path = (name or Path(default)).expanduser()
    if path.suffix == ".json":
        raise CliError(f"{path}: new specs are written as TOML", f"name it {path.with_suffix('.toml')}")
    return path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")


def _bases_to_copy(source: Path, path: Path) -> list[Path]:
    """The specs beside `source` that it extends, directly or not, and that are not yet beside `path`.

    A shipped spec that a file of the user's own extends is found by its name.
    """
    from netspec.spec.extends import find_base

    bases = []
    while (name := tomllib.loads(source.read_text(encoding="utf-8")).get("extends")) is not None:
        source, is_shipped = find_base(source.parent, name)
        if is_shipped:
            break
        copy = (path.parent / name).with_name(source.name)
        if copy.resolve() == path.resolve():
            raise CliError(f"{path}: has the name of the spec that it extends", "choose another name")
        if not copy.exists():
            bases.append(source)
        elif copy.read_bytes() != source.read_bytes():
            raise CliError(
                f"{copy}: is not the shipped {name}, which {path.name} extends",
                "rename it, or write the new spec into another folder",
            )
    return bases


def _list_templates(name: Path | None) -> None:
    """All shipped specs with the first line of their text."""
    from rich.text import Text

    from netspec.shipped import shipped_specs

    table = console.plain_table("template", "what it is")
    for template, path in shipped_specs().items():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        table.add_row(Text(template), Text(first.lstrip("# ") if first.startswith("#") else ""))
    console.print_table(table)
    target = name or Path("mine.toml")
    console.stdout().print(f"\nnetspec init {target} --from TEMPLATE, or --data FOLDER", style=console.QUIET, markup=False)


def _checked(text: str, path: Path, base_dir: Path) -> Document:
    """The text as `netspec check` sees it, what it extends in `base_dir`; a spec that is written has no errors."""
    from netspec.loading import read_text
    from netspec.problems import SpecError

    document = read_text(text, base_dir=base_dir, file=str(path))
    if not document.ok:
        raise SpecError(document.problems)
    return document


def _tell(path: Path, document: Document, *, is_mine: bool) -> None:
    from netspec.cli.check import describe
    from netspec.cli.diagnostics import print_problems

    screen = console.stdout()
    print_problems(document.problems)
    screen.print(f"[{console.OK}]wrote {path}:[/] {describe(document)}", soft_wrap=True)
    checks = f"netspec data check {path}" if is_mine else f"netspec check {path}"
    screen.print(f"\nnext:\n  {checks}\n  netspec summary {path}\n  netspec train {path}", markup=False, soft_wrap=True)
