"""A run's curves as a picture: loss of training (raw faint, smoothed bold) and validation (dashed), and one metric."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.look import LIGHT
from netspec.metrics.monitor import direction_of, is_share
from netspec.training.events import NAN, Event
from netspec.training.series import Curve, LaneCurves, RunCurves, collect, colours, smoothed, smoothing_factor
from netspec.weights import replace_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT, SECONDARY, GRID = LIGHT.text, LIGHT.secondary, LIGHT.line
LABEL_GAP = 13
"""Pixels between the labels at the curves' ends, at 100 dpi."""
LONGEST_LABEL = 20
MARGIN = 0.02
"""Share of the picture's width at its edges; twice as much lies between the panels."""
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.spines.bottom": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.labelcolor": SECONDARY,
    "axes.titlecolor": TEXT,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": SECONDARY,
    "ytick.color": SECONDARY,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "text.color": TEXT,
    "svg.fonttype": "none",
    "svg.hashsalt": "netspec",
}


def write_curves(events: Iterable[Event], folder: Path, stem: str = "curves") -> tuple[Path, Path]:
    """Draw all lanes of a history into `folder` as SVG and PNG, every point of it; equal histories give equal files."""
    import matplotlib

    paths = folder / f"{stem}.svg", folder / f"{stem}.png"
    with matplotlib.rc_context(STYLE):
        figure = draw(collect(events))
        for path in paths:
            date: dict[str, Any] = {"Date": None} if path.suffix == ".svg" else {}
            replace_file(
                path,
                lambda stream, path=path, date=date: figure.savefig(  # type: ignore[misc]
                    stream, format=path.suffix[1:], dpi=200, metadata=date
                ),
            )
    return paths


def draw(run: RunCurves) -> Figure:
    """The picture, 10 × 4.8 inches: loss on the left, the metric on the right when there is one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.8), facecolor="white")
    FigureCanvasAgg(figure)
    has_metric = any(len(lane.metric.x) > 1 for lane in run.lanes.values())
    shares = [1.3, 1] if has_metric else [1]
    panels = list(figure.subplots(1, len(shares), squeeze=False)[0])
    figure.subplots_adjust(top=0.82, bottom=0.215)
    figure.text(0.02, 0.925, run.name, fontsize=13, fontweight="bold", color=TEXT)
    figure.text(0.02, 0.03, _legend(run), fontsize=7.5, color=SECONDARY, linespacing=1.5)
    _draw_loss(panels[0], run)
    if has_metric:
        _draw_metric(panels[1], run)
    _place(figure, panels, shares)
    return figure


def _place(figure: Figure, panels: Sequence[Axes], shares: Sequence[float]) -> None:
    """Give each panel the room that its numbers on the left and its labels on the right need, and share out the rest."""
    figure.canvas.draw()
    whole = figure.bbox.width
    needs = []
    for axes in panels:
        outer, inner = axes.get_tightbbox(), axes.get_window_extent()
        assert outer is not None
        needs.append((max(inner.x0 - outer.x0, 0.0) / whole, max(outer.x1 - inner.x1, 0.0) / whole))
    free = 1 - 2 * MARGIN - 2 * MARGIN * (len(panels) - 1) - sum(map(sum, needs))
    x = MARGIN
    for axes, share, (left, right) in zip(panels, shares, needs, strict=True):
        old, width = axes.get_position(), free * share / sum(shares)
        axes.set_position((x + left, old.y0, width, old.height))
        x += left + width + right + 2 * MARGIN


def _legend(run: RunCurves) -> str:
    """What the kinds of lines are, with the formula of the smoothing."""
    beta = _beta(run)
    lines = [f"faint: each batch;  bold: its average mₜ/(1−βᵗ), mₜ = β·mₜ₋₁ + (1−β)·lossₜ, β = {beta:.4g}"]
    if any(len(lane.validation.x) > 1 for lane in run.lanes.values()):
        lines.append("dashed: validation, its best point ringed; the number is its last value")
    if any(lane.penalty.x for lane in run.lanes.values()):
        lines.append("dotted: what weight decay adds to the loss that is minimized; no other line contains it")
    if run.stages:
        lines.append("upright: layers are unfrozen here, and learn from this step on")
    return "\n".join(lines)


def _draw_stages(axes: Axes, run: RunCurves) -> None:
    """A line where each later stage of [transfer] begins, with its number at the top."""
    for number, step in run.stages.items():
        axes.axvline(step, color=SECONDARY, linewidth=0.7, alpha=0.6, zorder=0)
        axes.annotate(
            f"stage {number + 1}", (step, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -7),
            textcoords="offset points", color=SECONDARY, fontsize=7,
        )  # fmt: skip


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _beta(run: RunCurves) -> float:
    steps = max((len(lane.loss.x) for lane in run.lanes.values()), default=1)
    return smoothing_factor(steps, run.steps_per_epoch)


def _draw_loss(axes: Axes, run: RunCurves) -> None:
    """Raw training loss, its average, validation with the best point ringed."""
    lanes, colour, beta = list(run.lanes.values()), colours(run.lanes.values()), _beta(run)
    averages = [Curve(lane.loss.x, smoothed(lane.loss.y, beta)) for lane in lanes]
    ends = []
    for lane, average in zip(lanes, averages, strict=True):
        faint = 0.25 / max(1.0, len(lanes) / 2)  # many raw curves on top of each other would hide the others
        axes.plot(lane.loss.x, lane.loss.y, color=colour[lane.label], alpha=faint, linewidth=0.6)
        axes.plot(average.x, average.y, color=colour[lane.label], linewidth=1.3)
        axes.plot(lane.penalty.x, lane.penalty.y, color=colour[lane.label], linewidth=1.0, linestyle=":")
        _draw_validation(axes, lane.validation, colour[lane.label], "min")
        ends.append((lane, _last(lane.validation if len(lane.validation.x) > 1 else average)))
    title = "loss" + _scale_loss(axes, lanes)
    axes.set_title(title, pad=10)
    _draw_stages(axes, run)
    steps = f"{run.steps_per_epoch:,}".replace(",", "\u2009")
    axes.set_xlabel(f"step ({steps} in an epoch)")
    _label_ends(axes, ends, colour, lambda value: f"{value:.3g}")


def _draw_metric(axes: Axes, run: RunCurves) -> None:
    """The first metric of the validation part; shares of 1 in percent."""
    lanes, colour = list(run.lanes.values()), colours(run.lanes.values())
    mode = direction_of(run.metric or "") or "max"
    ends = []
    for lane in lanes:
        _draw_validation(axes, lane.metric, colour[lane.label], mode)
        ends.append((lane, _last(lane.metric)))
    in_percent = is_share(run.metric or "")
    axes.set_title(f"validation {(run.metric or '').replace('_', ' ')}", pad=10)
    axes.set_xlabel("step")
    if in_percent:
        _scale_share(axes, lanes)
    _draw_stages(axes, run)
    _label_ends(axes, ends, colour, lambda value: f"{100 * value:.2f} %" if in_percent else f"{value:.4g}")


def _scale_share(axes: Axes, lanes: Sequence[LaneCurves]) -> None:
    """Percent up to 100, down to what the curves reach after a fifth of the run; the steep start runs off below."""
    end = max(x for lane in lanes for x in lane.metric.x)
    points = [point for lane in lanes for point in zip(lane.metric.x, lane.metric.y, strict=True)]
    late = [y for x, y in points if x >= 0.2 * end and math.isfinite(y)] or [0.0]
    low = max(0.0, min(late) - 0.1 * (1 - min(late)) - 0.002)
    axes.set_ylim(low, 1 + 0.015 * (1 - low))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")


def _draw_validation(axes: Axes, curve: Curve, colour: str, mode: str) -> None:
    axes.plot(curve.x, curve.y, color=colour, linewidth=1.0, linestyle=(0, (4, 2)), marker="o", markersize=1.8)
    finite = [(y, x) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y) and x > 0]
    if finite:
        y, x = min(finite) if mode == "min" else max(finite, key=lambda point: (point[0], -point[1]))
        axes.plot([x], [y], marker="o", markersize=7, markerfacecolor="none", markeredgecolor=colour, zorder=5)


def _scale_loss(axes: Axes, lanes: Sequence[LaneCurves]) -> str:
    """Logarithmic when the losses span more than a factor 20; the title says so."""
    from matplotlib.ticker import LogLocator, NullFormatter

    values = [v for lane in lanes for v in (*lane.loss.y, *lane.validation.y, *lane.penalty.y) if math.isfinite(v) and v > 0]
    if not values or max(values) / min(values) < 20:
        axes.set_ylim(bottom=0)
        return ""
    axes.set_yscale("log")
    subs = (1.0, 2.0, 5.0) if max(values) / min(values) < 1e4 else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    return ", logarithmic"


def _label_ends(axes: Axes, ends: list[tuple[LaneCurves, tuple[float, float] | None]], colour: Any, say: Any) -> None:
    """Name and last value beside each curve's right end, moved apart where they would overlap."""
    placed = [(lane, end) for lane, end in ends if end is not None]
    if not placed:
        return
    axes.figure.canvas.draw()
    heights = [axes.transData.transform(end)[1] for _, end in placed]
    for (lane, end), height in zip(placed, moved_apart(heights, LABEL_GAP, axes.bbox.y0, axes.bbox.y1), strict=True):
        text = f"{_short(lane.label)}  {say(end[1]) if lane.reason != NAN else 'NaN'}"
        y = axes.transAxes.inverted().transform((0.0, height))[1]
        axes.annotate(
            text, (1.0, y), xycoords="axes fraction", xytext=(4, 0), textcoords="offset points",
            color=colour[lane.label], fontsize=8.5, va="center", annotation_clip=False,
        )  # fmt: skip


def moved_apart(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights of labels moved as little as they must to be `gap` apart, and between low and high if there is room."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    moved = _within(_apart([heights[index] for index in order], gap), gap, low, high)
    return [height for _, height in sorted(zip(order, moved, strict=True))]


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved as little as they must to be `gap` apart: crowded ones spread around their middle."""
    clusters: list[list[float]] = []
    for height in heights:
        clusters.append([height])
        while len(clusters) > 1 and _low(clusters[-1], gap) - _high(clusters[-2], gap) < gap:
            last = clusters.pop()
            clusters[-1] += last
    return [_low(cluster, gap) + i * gap for cluster in clusters for i in range(len(cluster))]


def _within(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Ascending heights, `gap` apart, moved between low and high where they are not (and there is room)."""
    last = len(heights) - 1
    lowered = [min(height, high - gap * (last - i)) for i, height in enumerate(heights)]
    return [max(height, low + gap * i) for i, height in enumerate(lowered)]


def _low(cluster: list[float], gap: float) -> float:
    return sum(cluster) / len(cluster) - gap * (len(cluster) - 1) / 2


def _high(cluster: list[float], gap: float) -> float:
    return _low(cluster, gap) + gap * (len(cluster) - 1)


def _last(curve: Curve) -> tuple[float, float] | None:
    """The last finite point."""
    points = [(float(x), y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y)]
    return points[-1] if points else None
