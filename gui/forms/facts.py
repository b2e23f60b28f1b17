"""What a layer does with the shapes it is given: its formula, the arithmetic with numbers, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.analysis import Report, Row
from netspec.graph import inputs_of
from netspec.layers.base import Layer, Shape
from netspec.look import count, shape, size
from netspec.windows import Axis


@dataclass(frozen=True)
class Fact:
    """A label and what it says; is_code: formulas and sums, in the monospaced font."""

    label: str
    text: str
    is_code: bool = False


def facts_of(report: Report, name: str) -> list[Fact]:
    """What is known of a layer; its formula alone while its shapes are not known."""
    layer: Layer | None = report.graph.nodes[name]["layer"] if name in report.graph else None
    if layer is None:
        return []
    row = next((row for row in report.table if row.name == name), None)
    sources = inputs_of(report.graph, name)
    shapes = [report.shapes[source] for source in sources if source in report.shapes]
    facts = [Fact("formula", text, is_code=True) for text in formula_of(type(layer))]
    if row is None or row.output_shape is None or len(shapes) != len(sources) or not shapes:
        return facts
    facts.append(Fact("shape", f"{' , '.join(shape(item) for item in shapes)}  →  {shape(row.output_shape)}"))
    facts += _arithmetic(layer, shapes)
    facts += _parameters(layer, shapes, row)
    if row.macs:
        facts.append(Fact("MACs", f"{_mac_product(layer, shapes[0], row.output_shape)}{count(row.macs)}", is_code=True))
    facts.append(Fact("output", f"{size(row.activation_bytes)} a sample"))
    if row.receptive_field is not None:
        facts.append(Fact("field", f"{shape(row.receptive_field)} input pixels"))
    return [*facts, Fact("note", row.note)] if row.note else facts


def formula_of(layer: type[Layer]) -> list[str]:
    """The line of the docstring that says what y is."""
    lines = [line.strip() for line in (layer.__doc__ or "").splitlines()]
    return [line for line in lines[1:] if line.startswith(("y[", "y =", "y_"))][:1]


def _arithmetic(layer: Layer, shapes: Sequence[Shape]) -> list[Fact]:
    """The size of the output, number by number, for layers with windows."""
    axes = getattr(layer, "axes", None)
    if axes is None or len(shapes[0]) != 3:
        return []
    height, width = axes(shapes[0])
    first, second = short_formula(height), short_formula(width)
    if first == second:
        return [Fact("height, width", first, is_code=True)]
    return [Fact("height", first, is_code=True), Fact("width", second, is_code=True)]


def short_formula(axis: Axis) -> str:
    """ "(28 − 5 + 2·2)/1 + 1 = 28": without what is 0 or 1, and floor or ceil only where it does something."""
    if axis.rounding == "ceil" and axis.dropped:
        return axis.formula()  # a window is left out: the long form says why
    span = f"({axis.dilation}·({axis.kernel} − 1) + 1)" if axis.dilation > 1 else str(axis.kernel)
    padding = ""
    if axis.before or axis.after:
        padding = f" + 2·{axis.before}" if axis.before == axis.after else f" + {axis.before} + {axis.after}"
    quotient = f"({axis.size} − {span}{padding})/{axis.stride}"
    is_exact = (axis.padded - axis.span) % axis.stride == 0
    return f"{quotient if is_exact else f'{axis.rounding}({quotient})'} + 1 = {axis.output}"


def _parameters(layer: Layer, shapes: Sequence[Shape], row: Row) -> list[Fact]:
    parts = [
        f"{item.name} {shape(item.shape)}" + (f" = {count(item.size)}" if len(item.shape) > 1 else "")
        for item in layer.parameters(shapes)
    ]
    facts = [Fact("parameters", ", ".join(parts) + (f": {count(row.params)}" if len(parts) > 1 else ""), True)] if parts else []
    states = [f"{item.name} {count(item.size)}" for item in layer.states(shapes)]
    return [*facts, Fact("statistics", ", ".join(states), is_code=True)] if states else facts


def _mac_product(layer: Layer, given: Shape, output: Shape) -> str:
    """The factors of the multiply-adds, where they are known: outputs · numbers that each sums up."""
    if layer.family == "linear" and len(output) == 1:
        return f"{count(math.prod(given))} · {count(output[0])} = "
    weights = next((item.shape for item in layer.parameters([given]) if item.name == "weight"), None)
    if layer.family != "convolution" or weights is None:
        return ""
    pixels = "·".join(str(length) for length in output)
    return f"{pixels} · {'·'.join(str(length) for length in weights[1:])} = "
