"""The sizes of a layer's output as arithmetic with numbers: "28 → (28 − 5 + 2·2)/1 + 1 = 28"."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.layers.base import Layer, Shape, volume
from netspec.receptive import windows_of
from netspec.windows import Axis


def arithmetic(layer: Layer, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
    """One line when height and width come about in one way, else one for each."""
    axes = windows_of(layer, inputs, output)
    if axes is not None and len(output) == 3:
        return _each(axes, [along(axis) for axis in axes])
    if callable(turned := getattr(layer, "turned_axes", None)):
        axes = turned(inputs[0])
        return _each(axes, [back_along(axis) for axis in axes])
    if axes is not None:
        return (f"all {times(inputs[0][1:])} pixels of a channel → 1",)
    if layer.family == "linear":
        return (_flattened(inputs[0], output),)
    if layer.family == "merge" and len(inputs) > 1:
        return (_merged(inputs, output),)
    return _other(inputs[0], output)


def along(axis: Axis) -> str:
    """The windows along one axis: size → number of windows."""
    if not axis.stride:  # adaptive pooling of fewer pixels than it gives
        return f"{axis.size} → {axis.output}, pixels are read several times"
    quotient = f"({numerator(axis)})/{axis.stride}"
    steps, remainder = divmod(axis.padded - axis.span, axis.stride)
    if not remainder:
        return f"{axis.size} → {quotient} + 1 = {axis.output}"
    word = "ceil" if axis.output > steps + 1 else "floor"
    return f"{axis.size} → {word}({quotient}) + 1 = {axis.output}"


def back_along(axis: Axis) -> str:
    """The same for a transposed convolution: from the number of windows back to the size."""
    window = f"{axis.kernel}" if axis.dilation == 1 else f"{axis.dilation}·({axis.kernel} − 1) + 1"
    both = f" − 2·{axis.before}" if axis.before else ""
    less = both if axis.before == axis.after else f" − {axis.before} − {axis.after}"
    extra = axis.padded - (axis.output - 1) * axis.stride - axis.span
    more = f" + {extra}" if extra else ""
    return f"{axis.output} → ({axis.output} − 1)·{axis.stride} + {window}{less}{more} = {axis.size}"


def _each(axes: Sequence[Axis], lines: Sequence[str]) -> tuple[str, ...]:
    if lines[0] == lines[1]:
        return (lines[0],)
    return tuple(f"{axis.name} {line}" for axis, line in zip(axes, lines, strict=True))


def numerator(axis: Axis) -> str:
    """What is divided by the stride: "28 − 5 + 2·2", with dilation "28 − 2·(5 − 1) − 1 + 3 + 4"."""
    window = f"{axis.kernel}" if axis.dilation == 1 else f"{axis.dilation}·({axis.kernel} − 1) − 1"
    both = f" + 2·{axis.before}" if axis.before else ""
    return f"{axis.size} − {window}" + (both if axis.before == axis.after else f" + {axis.before} + {axis.after}")


def times(sizes: Sequence[int]) -> str:
    """(16, 5, 5) → "16·5·5"."""
    return "·".join(str(size) for size in sizes)


def _flattened(shape: Shape, output: Shape) -> str:
    count = f"{times(shape)} = {volume(shape)}" if len(shape) > 1 else f"{shape[0]}"
    return f"{count} → {times(output)}"


def _merged(inputs: Sequence[Shape], output: Shape) -> str:
    if all(shape == inputs[0] for shape in inputs) and output == inputs[0]:
        return f"{len(inputs)} inputs of one shape, {times(output)}"
    if output[0] == sum(shape[0] for shape in inputs):
        unit = "channels" if len(output) == 3 else "numbers"
        return f"{' + '.join(str(shape[0]) for shape in inputs)} = {output[0]} {unit}"
    return f"{' and '.join(times(shape) for shape in inputs)} → {times(output)}"


def _other(shape: Shape, output: Shape) -> tuple[str, ...]:
    if shape == output:
        return ("unchanged",)
    if volume(shape) == volume(output):
        return (f"{times(shape)} = {volume(shape)} → {times(output)}",)
    if len(shape) == len(output):
        words = ("channels", "height", "width") if len(shape) == 3 else ("numbers",)
        changes = zip(words, shape, output, strict=False)
        return tuple(f"{word} {old} → {new}" for word, old, new in changes if old != new)
    return (f"{times(shape)} → {times(output)}",)
