"""The desktop program's canvas with 1,000 layers: layout, opening, and frames a second while it is panned.

Every frame moves the view by some pixels and waits until it is painted. Needs the extra `gui`; no screen is needed.

python -m benchmarks.canvas
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.table import markdown_line

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
GOAL = 30
"""Frames a second."""
STEP = 9
"""Pixels of the screen that one frame moves."""
ZOOMS = (1.0, 0.55, 0.4, 0.2, 0.05)


def chain(layers: int) -> str:
    """Residual blocks below each other, written out layer by layer."""
    kinds = ("conv2d", "batch_norm", "relu", "conv2d", "batch_norm", "add", "relu")
    parts = ['spec_version = 1\nname = "chain"\n[input]\nshape = [16, 32, 32]\n']
    for place in range(layers):
        kind, before = kinds[place % 7], f"l{place - 6}" if place > 6 else "input"
        more = {
            "conv2d": "out_channels = 16\nkernel_size = 3\npadding = 1\n",
            "add": f'inputs = ["l{place - 1}", "{before}"]\n',
        }
        parts.append(f'[[layers]]\nname = "l{place}"\ntype = "{kind}"\n{more.get(kind, "")}')
    return "\n".join(parts)


def grid(layers: int, width: int = 25) -> str:
    """Branches side by side that come together at the end: as many boxes as possible in sight."""
    parts = ['spec_version = 1\nname = "grid"\n[input]\nshape = [16]\n']
    rows = layers // width
    for place in range(rows * width):
        row, column = divmod(place, width)
        read = f"r{row - 1}c{column}" if row else "input"
        parts.append(f'[[layers]]\nname = "r{row}c{column}"\ntype = "relu"\ninputs = ["{read}"]\n')
    ends = ", ".join(f'"r{rows - 1}c{column}"' for column in range(width))
    return "\n".join([*parts, f'[[layers]]\nname = "sum"\ntype = "add"\ninputs = [{ends}]\n'])


def clock(work: Callable[[], object], rounds: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(text: str, size: tuple[int, int], frames: int) -> Iterator[tuple[str, str]]:
    """Names and values for one network."""
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QApplication

    from gui.canvas.board import lay_out_diagram
    from gui.desk import Desk
    from gui.document import Document
    from gui.panels.canvas import Canvas

    app = QApplication.instance() or QApplication([])
    canvas = Canvas(Desk(Document()))
    canvas.resize(*size)
    canvas.show()
    app.processEvents()
    started = time.perf_counter()
    canvas.desk.document.new(text)
    canvas.desk.document.settle()
    app.processEvents()
    yield "open", f"{1e3 * (time.perf_counter() - started):.0f} ms"
    yield "layout", f"{1e3 * clock(lambda: lay_out_diagram(canvas.board.diagram), 5):.0f} ms"
    yield "refresh", f"{1e3 * clock(canvas.board.refresh, 5):.0f} ms"
    view = canvas.view

    def frame() -> None:
        view.pan(QPoint(-STEP // 2, -STEP))
        app.processEvents()

    def whole_frame() -> None:
        view.pan(QPoint(-STEP // 2, -STEP))
        view.viewport().update()
        app.processEvents()

    for zoom in ZOOMS:
        view.show_from_start()
        view.set_zoom(zoom)
        app.processEvents()
        seen = sum(box.sceneBoundingRect().intersects(view.sight()) for box in canvas.board.scene.boxes.values())
        for name, work in (("pan", frame), ("pan, all painted", whole_frame)):
            yield f"{name}, zoom {zoom:g}, {seen} boxes", f"{1 / clock(work, frames):.0f} fps"
    canvas.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", type=int, nargs=2, default=(1600, 1000), metavar=("W", "H"))
    parser.add_argument("--file", type=Path, help="measure this spec instead")
    given = parser.parse_args(argv)
    texts = {"chain": chain(given.layers), "grid": grid(given.layers)}
    if given.file is not None:
        texts = {given.file.stem: given.file.read_text(encoding="utf-8")}
    from PySide6.QtWidgets import QApplication

    from gui.theme import apply_theme
    from netspec.look import LIGHT

    app = QApplication.instance() or QApplication([])
    assert app is not None
    apply_theme(LIGHT)
    for name, text in texts.items():
        print(markdown_line([f"{name}, {given.layers} layers", f"goal {GOAL} fps"]))
        print(markdown_line(["---", "---:"]))
        for what, value in measure(text, tuple(given.size), given.frames):
            print(markdown_line([what, value]), flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
