"""Who may import whom: netspec runs without the desktop program and without other frameworks; its rooms have an order."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOREIGN = ("gui", "PySide6", "torch", "tensorflow", "jax", "onnxruntime", "sklearn")
LATE = ("typer", "rich", "matplotlib", "pooch")
"""Loaded by commands when they run, never by `import netspec` and its public names."""

LEVELS = (
    ("kernels", "codes", "detection", "docstrings", "fetching", "look", "problems", "random", "registry", "shipped"),
    ("augment", "initializers"),
    ("layers", "losses", "optimizers", "schedules", "metrics", "windows", "window_fields", "weights"),
    ("datasets",),
    ("spec",),
    ("graph", "graph_checks", "freezing", "transfer_checks"),
    ("defaults", "reference", "rendering"),
    ("shapes", "shape_origins"),
    ("linting", "receptive"),
    ("analysis", "stage_table", "explaining", "lints", "reference_pages"),
    ("loading",),
    ("starting",),
    ("editing",),
    ("plan",),
    ("batch", "room", "memory", "bound_lane", "lane", "load_report", "loss_value", "program", "store", "gradcheck",
     "gradcheck_network", "later_stages", "thread_count", "timing", "transfer", "warming", "probe"),
    ("training",),
    ("range_test",),
    ("doctor",),
    ("reference_networks", "artefact", "finetuning", "inside"),
    ("cli", "__main__"),
    ("gui",),
)
"""Rooms from the bottom to the top: a module imports from its own level and from those below."""
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}


def modules(package: str) -> dict[str, Path]:
    """Module name → file, of everything in a package."""
    found = {}
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def room(module: str) -> str | None:
    """ "netspec.plan.order" → "plan"; "gui.app" → "gui"; None for the package itself and for other libraries."""
    parts = module.split(".")
    if parts[0] == "gui":
        return "gui"
    return parts[1] if parts[0] == "netspec" and len(parts) > 1 else None


@cache
def imports(file: Path) -> tuple[tuple[int, str], ...]:
    """Line and full module name of every import, wherever it stands, except those that only type checkers follow."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    hidden = {id(inner) for node in ast.walk(tree) if _is_for_types(node) for inner in ast.walk(node)}
    return tuple(found for node in ast.walk(tree) if id(node) not in hidden for found in _imported(node))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports hide where a name comes from"
        module = node.module or ""
        # `from netspec import graph` names a module, `from netspec import Spec` does not.
        yield from ((node.lineno, f"{module}.{alias.name}" if module == "netspec" else module) for alias in node.names)


def loaded_by(statement: str, names: tuple[str, ...]) -> list[str]:
    """Which of the libraries a fresh process has loaded after the statement."""
    code = f"import sys\n{statement}\nprint(*[name for name in {names!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_no_module_of_netspec_loads_the_desktop_program_or_another_framework() -> None:
    names = [name for name in modules("netspec") if not name.endswith("__main__")]
    statement = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    assert loaded_by(statement, FOREIGN) == []


@pytest.mark.parametrize("name", ["load", "analyze", "compile"])
def test_public_names_load_nothing_that_only_commands_need(name: str) -> None:
    assert loaded_by(f"import netspec; netspec.{name}", FOREIGN + LATE) == []


def test_import_netspec_alone_loads_no_compiler() -> None:
    assert loaded_by("import netspec", ("numba", "numpy", "pydantic", "networkx", *LATE)) == []


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {room(name) for name in (*modules("netspec"), *modules("gui"))} - {None}
    assert rooms == set(LEVEL_OF)


@pytest.mark.parametrize("module", [*modules("netspec"), *modules("gui")])
def test_imports_point_downwards(module: str) -> None:
    own = room(module)
    if own not in LEVEL_OF:
        return  # the package itself, whose public face names modules as text; a new room fails the test above
    files = modules("gui" if own == "gui" else "netspec")
    upwards = [
        f"{files[module].relative_to(ROOT)}:{line} imports {name}"
        for line, name in imports(files[module])
        if (other := room(name)) in LEVEL_OF and LEVEL_OF[other] > LEVEL_OF[own]
    ]
    assert upwards == []


def test_no_layer_knows_another_plug_in_family_but_initializers() -> None:
    families = {"losses", "optimizers", "schedules", "metrics", "datasets"}
    for name, file in modules("netspec").items():
        if room(name) == "layers":
            assert {room(imported) for _, imported in imports(file)} & families == set(), name
