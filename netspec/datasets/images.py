"""Pictures from files: decode, turn upright, resize, centre-crop."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netspec.datasets.base import Array, DataError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg")
_MODES = {1: "L", 3: "RGB"}


def load_image(
    path: Path, channels: int, size: tuple[int, int] | None, resize: int | None = None, *, stretch: bool = False
) -> Array:
    """The picture in a file as (H, W, C) uint8, turned upright by its EXIF orientation.

    channels: 1 (grey: 0.299 R + 0.587 G + 0.114 B) or 3. Transparent pixels are laid on white.
    size: (H, W) cut from the middle; None keeps the whole picture.
    resize: length the shorter side gets before the cut; None makes the picture just cover `size`.
    stretch: all sides get that length, or those of `size`, whatever the proportions were.
    Raises DataError naming the file for anything that cannot be decoded.
    """
    return load_sized_image(path, channels, size, resize, stretch=stretch)[0]


def load_sized_image(
    path: Path, channels: int, size: tuple[int, int] | None, resize: int | None = None, *, stretch: bool = False
) -> tuple[Array, tuple[int, int]]:
    """What `load_image` gives, and (width, height) of the upright picture in the file."""
    if channels not in _MODES:
        raise DataError(f"{path}: a picture cannot be read into {channels} channels", "use 1 (grey) or 3 (colour)")
    image = _to_mode(open_image(path), _MODES[channels], path)
    found = image.size
    if size is not None or resize is not None:
        image = resize_and_crop(image, size, resize, stretch=stretch)
    array = np.asarray(image, np.uint8)
    return (array[..., None] if channels == 1 else array), found


def open_image(path: Path) -> Image.Image:
    """The decoded, upright picture in the mode of its file. Raises DataError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the pixels decide
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as file:
                file.load()
                upright = ImageOps.exif_transpose(file)
    except FileNotFoundError as error:
        raise DataError(f"{path}: does not exist", "check the path") from error
    except UnidentifiedImageError as error:
        reason = "the file is empty" if path.stat().st_size == 0 else "it is not a PNG or JPEG picture"
        raise DataError(f"{path}: {reason}", "remove it, or save it again as PNG or JPEG") from error
    except Exception as error:  # damaged pictures raise whatever the decoder stumbles over
        raise DataError(f"{path}: cannot be decoded ({error})", "the file is damaged; remove or replace it") from error
    return upright


def _to_mode(image: Image.Image, mode: str, path: Path) -> Image.Image:
    """Convert to "L" or "RGB"; 16-bit grey is scaled to 8 bits, which Pillow's own conversion would clip."""
    from PIL import Image

    if image.mode.startswith("I;16") or image.mode == "I":
        deep = np.asarray(image, np.float64)
        if deep.min() < 0 or deep.max() > 65535:
            raise DataError(f"{path}: has values outside 16 bits", "save it with 8 or 16 bits a channel")
        image = Image.fromarray(np.floor(deep / 257 + 0.5).astype(np.uint8))
    if image.mode == "F":
        raise DataError(f"{path}: stores floating-point pixels", "save it with 8 bits a channel")
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    return image if image.mode == mode else image.convert(mode)


def resize_and_crop(
    image: Image.Image, size: tuple[int, int] | None, resize: int | None, *, nearest: bool = False, stretch: bool = False
) -> Image.Image:
    """Scale by antialiased bilinear interpolation, then cut `size` (H, W) from the middle; see `load_image`.

    nearest: take the nearest pixel instead, for pictures of labels.
    """
    from PIL import Image

    scaled = _scaled_size(image.size, size, resize, stretch=stretch)
    if scaled != image.size:
        image = image.resize(scaled, Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR)
    if size is None:
        return image
    if scaled == (size[1], size[0]):
        return image
    left, top = (scaled[0] - size[1]) // 2, (scaled[1] - size[0]) // 2
    return image.crop((left, top, left + size[1], top + size[0]))


def _scaled_size(
    found: tuple[int, int], size: tuple[int, int] | None, resize: int | None, *, stretch: bool
) -> tuple[int, int]:
    """(width, height) before the cut of a picture that is `found` (width, height)."""
    width, height = found
    least_h, least_w = size if size is not None else (1, 1)
    if stretch:
        return (resize, resize) if resize is not None else (least_w, least_h)
    if resize is not None:
        scale = resize / min(width, height)
    else:
        assert size is not None
        scale = max(size[0] / height, size[1] / width)
    return max(round(width * scale), least_w), max(round(height * scale), least_h)
