"""How `netspec explain` shows a layer and a type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from netspec import look
from netspec.cli import console
from netspec.rendering import toml_value

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from netspec.explaining import LayerExplanation, TypeExplanation
    from netspec.explaining.costs import Product
    from netspec.explaining.layer import Seen, Unread
    from netspec.reference import Key

FEW = 8
"""Pixels that are named one by one."""


def print_layer(found: LayerExplanation, fit: str | None, *, verbose: bool) -> None:
    """All that is known of a layer, for people."""
    screen = console.stdout()
    screen.print(_head(found))
    screen.print(found.summary, style=console.QUIET, markup=False)
    _section("Back to the input")
    screen.print(_way(found, verbose=verbose))
    for line in _branches(found):
        screen.print(line, style=console.QUIET, markup=False)
    _section("Costs", _costs(found))
    _section("Sees", _sight(found.way[-1].seen if found.output_shape is not None else ()))
    _section("Fits", _unread(found.unread), _remainder(found), _changes(found, fit))
    _section("Neighbours", _neighbours(found))


def print_type(found: TypeExplanation) -> None:
    """A type's docstring and keys."""
    from rich.text import Text

    screen = console.stdout()
    title = Text(found.name, style="bold")
    title.append(f"  {found.family + ' ' if found.family else ''}{found.kind}", style=_colour(found.family))
    screen.print(title)
    screen.print(found.doc, markup=False)
    if found.keys:
        screen.print()
        console.print_table(_keys(found.keys))
    if found.aliases:
        screen.print(f"\nElsewhere called {', '.join(found.aliases)}; a spec takes {found.name} only.", style=console.QUIET)
    screen.print()


def _section(title: str, *parts: Iterable[str]) -> None:
    """A title and its lines; nothing when there are none. Without parts: the title."""
    lines = [line for part in parts for line in part]
    screen = console.stdout()
    if lines or not parts:
        screen.print(f"\n[bold]{title}[/]")
    for line in lines:
        screen.print(f"  {line}", markup=False)


def _head(found: LayerExplanation) -> Text:
    from rich.text import Text

    shapes = " and ".join(console.shape(shape) for shape in found.input_shapes)
    output = console.shape(found.output_shape) if found.output_shape is not None else "does not fit"
    head = Text(found.name, style="bold")
    head.append(f"  {found.type}", style=_colour(found.family))
    head.append(f"  {shapes} → {output}", style="default")
    if found.is_frozen:
        head.append(f"  {console.FROZEN} frozen", style=look.FROZEN_COLOUR)
    return head


def _colour(family: str) -> str:
    return console.FAMILY_COLOURS.get(family, "default")


def _way(found: LayerExplanation, *, verbose: bool) -> Table:
    """One row for each layer that changes the shape or what is seen; with -v for all."""
    from rich.text import Text

    table = console.plain_table("layer", "arithmetic", "output", "sees", "step", right=("sees", "step"))
    for step in found.way:
        if verbose or step.name == found.name or step.arithmetic != ("unchanged",):
            table.add_row(
                Text(step.name, style="bold" if step.name == found.name else ""),
                Text("\n".join(step.arithmetic), style="" if step.arithmetic != ("unchanged",) else console.QUIET),
                Text(console.shape(step.output_shape)),
                Text(_both([str(axis.size) for axis in step.seen], " × ")),
                Text(_both([f"{axis.jump:g}" * bool(axis.jump) for axis in step.seen], " × ")),
            )
    return table


def _both(values: Sequence[str], between: str) -> str:
    """Height and width, once when they are alike."""
    return values[0] if len(set(values)) == 1 else between.join(filter(None, values))


def _branches(found: LayerExplanation) -> list[str]:
    if not found.branches:
        return []
    number = len(found.branches)
    what = f"{found.branches[0]} joins" if number == 1 else f"{number} layers join"
    return [f"On this way {what} several inputs; the one that sees most is followed."]


def _costs(found: LayerExplanation) -> list[str]:
    lines = [_product(item) for item in found.parameters]
    if len(found.parameters) > 1:
        lines.append(f"{'parameters':14}{' + '.join(console.count(item.value) for item in found.parameters)} = "
                     f"{console.count(sum(item.value for item in found.parameters))}")  # fmt: skip
    if found.state:
        lines += [_product(item) + " (kept, not learned)" for item in found.state]
    if found.macs is not None:
        lines.append(_product(found.macs))
    return lines or ["no parameters, no multiply-adds that count"]


def _product(item: Product) -> str:
    is_single = item.factors == str(item.value)
    return f"{item.name:14}" + (f"{item.factors} = " * (not is_single and bool(item.factors))) + console.count(item.value)


def _sight(seen: Sequence[Seen]) -> list[str]:
    if not seen:
        return []
    if all(axis.jump == 0 for axis in seen):
        covers = all(axis.first <= 0 and axis.last >= axis.extent - 1 for axis in seen)
        return ["all of the input"] if covers else [f"one window of {_size(seen)} pixels of the input"]
    lines = [f"{_size(seen)} pixels of the input; windows of neighbours lie {_steps(seen)} apart"]
    first = [f"reaches from {axis.first} to {axis.last}, its centre is {axis.centre:g}" for axis in seen]
    lines += _each(seen, [f"the first window {text}".replace("-", "−") for text in first])
    padded = [f"{axis.padding[0]} before the input and {axis.padding[1]} behind it" for axis in seen]
    has_padding = any(any(axis.padding) for axis in seen)
    return lines + (
        _each(seen, [f"windows at the edge contain padding: {text}" for text in padded])
        if has_padding
        else ["no window contains padding"]
    )


def _each(seen: Sequence[Seen], lines: Sequence[str]) -> list[str]:
    """One line for both axes where they are alike, else one for each."""
    if len(set(lines)) == 1:
        return [lines[0]]
    return [f"{axis.axis}: {line}" for axis, line in zip(seen, lines, strict=True)]


def _size(seen: Sequence[Seen]) -> str:
    return console.shape([axis.size for axis in seen])


def _steps(seen: Sequence[Seen]) -> str:
    return _both([f"{axis.jump:g}" for axis in seen], " and ")


def _unread(unread: Sequence[Unread]) -> list[str]:
    one = {"height": "row", "width": "column"}
    return [
        f"{look.plural(len(item.pixels), one[item.axis])} of {item.size} {'is' if len(item.pixels) == 1 else 'are'} "
        f"read by no window: {_listed(item.pixels)}"
        for item in unread
    ]


def _listed(pixels: Sequence[int]) -> str:
    shown = ", ".join(str(pixel) for pixel in pixels[:FEW])
    return f"{shown}, … {pixels[-1]}" if len(pixels) > FEW else shown


def _remainder(found: LayerExplanation) -> list[str]:
    if found.remainder is None:
        return []
    if not any(found.remainder):
        return ["the windows cover the padded input without remainder"]
    rests = [f"{rest} of height" * (axis == 0) + f"{rest} of width" * (axis == 1)
             for axis, rest in enumerate(found.remainder) if rest]  # fmt: skip
    return [f"the windows leave a remainder: {' and '.join(rests)}, padding included"]


def _changes(found: LayerExplanation, fit: str | None) -> list[str]:
    if not found.fits:
        return [f"no size nearby gives {fit}"] if fit is not None else []
    made = found.output_shape
    wanted = "fits with" if fit is None else f"gives {fit} with" if made is None or len(made) == 3 else f"reads {fit} with"
    keys = [change.path.removeprefix(f"layers.{found.name}.").removeprefix("layers.") for change in found.fits]
    texts = [f"{key} = {toml_value(change.value)}" for key, change in zip(keys, found.fits, strict=True)]
    width = max(map(len, texts))
    lines = [f"  {text:{width}}  → {console.shape(change.output)}" for text, change in zip(texts, found.fits, strict=True)]
    return [f"{wanted}:", *lines]


def _neighbours(found: LayerExplanation) -> list[str]:
    lines = [f"reads        {', '.join(found.inputs)}"]
    if found.readers:
        lines.append(f"is read by   {', '.join(found.readers)}")
    if found.is_output:
        lines.append("is an output of the network" + (", which the loss reads" if found.is_read_by_loss else ""))
    return lines


def _keys(keys: Sequence[Key]) -> Table:
    from rich.text import Text

    table = console.plain_table("key", "value", "default", "meaning")
    for key in keys:
        table.add_row(key.name, *(Text(text.replace("`", "")) for text in (key.holds, key.default, key.meaning)))
    return table
