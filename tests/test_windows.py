"""The window arithmetic against enumeration of the windows and against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from netspec.layers.base import ShapeError
from netspec.problems import spell
from netspec.windows import Axis, Padding, Sides, Size2, dropped_notes, pair, resolve

small = st.integers(1, 5)
sizes = st.integers(1, 17)
pads = st.integers(0, 4)


class Fields(BaseModel):
    size: Size2 = 1
    padding: Padding = 0


def height(size: int, kernel: int, stride: int, dilation: int, before: int, after: int, rounding: Any) -> Axis:
    sides = Sides(top=before, bottom=after)
    return resolve((1, size, 1), kernel_size=(kernel, 1), stride=(stride, 1), padding=sides,
                   dilation=(dilation, 1), rounding=rounding)[0]


def enumerate_windows(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, ceil: bool
) -> list[list[int]]:
    """Taps of every window, by sliding it until it no longer fits; with ceil once more if it starts in the input."""
    windows, start = [], -before
    while start + dilation * (kernel - 1) < size + after:
        windows.append([start + dilation * tap for tap in range(kernel)])
        start += stride
    ends_exactly = windows[-1][-1] == size + after - 1
    if ceil and not ends_exactly and start < size:
        windows.append([start + dilation * tap for tap in range(kernel)])
    return windows


@given(sizes, small, small, small, pads, pads, st.booleans())
@settings(max_examples=400, deadline=None)
def test_output_unread_and_empty_windows_agree_with_enumeration(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, ceil: bool
) -> None:
    assume(dilation * (kernel - 1) < size + before + after)
    axis = height(size, kernel, stride, dilation, before, after, "ceil" if ceil else "floor")
    windows = enumerate_windows(size, kernel, stride, dilation, before, after, ceil)
    inside = range(size)
    assert axis.output == len(windows)
    assert set(axis.unread) == set(inside) - {p for window in windows for p in window}
    assert axis.empty_windows == tuple(i for i, w in enumerate(windows) if not any(p in inside for p in w))
    assert axis.dropped == max(0, size + after - 1 - windows[-1][-1])
    assert axis.overhang == max(0, windows[-1][-1] - (size + after - 1))


@given(sizes, small, small, small, pads, pads)
@settings(max_examples=300, deadline=None)
def test_exact_accepts_just_what_floor_and_ceil_agree_on_and_its_remedies_fit(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    assume(dilation * (kernel - 1) < size + before + after)
    if (size + before + after - dilation * (kernel - 1) - 1) % stride == 0:
        outputs = {height(size, kernel, stride, dilation, before, after, rounding).output
                   for rounding in ("exact", "floor", "ceil")}
        assert len(outputs) == 1
        return
    with pytest.raises(ShapeError) as caught:
        height(size, kernel, stride, dilation, before, after, "exact")
    assert (caught.value.code, caught.value.field) == ("NS204", "rounding")
    for n in _numbers(caught.value.hint, "an input height of "):
        assert height(n, kernel, stride, dilation, before, after, "exact").size == n
    for k in _numbers(caught.value.hint, "kernel_size "):
        assert height(size, k, stride, dilation, before, after, "exact").kernel == k


def _numbers(hint: str, before: str) -> list[int]:
    """The numbers of "<before>1 or 2" in a hint."""
    if before not in hint:
        return []
    return [int(n) for n in hint.split(before)[1].split(",")[0].split(" or ")]


@given(sizes, small, small, small, st.sampled_from(["floor", "ceil"]))
def test_same_gives_ceil_of_size_over_stride_with_the_odd_pixel_at_the_end_or_the_start(
    size: int, kernel: int, stride: int, dilation: int, rounding: Any
) -> None:
    common = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "rounding": rounding}
    upper = resolve((2, size, size), padding="same", **common)[0]
    lower = resolve((2, size, size), padding="same_lower", **common)[1]
    assert upper.output == lower.output == -(-size // stride)
    assert (upper.before, upper.after) == (lower.after, lower.before)
    assert upper.after - upper.before in (0, 1)
    if upper.after:
        assert (upper.output - 1) * stride + upper.span == upper.padded  # no more padding than needed


@given(sizes, st.integers(0, 4), small, small, pads)
def test_a_window_that_exceeds_the_padded_input_is_refused_with_remedies_that_fit(
    size: int, excess: int, stride: int, dilation: int, padding: int
) -> None:
    kernel = (size + 2 * padding - 1) // dilation + 2 + excess
    shape = (3, size, size)
    with pytest.raises(ShapeError) as caught:
        resolve(shape, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    hint = caught.value.hint
    largest, enough = int(hint.split("kernel_size ≤ ")[1].split(" ")[0]), int(hint.split("padding ≥ ")[1])
    assert (caught.value.code, caught.value.field) == ("NS203", "kernel_size")
    assert resolve(shape, kernel_size=largest, stride=stride, padding=padding, dilation=dilation)[0].output >= 1
    assert resolve(shape, kernel_size=kernel, stride=stride, padding=enough, dilation=dilation)[0].output >= 1
    with pytest.raises(ShapeError):
        resolve(shape, kernel_size=largest + 1, stride=stride, padding=padding, dilation=dilation)
    with pytest.raises(ShapeError):
        resolve(shape, kernel_size=kernel, stride=stride, padding=enough - 1, dilation=dilation)


@pytest.mark.parametrize(("arguments", "text"), [
    ({"kernel_size": 7}, "kernel_size 7 exceeds the padded input 5 + 2·0; use kernel_size ≤ 5 or padding ≥ 1"),
    ({"kernel_size": 3, "dilation": 4},
     "kernel_size 3 with dilation 4 spans 9 and exceeds the padded input 5 + 2·0; use kernel_size ≤ 2 or padding ≥ 2"),
    ({"kernel_size": (3, 7), "padding": Sides(left=1)},
     "kernel_size 7 exceeds the padded input width 5 + 1 + 0; use kernel_size ≤ 6 or padding.right ≥ 1"),
    ({"kernel_size": 2, "stride": 2, "rounding": "exact"},
     'height (5 − 1·(2 − 1) − 1 + 0 + 0)/2 = 1.5 is not whole, as rounding = "exact" asks; '
     'use an input height of 4 or 6, kernel_size 1 or 3, or rounding = "floor" or "ceil"'),
])
def test_shape_errors_say_values_and_remedy(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        resolve((3, 5, 5), **arguments)
    assert str(caught.value) == text


def test_inputs_that_are_no_pictures_are_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        resolve((120,), kernel_size=3)
    assert caught.value.message == "needs a [C, H, W] input (channels, height, width), got [120]"
    assert caught.value.code == "NS205"


@pytest.mark.parametrize(("size", "arguments", "text"), [
    (28, {"kernel_size": 5, "padding": 2}, "floor((28 − 1·(5 − 1) − 1 + 2 + 2)/1) + 1 = 28"),
    (7, {"kernel_size": 2, "stride": 2, "rounding": "ceil"}, "ceil((7 − 1·(2 − 1) − 1 + 0 + 0)/2) + 1 = 4"),
    (7, {"kernel_size": 3, "stride": 2, "rounding": "exact"}, "(7 − 1·(3 − 1) − 1 + 0 + 0)/2 + 1 = 3"),
    (5, {"kernel_size": 2, "stride": 3, "padding": 1, "rounding": "ceil"},
     "ceil((5 − 1·(2 − 1) − 1 + 1 + 1)/3) + 1 = 3, less the one that starts behind the input = 2"),
])
def test_formula_shows_the_numbers(size: int, arguments: dict[str, Any], text: str) -> None:
    assert resolve((1, size, size), **arguments)[0].formula() == text


@pytest.mark.parametrize(("shape", "arguments", "text"), [
    ((1, 28, 27), {"kernel_size": 3, "stride": 2}, "1 row at the bottom is read by no window"),
    ((1, 7, 8), {"kernel_size": 3, "stride": 3},
     "1 row at the bottom and 2 columns on the right are read by no window"),
    ((1, 9, 2), {"kernel_size": 2, "stride": 3},
     "3 of 9 rows (stride 3, kernel 2, dilation 1) are read by no window"),
])
def test_unread_pixels_are_noted(shape: tuple[int, ...], arguments: dict[str, Any], text: str) -> None:
    [note] = dropped_notes(resolve(shape, **arguments))
    assert (note.code, note.message) == ("NS901", text)


@pytest.mark.parametrize("arguments", [
    {"kernel_size": 7, "stride": 2, "padding": 3},  # ResNet's stem: only padding is dropped
    {"kernel_size": 1, "stride": 2},  # ResNet's shortcut: subsampling on purpose
    {"kernel_size": 2, "stride": 2},
])
def test_usual_windows_give_no_note(arguments: dict[str, Any]) -> None:
    assert dropped_notes(resolve((3, 224, 224), **arguments)) == []


@pytest.mark.parametrize("value", [3, (2, 5), "same", "same_lower", "valid", Sides(top=1, right=2)])
def test_padding_survives_a_round_trip_through_json(value: object) -> None:
    fields = Fields(padding=value)
    assert fields.padding == value
    assert Fields.model_validate_json(fields.model_dump_json()) == fields


def test_missing_sides_are_zero() -> None:
    assert Fields(padding={"bottom": 1}).padding == Sides(top=0, bottom=1, left=0, right=0)


@pytest.mark.parametrize(("field", "value", "text"), [
    ("padding", [1, 2, 3, 4], "[1, 2, 3, 4] is ambiguous: ONNX reads four numbers as top, left, bottom, right and "
     "PyTorch's F.pad as left, right, top, bottom; write {top = …, bottom = …, left = …, right = …}"),
    ("padding", {"tpo": 1}, '"tpo" is not a side; use top, bottom, left, right'),
    ("padding", {"top": -1}, "top = -1 is not a padding; use a whole number from 0 to 65535"),
    ("size", 0, "0 is not a size; use a whole number from 1 to 65535 or [height, width]"),
    ("size", [3, True], "[3, true] is not a size; use a whole number from 1 to 65535 or [height, width]"),
    ("size", 2.0, "2.0 is not a size; use a whole number from 1 to 65535 or [height, width]"),
    *[("padding", value, f"{spell(value)} is not a padding; use a whole number from 0 to 65535, [height, width], "
       '{top = …, bottom = …, left = …, right = …}, "same", "same_lower" or "valid"')
      for value in (-1, True, 1.5, "SAME", [1], [0, -1], None)],
])
def test_bad_fields_give_one_message_each(field: str, value: object, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Fields(**{field: value})
    [error] = caught.value.errors()
    assert (error["loc"], error["msg"]) == ((field,), text)


def test_pair_reads_one_number_as_both() -> None:
    assert pair(3) == (3, 3)
    assert pair((2, 5)) == (2, 5)


@pytest.mark.peers
@given(sizes, sizes, small, small, small, st.integers(0, 2), st.booleans())
@settings(max_examples=200, deadline=None)
def test_outputs_agree_with_pytorch(
    rows: int, columns: int, kernel: int, stride: int, dilation: int, padding: int, ceil: bool
) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: extra peers")
    assume(padding <= kernel // 2)  # PyTorch's own limit
    assume(dilation * (kernel - 1) < min(rows, columns) + 2 * padding)
    x = torch.zeros(1, 1, rows, columns)
    arguments = {"stride": stride, "padding": padding, "dilation": dilation}
    ours = resolve((1, rows, columns), kernel_size=kernel, rounding="ceil" if ceil else "floor", **arguments)
    theirs = torch.nn.functional.max_pool2d(x, kernel, ceil_mode=ceil, **arguments).shape
    assert tuple(axis.output for axis in ours) == tuple(theirs[2:])
    if not ceil:
        assert torch.nn.functional.conv2d(x, torch.zeros(1, 1, kernel, kernel), **arguments).shape == theirs
