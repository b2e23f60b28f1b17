"""One look for the terminal, the pictures and the desktop program: colours, and how numbers and shapes are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

THIN = "\N{NARROW NO-BREAK SPACE}"
FAMILY_COLOURS = {
    "convolution": "#3B7DD8",
    "linear": "#D8643B",
    "normalization": "#8A63D2",
    "activation": "#D9A21B",
    "pooling": "#2A9D8F",
    "merge": "#5A9E3E",
    "shape": "#7A8696",
    "loss": "#C23B5A",
}
OPTIMIZER_COLOURS = {
    "sgd": "#0072B2",
    "momentum": "#E69F00",
    "adagrad": "#CC79A7",
    "rmsprop": "#009E73",
    "adam": "#D55E00",
    "adamw": "#56B4E9",
    "nesterov": "#B8A200",
}
"""Told apart by colour-blind eyes, too (after Okabe & Ito)."""
FURTHER_COLOURS = ("#7F7F7F", "#56B4E9", "#B8A200")
"""Of other optimizers, and of a second one of the same type."""
ERROR, WARNING, OK, FROZEN_COLOUR = "#D64545", "#C98A00", "#2E9E5B", "#6AA2FF"
"""States, on a background that may be light or dark."""


@dataclass(frozen=True)
class Theme:
    """Colours of one mode; text on window and surface has a contrast of at least 4.5:1."""

    window: str
    surface: str
    line: str
    text: str
    secondary: str
    accent: str
    selection: str
    error: str
    warning: str
    ok: str
    frozen: str


LIGHT = Theme(
    window="#F7F8FA", surface="#FFFFFF", line="#DCE0E6", text="#1D2430", secondary="#5B6675", accent="#2F6FEB",
    selection="#DCE8FD", error="#C93838", warning="#8F6300", ok="#217A45", frozen="#5E7389",
)  # fmt: skip
DARK = Theme(
    window="#15181E", surface="#1D222B", line="#323A47", text="#E6EAF0", secondary="#9AA5B4", accent="#6AA2FF",
    selection="#2A3F63", error="#F07171", warning="#E0A52B", ok="#4CC07C", frozen="#9DB2C8",
)  # fmt: skip


def optimizer_colour(kind: str) -> str:
    """The one colour of an optimizer's type, everywhere."""
    return OPTIMIZER_COLOURS.get(kind) or FURTHER_COLOURS[sum(map(ord, kind)) % len(FURTHER_COLOURS)]


def lane_colours(kinds: Mapping[str, str]) -> dict[str, str]:
    """Label and type of each lane → its colour: its type's, unless a lane before has it; then a further one."""
    found: dict[str, str] = {}
    for label, kind in kinds.items():
        taken = list(found.values())
        free = [colour for colour in FURTHER_COLOURS if colour not in taken]
        own = optimizer_colour(kind)
        found[label] = own if own not in taken else (free or FURTHER_COLOURS)[0]
    return found


def count(number: int) -> str:
    """61706 → "61 706" with narrow spaces."""
    return f"{number:,}".replace(",", THIN)


def shape(sizes: Sequence[int]) -> str:
    """(6, 28, 28) → "6 × 28 × 28"."""
    return " × ".join(str(size) for size in sizes)


def plural(number: int, noun: str) -> str:
    """(1, "layer") → "1 layer"; (2, "layer") → "2 layers"."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """0.34 → "0.3 s"; 75 → "1:15"; 3700 → "1:01:40"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: float) -> str:
    """Bytes in binary units: 1536 → "1.5 KiB"."""
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def title(name: str) -> str:
    """A metric's name for people: "val_accuracy" → "val accuracy"; what ran along with the training loses its prefix."""
    return name.removeprefix("running_").replace("_", " ")
