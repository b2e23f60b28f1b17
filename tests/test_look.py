"""The shared look: tokens that can be read, and no command line behind the desktop program."""

from __future__ import annotations

from dataclasses import fields

import pytest

from netspec import look
from netspec.layers.base import Layer
from netspec.registry import plugins
from tests.test_borders import loaded_by, modules, room


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB.  Source: WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [look.LIGHT, look.DARK])
def test_text_is_readable_on_every_ground(theme: look.Theme) -> None:
    for ground in (theme.window, theme.surface):
        for name in ("text", "secondary", "error", "warning", "ok", "frozen"):
            assert contrast(getattr(theme, name), ground) >= 4.5, (name, ground)
    assert {len(getattr(theme, field.name)) for field in fields(theme)} == {7}


def test_every_family_and_every_optimizer_has_a_colour_of_its_own() -> None:
    families = {layer.family for layer in plugins("netspec.layers").values() if issubclass(layer, Layer)}
    assert families | {"loss"} == set(look.FAMILY_COLOURS)
    assert set(plugins("netspec.optimizers")) == set(look.OPTIMIZER_COLOURS)
    for table in (look.FAMILY_COLOURS, look.OPTIMIZER_COLOURS):
        assert len(set(table.values())) == len(table)


def test_terminal_and_pictures_give_an_optimizer_the_same_colour() -> None:
    kinds = {name: name for name in look.OPTIMIZER_COLOURS}
    assert look.lane_colours(kinds) == {name: look.optimizer_colour(name) for name in kinds}


def test_the_desktop_program_loads_no_command_line() -> None:
    trainer = "gui.trainer"  # the child process, which trains as `netspec train` does
    names = [name for name in modules("gui") if not name.endswith("__main__") and name != trainer]
    assert names
    assert room(names[0]) == "gui"
    statement = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    pytest.importorskip("PySide6", reason="PySide6 is in the extra `gui`")
    assert loaded_by(statement, ("typer", "rich", "netspec.cli")) == []
