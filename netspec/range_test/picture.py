"""The range test as a picture (SVG, PNG) or a table of its points (CSV)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.look import lane_colours
from netspec.range_test.curve import MINIMUM, STEEPEST, LaneCurve
from netspec.range_test.find import RangeTest
from netspec.training.curves import LABEL_GAP, SECONDARY, STYLE, TEXT, moved_apart
from netspec.weights import replace_file, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".csv")
LOW = 20
LEGEND = (
    "faint: each batch after the update with that rate, relative to the untouched network on it;  bold: mean over neighbours\n"
    "○ steepest descent   ◇ a tenth of the lowest point's rate   ▲ the spec's rate"
)


def write_picture(test: RangeTest, path: Path) -> None:
    """Write the curves; the name's ending chooses the format. Equal tests give equal files. Raises ValueError, OSError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path}: the name ends with none of {', '.join(SUFFIXES)}")
    if suffix == ".csv":
        write_text(path, table(test))
        return
    import matplotlib

    with matplotlib.rc_context(STYLE):
        figure = draw(test)
        date: dict[str, Any] = {"Date": None} if suffix == ".svg" else {}
        replace_file(path, lambda stream: figure.savefig(stream, format=suffix[1:], dpi=200, metadata=date))


def table(test: RangeTest) -> str:
    """One line a point: optimizer, lr, loss, untouched, smoothed; numbers as Python writes them, to be read back."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("optimizer", "lr", "loss", "untouched", "smoothed"))
    for lane in test.lanes:
        for point in zip(lane.lr, lane.loss, lane.untouched, lane.smoothed, strict=True):
            rows.writerow((lane.label, *map(repr, point)))
    return text.getvalue()


def draw(test: RangeTest) -> Figure:
    """The picture, 8 × 4.8 inches: loss over the learning rate, a curve for each optimizer."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.8), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=0.8, top=0.82, bottom=0.235)
    figure.text(0.02, 0.925, f"{test.name}: learning-rate range test", fontsize=13, fontweight="bold", color=TEXT)
    figure.text(0.02, 0.03, LEGEND, fontsize=7.5, color=SECONDARY, linespacing=1.5)
    axes.set_xscale("log")
    axes.tick_params(axis="x", which="minor", size=0)
    axes.set_xlim(test.lr_min, test.lr_max)
    low, high = _scale(axes, test)
    colours = lane_colours({lane.label: lane.kind for lane in test.lanes})
    for lane in test.lanes:
        _draw_lane(axes, lane, colours[lane.label], len(test.lanes), (low, high))
    _mark_usual(axes, test, colours, low)
    axes.set_title("loss" + (", logarithmic" if axes.get_yscale() == "log" else ""), pad=10)
    axes.set_xlabel("learning rate, logarithmic")
    _label(axes, test, colours, high)
    return figure


def _draw_lane(axes: Axes, lane: LaneCurve, colour: str, lanes: int, limits: tuple[float, float]) -> None:
    average, is_log = lane.smoothed, axes.get_yscale() == "log"
    faint = 0.25 / max(1.0, lanes / 2)
    axes.plot(*within(lane.lr, lane.adjusted, limits, is_log=is_log), color=colour, alpha=faint, linewidth=0.6)
    axes.plot(*within(lane.lr, average, limits, is_log=is_log), color=colour, linewidth=1.3)
    for rule, marker in ((STEEPEST, "o"), (MINIMUM, "D")):
        if rule in lane.suggestions:
            rate = lane.suggestions[rule]
            height = average[min(range(len(lane.lr)), key=lambda i: abs(math.log(lane.lr[i] / rate)))]
            axes.plot(
                [rate], [height], marker=marker, markersize=7 if marker == "o" else 6, markerfacecolor="white",
                markeredgecolor=colour, markeredgewidth=1.3, zorder=5, linestyle="none",
            )  # fmt: skip


def within(
    rates: Sequence[float], values: Sequence[float], limits: tuple[float, float], *, is_log: bool
) -> tuple[list[float], list[float]]:
    """The curve cut off where it leaves the limits, with a point on the border and NaN beyond.

    Programs that show SVG without clip paths, Qt among them, would draw the rest across the title.
    """
    bounds = [math.log(limit) if limit > 0 else -math.inf for limit in limits] if is_log else list(limits)
    points = [(math.log(rate), _height(value, is_log=is_log)) for rate, value in zip(rates, values, strict=True)]
    found: list[tuple[float, float]] = []
    for place, (x, y) in enumerate(points):
        for cross_x, cross_y in _crossings(points[place - 1], (x, y), bounds) if place else ():
            found.append((math.exp(cross_x), math.exp(cross_y) if is_log else cross_y))
        found.append((rates[place], values[place] if bounds[0] <= y <= bounds[1] else math.nan))
    return [x for x, _ in found], [y for _, y in found]


def _height(value: float, *, is_log: bool) -> float:
    if not is_log or not math.isfinite(value):
        return value
    return math.log(value) if value > 0 else -math.inf


def _crossings(
    first: tuple[float, float], last: tuple[float, float], bounds: Sequence[float]
) -> list[tuple[float, float]]:
    """Where the line between two points crosses the borders, in the order of x."""
    (x, y), (to_x, to_y) = first, last
    if not (math.isfinite(y) and math.isfinite(to_y)):
        return []
    crossed = [bound for bound in bounds if min(y, to_y) < bound < max(y, to_y)]
    return sorted((x + (to_x - x) * (bound - y) / (to_y - y), bound) for bound in crossed)


def _mark_usual(axes: Axes, test: RangeTest, colours: dict[str, str], low: float) -> None:
    """A triangle at the rate that the spec has; those of one rate stand on each other."""
    seen: list[float] = []
    for lane in test.lanes:
        if test.lr_min <= lane.usual <= test.lr_max:
            axes.annotate(
                "▲", (lane.usual, low), xytext=(0, 8 * seen.count(lane.usual)), textcoords="offset points", ha="center",
                fontsize=7, color=colours[lane.label], annotation_clip=False, zorder=6,
            )  # fmt: skip
            seen.append(lane.usual)


def _scale(axes: Axes, test: RangeTest) -> tuple[float, float]:
    """From the lowest average to a third above the first ones; curves that diverge leave at the top.

    Of the single batches all but the lowest one in LOW fit in, so that one of them alone does not stretch the axis.
    """
    values = [v for lane in test.lanes for v in lane.smoothed if math.isfinite(v)]
    for lane in test.lanes:
        single = sorted(v for v in lane.adjusted if math.isfinite(v))
        values += single[len(single) // LOW :][:1]
    values = values or [1.0]
    first = max((lane.start for lane in test.lanes if math.isfinite(lane.start)), default=1.0)
    low, top = min(values), first
    if low > 0 and top / low >= 20:
        axes.set_yscale("log")
        low, high = low / 1.3, top * 2
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        room = max(top - low, 0.05 * abs(top))
        low, high = max(0.0, low - 0.1 * room) if low >= 0 else low - 0.1 * room, top + 0.35 * room
    axes.set_ylim(low, high)
    return low, high


def _label(axes: Axes, test: RangeTest, colours: dict[str, str], high: float) -> None:
    """Beside the picture, at the height of each curve's end: its name and what it suggests."""
    axes.figure.canvas.draw()
    ends = [next((v for v in reversed(lane.smoothed) if math.isfinite(v)), high) for lane in test.lanes]
    heights = [axes.transData.transform((test.lr_max, min(end, high)))[1] for end in ends]
    gap = 2.4 * LABEL_GAP
    for lane, height in zip(test.lanes, moved_apart(heights, gap, axes.bbox.y0, axes.bbox.y1), strict=True):
        y = axes.transAxes.inverted().transform((0.0, height))[1]
        axes.annotate(
            f"{lane.label}\n{_suggested(lane)}", (1.0, y), xycoords="axes fraction", xytext=(6, 0), fontsize=8,
            textcoords="offset points", color=colours[lane.label], va="center", annotation_clip=False, linespacing=1.3,
        )  # fmt: skip


def _suggested(lane: LaneCurve) -> str:
    marks = {STEEPEST: "○", MINIMUM: "◇"}
    found = "  ".join(f"{marks[rule]} {rate:.2g}" for rule, rate in lane.suggestions.items())
    return found or "no clear descent"
