"""Pictures of classes: what the values or colours of a mask's pixels mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netspec.datasets.base import Array, DataError
from netspec.datasets.images import open_image

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]
Value = int | Colour
"""A number of a grey or palette picture, or [red, green, blue]."""
SHOWN = 8


@dataclass(frozen=True)
class MaskTable:
    """Which value stands for which class, in label order; `ignored`: values of pixels without a class, `label`: theirs."""

    values: tuple[Value, ...]
    ignored: tuple[Value, ...] = ()
    label: int | None = None

    @property
    def has_colours(self) -> bool:
        return any(isinstance(value, tuple) for value in (*self.values, *self.ignored))

    def labels(self, codes: Array, name: str) -> Array:
        """Codes (H, W) of a mask → labels, uint8 where they fit. Raises DataError naming the first value it does not know."""
        table = {encode(value): label for label, value in enumerate(self.values)}
        if self.label is not None:
            table |= {encode(value): self.label for value in self.ignored}
        found, inverse = np.unique(codes, return_inverse=True)
        unknown = [int(code) for code in found if int(code) not in table]
        if unknown:
            raise self._unknown(codes, unknown, name)
        labels = np.array([table[int(code)] for code in found], np.int64)[inverse.reshape(codes.shape)]
        return labels.astype(np.uint8) if labels.min() >= 0 and labels.max() < 256 else labels

    def _unknown(self, codes: Array, unknown: list[int], name: str) -> DataError:
        row, column = np.argwhere(codes == unknown[0])[0]
        pixels, more = int(np.isin(codes, unknown).sum()), f" and {len(unknown) - 1} others" if len(unknown) > 1 else ""
        said = say_values([decode(unknown[0], self.has_colours)])
        return DataError(
            f"{name}: value {said} (row {row}, column {column}){more} is none of {say_values(self.values)}; {pixels} of "
            f"{codes.size} pixels",
            "correct the mask, name each class's value in `values`, or those without a class in `ignore_value`",
        )


def read_codes(path: Path, *, colours: bool) -> Image.Image:
    """A mask as a picture of codes (mode "I"): grey and palette values as they are, colours as 65536 R + 256 G + B.

    Raises DataError.
    """
    from PIL import Image

    if path.suffix.lower() != ".png":
        raise DataError(f"{path}: JPEG changes the values of a mask's pixels", "give masks as PNG")
    image = open_image(path)
    if colours or image.mode in ("RGB", "RGBA"):
        red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), np.int32), -1, 0)
        codes = (red << 16) + (green << 8) + blue
        if not colours:
            raise DataError(
                f"{path}: is a colour picture; its colours are {say_values([decode(int(c), True) for c in np.unique(codes)])}",
                "name each class's colour: values = [[0, 0, 0], [128, 0, 0]], in label order",
            )
    elif image.mode in ("L", "P", "I;16", "I"):
        codes = np.asarray(image, np.int32)
    elif image.mode == "1":
        codes = np.asarray(image, np.int32) * 255
    else:
        raise DataError(f"{path}: a mask of mode {image.mode}", "save it as a grey, palette or RGB picture")
    return Image.fromarray(codes)


def automatic_table(found: Sequence[int], classes: int | None, ignored: Value | None, label: int | None) -> MaskTable:
    """What the values of all masks mean: 0 and 255 are classes 0 and 1; other numbers are class numbers from 0, without gaps.

    classes: how many there are, when the spec names them: then some may be missing. ignored: value of pixels without a
    class, by default the label that the loss ignores. Raises DataError.
    """
    skipped = label if ignored is None else ignored
    wanted = sorted({int(value) for value in found} - {skipped})
    without = (skipped,) if skipped is not None else ()
    if set(wanted) <= {0, 255} and 255 in wanted and (classes or 2) == 2:
        return MaskTable((0, 255), without, label)
    count = (wanted[-1] + 1 if wanted else 0) if classes is None else classes
    if count < 2 or max(wanted, default=0) >= count or (classes is None and len(wanted) < count):
        raise DataError(
            f"[data]: the masks have the values {say_values(wanted)}, which are no class numbers 0 … "
            f"{max(1, (classes or len(wanted)) - 1)}",
            "name each class's value, in label order: values = [0, 255]; or ignore_value for pixels without a class",
        )
    return MaskTable(tuple(range(count)), without, label)


def encode(value: Value) -> int:
    """The code of a value; see `read_codes`."""
    return (value[0] << 16) + (value[1] << 8) + value[2] if isinstance(value, tuple) else value


def decode(code: int, is_colour: bool) -> Value:
    """The value of a code."""
    return (code >> 16, code >> 8 & 255, code & 255) if is_colour else code


def say_values(values: Sequence[Value]) -> str:
    """Values as a spec writes them, the first few."""
    said = [str(list(value)) if isinstance(value, tuple) else str(value) for value in values[:SHOWN]]
    return ", ".join(said) + (", …" if len(values) > SHOWN else "") if said else "none"
