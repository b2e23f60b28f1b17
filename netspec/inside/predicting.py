"""What a network says about pictures and arrays in files: for `netspec predict` and the desktop program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.images import SUFFIXES, load_image
from netspec.datasets.normalization import Normalization
from netspec.datasets.preprocess import preprocess
from netspec.inside.errors import InsideError
from netspec.inside.network import Network
from netspec.look import shape as say_shape
from netspec.training.evaluate import predict as run
from netspec.training.evaluate import probabilities

Array = NDArray[Any]
UNLIKE = 1.0
"""Standard deviations of the training pixels that a picture's mean may be off before it is called unlike them."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """One sample. chances: None for networks whose outputs are no logits; then label is None, too."""

    name: str
    outputs: Array
    chances: Array | None
    label: int | None
    class_name: str | None

    def to_json(self) -> dict[str, Any]:
        """As `netspec predict --format json` prints it."""
        if self.chances is None:
            return {"input": self.name, "outputs": self.outputs.tolist()}
        return {
            "input": self.name, "label": self.label, "class": self.class_name, "probabilities": self.chances.tolist(),
        }  # fmt: skip


def predict_file(network: Network, path: Path) -> list[Prediction]:
    """One prediction for each sample in a file. Raises InsideError and DataError."""
    x = read_input(network, path)
    outputs = run(network.program.lanes[0], x, network.program.batch_size, network.spec.loss)
    refuse_nonfinite(path, x, outputs)
    likely = probabilities(outputs, network.spec.loss) if outputs.ndim == 2 else None
    names = [str(path) if len(x) == 1 else f"{path}[{index}]" for index in range(len(x))]
    if likely is None:
        return [Prediction(name, outputs[i], None, None, None) for i, name in enumerate(names)]
    labels = np.argmax(likely, axis=1)
    return [
        Prediction(name, outputs[i], likely[i], int(labels[i]), class_name(network.classes, int(labels[i])))
        for i, name in enumerate(names)
    ]


def class_name(classes: Sequence[str] | None, label: int) -> str:
    """The name of a class; its number when names are not known."""
    return classes[label] if classes is not None else str(label)


def read_input(network: Network, path: Path) -> Array:
    """Normalized samples in storage layout. Raises InsideError and DataError."""
    spec = network.spec
    if len(spec.inputs) != 1:
        raise InsideError(f"the network has {len(spec.inputs)} inputs", "predict takes networks with one")
    normalization = network.known_normalization()
    shape = spec.inputs[0].shape
    source = _as_stored(_read_array(path), shape) if path.suffix.lower() == ".npy" else path
    return preprocess(spec.data, source, shape, normalization, network.program.dtype)


def notes_on(network: Network, path: Path) -> list[str]:
    """What was done to a picture that does not fit, and whether its brightness is unlike that of the training pictures."""
    normalization = network.known_normalization()
    size = normalization.image_shape or network.spec.inputs[0].shape
    if path.suffix.lower() not in SUFFIXES or len(size) != 3:
        return []
    picture = load_image(path, 3, None)
    found = []
    if picture.shape[:2] != size[1:]:
        given, wanted = say_shape(picture.shape[1::-1]), say_shape(size[:0:-1])
        found.append(f"The picture has {given} pixels; it was scaled and cut to {wanted}.")
    if size[0] == 1 and (np.ptp(picture.astype(int), axis=-1) > 8).any():
        found.append("The picture has colours; the network sees them as grey.")
    off = _brightness_off(read_input(network, path), normalization)
    if abs(off) > UNLIKE:
        how = "brighter" if off > 0 else "darker"
        remedy = "; if it shows dark on light, invert it" if off > 0 else "; if it shows light on dark, invert it"
        found.append(
            f"The picture is {how} than the training pictures by {abs(off):.1f} standard deviations of their pixels{remedy}."
        )
    return found


def _brightness_off(x: Array, normalization: Normalization) -> float:
    """How far the mean of a normalized picture is from that of the training part, in deviations of its pixels.

    0 where the normalization says nothing about the training part.
    """
    is_fitted = bool(np.any(normalization.mean != 0))  # "unit" and "none" subtract nothing
    return float(x.mean(dtype=np.float64)) if is_fitted else 0.0


def as_seen(network: Network, x: Array) -> NDArray[np.uint8] | None:
    """Normalized samples → pictures (N, H, W, C) from 0 to 255 as the network sees them; None for plain vectors.

    Black and white are the normalized values of black and white pixels, or the extremes where there is no white value.
    """
    normalization = network.known_normalization()
    back = x.astype(np.float64) * normalization.std + normalization.mean
    if back.ndim == 2:
        size = normalization.image_shape or _only_shape(network)
        if len(size) != 3:
            return None
        back = back.reshape(-1, *size).transpose(0, 2, 3, 1)
    white = normalization.full_scale
    low, high = (0.0, white) if white is not None else (float(back.min()), float(back.max()))
    return np.asarray(np.clip(np.rint(255 * (back - low) / (high - low or 1.0)), 0, 255), np.uint8)


def _only_shape(network: Network) -> tuple[int, ...]:
    return tuple(network.spec.inputs[0].shape)


def refuse_nonfinite(path: Path, x: Array, outputs: Array) -> None:
    """NaN has no largest entry: without this, argmax would call it class 0."""
    for what, values, hint in (
        ("the input", x, "repair or remove this sample"),
        ("the output", outputs, "see whether the training ended in NaN, and whether the input is in its units"),
    ):
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(bad):
            name = str(path) if len(x) == 1 else f"{path}[{bad[0]}]"
            more = f" (and of {len(bad) - 1} more of {len(x)})" if len(bad) > 1 else ""
            raise InsideError(f"{name}: {what} of this sample{more} is NaN or infinite", hint, is_failure=True)


def _read_array(path: Path) -> Array:
    try:
        array: Array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InsideError(f"{path}: there is no such file", "check the path") from None
    except (OSError, ValueError, EOFError) as error:
        raise InsideError(f"{path}: not a .npy array ({error})", "save it with numpy.save") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InsideError(f"{path}: holds no numbers", "save one numeric array with numpy.save")
    if array.size == 0:
        raise InsideError(f"{path}: holds no samples, its shape is {list(array.shape)}", "give at least one")
    return array


def _as_stored(array: Array, shape: tuple[int, ...]) -> Array:
    """Pictures (N, C, H, W) → (N, H, W, C); all else as it is."""
    if len(shape) == 3 and array.ndim in (3, 4) and array.shape[-3:] == shape:
        return array.transpose((*range(array.ndim - 3), -2, -1, -3))
    return array
