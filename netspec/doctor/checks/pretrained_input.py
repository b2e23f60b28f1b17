"""The data look as those that the pretrained network was trained on: size, channels, normalization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.doctor.pretraining import Pretraining, of_file
from netspec.look import shape

TOLERANCE = 0.02
"""Of mean and standard deviation, in units of white = 1: how far two normalizations may lie apart."""


class PretrainedInput(Check):
    """Against what the file of weights says of itself, or what is known of published weights."""

    title: ClassVar[str] = "pretrained"
    place: ClassVar[int] = 45

    def examine(self, patient: Patient) -> Iterator[Finding]:
        path = patient.weights_path
        if path is None:
            yield skipped("no pretrained weights")
            return
        known = of_file(path)
        if known is None:
            yield skipped(f"{path.name} does not say on what it was trained: compare size and normalization yourself")
            return
        yield _size(patient, known)
        yield _normalization(patient, known)


def _size(patient: Patient, known: Pretraining) -> Finding:
    here = patient.loaded.shape
    if known.shape is None:
        return skipped(f"{known.name}: the size of its samples is not known")
    told = f"{known.name} was trained on samples of {shape(known.shape)}, yours have {shape(here)}"
    if here == known.shape:
        return ok(told)
    what = "channels" if here[0] != known.shape[0] else "size"
    remedy = f"set shape = {list(known.shape)} under [input] and let [data] resize; features learned at one size fit it best"
    return warning(f"{told}: another {what}", remedy)


def _normalization(patient: Patient, known: Pretraining) -> Finding:
    if known.mean is None or known.std is None:
        return skipped(f"{known.name}: its normalization is not known")
    normalization = patient.loaded.normalization
    scale = normalization.full_scale or 1.0
    mean, std = _per_channel(normalization.mean / scale, known.mean), _per_channel(normalization.std / scale, known.std)
    told = f"normalized by mean {_numbers(mean)}, std {_numbers(std)} of white"
    pairs = [*zip(mean, known.mean, strict=False), *zip(std, known.std, strict=False)]
    if len(mean) == len(known.mean) and all(abs(a - b) <= TOLERANCE for a, b in pairs):
        return ok(f"{told}, as {known.name}")
    wanted = f"mean {_numbers(known.mean)}, std {_numbers(known.std)}"
    in_stored = "{ mean = " + _list(known.mean, scale) + ", std = " + _list(known.std, scale) + " }"
    return warning(f"{told}, {known.name} by {wanted}", f"write normalize = {in_stored} under [data]")


def _per_channel(values: object, like: tuple[float, ...]) -> tuple[float, ...]:
    """Pictures laid out as vectors repeat each channel's number."""
    numbers = [float(value) for value in values]  # type: ignore[attr-defined]
    step = len(numbers) // len(like) if like and len(numbers) % len(like) == 0 else 1
    return tuple(numbers[::step]) if step else tuple(numbers)


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


def _list(values: tuple[float, ...], scale: float) -> str:
    return "[" + ", ".join(f"{value * scale:.5g}" for value in values) + "]"
