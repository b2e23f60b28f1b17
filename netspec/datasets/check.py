"""`netspec data check`: everything that is wrong with a data set, in one list."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from netspec.datasets.arrange import require_shape
from netspec.datasets.base import PART_NAMES, DataError, Dataset, Part, Source, label_counts, resolve, unreadable
from netspec.datasets.box_pictures import BoxPictures
from netspec.datasets.image_folder import ImageFolder, Listing, list_images
from netspec.datasets.images import open_image
from netspec.datasets.mask_folder import MaskFolder, Scene

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One file or sample with something wrong. An error stops training, a warning does not."""

    path: str
    reason: str
    severity: Severity


@dataclass(frozen=True)
class DataReport:
    """What `check_data` found.

    samples: how many can be read. classes: rows {"class", part: samples}. findings: in the order of the data.
    """

    samples: int
    classes: tuple[dict[str, str | int], ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    counted: str = "samples"
    """What the numbers of `classes` count."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found that stops training."""
        return all(finding.severity == "warning" for finding in self.findings)


def check_data(
    dataset: Dataset, base_dir: Path, ignored: int | None = None, input_shape: tuple[int, ...] | None = None
) -> DataReport:
    """Look at every file and sample of `dataset`. What makes the set unreadable becomes a finding, not an exception.

    ignored: label of samples without a class, the loss's ignore_index. input_shape: the network's input, which the
    samples are compared with; None compares nothing.
    """
    try:
        if isinstance(dataset, ImageFolder):
            return _check_images(dataset, base_dir, input_shape)
        if isinstance(dataset, BoxPictures):
            return _check_boxes(dataset, base_dir, input_shape)
        if isinstance(dataset, MaskFolder):
            return _check_masks(dataset.ignoring(ignored), base_dir, input_shape)
        return _check_arrays(dataset.ignoring(ignored).read(base_dir, None), dataset, input_shape)
    except DataError as error:
        return DataReport(0, (), tuple(_as_finding(cause) for cause in error.causes or (error,)))
    except OSError as error:
        return DataReport(0, (), (_as_finding(unreadable(error)),))


def _as_finding(error: DataError, severity: Severity = "error") -> Finding:
    path, _, reason = error.message.partition(": ")
    return Finding(path, f"{reason}; {error.hint}", severity)


def _check_boxes(dataset: BoxPictures, base_dir: Path, input_shape: tuple[int, ...] | None) -> DataReport:
    """Pictures with boxes: faults are errors unless on_bad = "skip"."""
    found = dataset.scenes(base_dir, input_shape)
    severity: Severity = "error"
    faults = found.faults
    if dataset.on_bad == "skip":
        severity = "warning"
        faults = [DataError(fault.message, 'on_bad = "skip" leaves it out, or cuts it off') for fault in faults]
    report = _check_arrays(dataset.model_copy(update={"on_bad": "skip"}).read(base_dir, input_shape), dataset, None)
    findings = (*(_as_finding(fault, severity) for fault in faults), *report.findings)
    notes = tuple(note for note in report.notes if not note.startswith("left out: "))
    return replace(report, findings=findings, notes=notes, counted="boxes")


def _check_shape(shape: tuple[int, ...], input_shape: tuple[int, ...] | None, dataset: Dataset) -> list[Finding]:
    """Samples that the network's input cannot take."""
    try:
        require_shape(shape, input_shape, dataset)
    except DataError as error:
        return [_as_finding(error)]
    return []


def _check_arrays(source: Source, dataset: Dataset, input_shape: tuple[int, ...] | None) -> DataReport:
    shapes = dict.fromkeys(part.shape for part in source.parts.values() if len(part))
    findings = [finding for shape in shapes for finding in _check_shape(shape, input_shape, dataset)]
    first: dict[bytes, tuple[str, str]] = {}
    for name, part in source.parts.items():
        findings += _non_finite(name, part)
        findings += _duplicates(name, part, first)
    counts = {name: _label_counts(part, source.classes) for name, part in source.parts.items()}
    return DataReport(sum(map(len, source.parts.values())), _class_rows(counts), tuple(findings), source.notes)


def _non_finite(name: str, part: Part) -> list[Finding]:
    found = []
    for which, array in (("value", part.x), ("target", part.y)):
        if array.dtype.kind == "f":
            flat = array.reshape(len(array), -1)
            for row in np.flatnonzero(~np.isfinite(flat).all(axis=1)):
                column = int(np.flatnonzero(~np.isfinite(flat[row]))[0])
                reason = f"{which} {column} is {flat[row, column]}"
                found.append(Finding(f"{name} {part.names[row]}", reason, "error"))
    return found


def _duplicates(name: str, part: Part, first: dict[bytes, tuple[str, str]]) -> list[Finding]:
    """Samples with exactly the values of an earlier one. Across parts they make the score too good."""
    found = []
    for row, sample in enumerate(np.ascontiguousarray(part.x)):
        digest = hashlib.blake2b(sample.data, digest_size=16).digest()
        label = str(part.y[row])
        if digest not in first:
            first[digest] = (f"{name} {part.names[row]}", label)
            continue
        earlier, earlier_label = first[digest]
        target = "" if label == earlier_label else f", but with target {label} instead of {earlier_label}"
        found.append(Finding(f"{name} {part.names[row]}", f"the same values as {earlier}{target}", "warning"))
    return found


def _label_counts(part: Part, classes: tuple[str, ...] | None) -> Counter[str]:
    if classes is None:
        return Counter({"all": len(part)})
    return Counter(label_counts(part.y, classes))


def _class_rows(counts: dict[str, Counter[str]]) -> tuple[dict[str, str | int], ...]:
    names = list(dict.fromkeys(label for counter in counts.values() for label in counter))
    parts = [name for name in ("all", *PART_NAMES) if name in counts]
    return tuple({"class": label, **{part: counts[part][label] for part in parts}} for label in names)


def _check_images(dataset: ImageFolder, base_dir: Path, input_shape: tuple[int, ...] | None) -> DataReport:
    """Every unreadable, odd and duplicate file; unreadable ones are errors unless on_bad = "skip"."""
    root = resolve(base_dir, dataset.root)
    listing = list_images(root)
    findings = [_as_finding(fault) for fault in listing.faults]
    findings += [Finding(_relative(p, root), "no PNG or JPEG by name; left out", "warning") for p in listing.ignored]
    bad: Literal["error", "warning"] = "warning" if dataset.on_bad == "skip" else "error"
    looks: dict[Path, tuple[tuple[int, int], str]] = {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for part, label, path in listing.images:
        try:
            image = open_image(path)
            looks[path] = (image.size, image.mode)
            counts[part][label] += 1
        except DataError as error:
            findings.append(Finding(_relative(path, root), error.message.removeprefix(f"{path}: "), bad))
    findings += _odd_looks(looks, root, dataset)
    findings += _duplicate_files(listing, root)
    notes: tuple[str, ...] = ()
    if input_shape is not None or dataset.size is not None:
        try:
            channels, size = dataset.target(input_shape)
            findings += _check_shape((channels, *size), input_shape, dataset)
            notes = tuple(dataset.scaling_notes([size for size, _ in looks.values()], size))
        except DataError as error:
            findings.append(_as_finding(error))
    return DataReport(len(looks), _class_rows(counts), tuple(findings), notes)


def _check_masks(dataset: MaskFolder, base_dir: Path, input_shape: tuple[int, ...] | None) -> DataReport:
    """Every picture and mask that is damaged, alone or does not fit; errors unless on_bad = "skip"."""
    channels: int = dataset.channels or 3
    size: tuple[int, int] | None = None
    if input_shape is not None or dataset.size is not None:
        channels, size = dataset.target(input_shape)
    found = dataset.scenes(base_dir, channels, size)
    bad: Severity = "warning" if dataset.on_bad == "skip" else "error"
    findings = [_as_finding(fault, bad) for fault in found.faults]
    if size is not None:
        findings += _check_shape((channels, *size), input_shape, dataset)
    counts: dict[str, Counter[str]] = {}
    first: dict[bytes, tuple[str, str]] = {}
    for part, scenes in found.by_part().items():
        counts[part] = Counter()
        for scene in scenes:
            counts[part].update(label_counts(scene.labels, found.classes))
            findings += _same_picture(scene, first)
    return DataReport(len(found.scenes), _class_rows(counts), tuple(findings), counted="pixels")


def _same_picture(scene: Scene, first: dict[bytes, tuple[str, str]]) -> list[Finding]:
    """Across parts they make the score too good."""
    digests = [hashlib.blake2b(np.ascontiguousarray(a).data, digest_size=16).digest() for a in (scene.pixels, scene.labels)]
    earlier, mask = first.setdefault(digests[0], (scene.pair.name, digests[1].hex()))
    if earlier == scene.pair.name:
        return []
    other = "" if mask == digests[1].hex() else ", but with another mask"
    return [Finding(scene.pair.name, f"the same pixels as {earlier}{other}", "warning")]


def _odd_looks(looks: dict[Path, tuple[tuple[int, int], str]], root: Path, dataset: ImageFolder) -> list[Finding]:
    """Pictures of a mode that few share, smaller than the cut, or of another size where nearly all have one size."""
    if not looks:
        return []
    modes = Counter(mode for _, mode in looks.values())
    sizes = Counter(size for size, _ in looks.values())
    usual_mode, usual_size = modes.most_common(1)[0][0], sizes.most_common(1)[0][0]
    is_uniform = sizes[usual_size] >= 0.9 * len(looks)
    least = _least_size(dataset)
    found = []
    for path, (size, mode) in looks.items():
        width, height = size
        if mode != usual_mode:
            found.append(Finding(_relative(path, root), f"has mode {mode}, most have {usual_mode}", "warning"))
        if is_uniform and size != usual_size:
            reason = f"is {width}×{height}, most are {usual_size[0]}×{usual_size[1]}"
            found.append(Finding(_relative(path, root), reason, "warning"))
        elif width < least[1] or height < least[0]:
            reason = f"is {width}×{height}, smaller than {least[1]}×{least[0]}; it will be enlarged"
            found.append(Finding(_relative(path, root), reason, "warning"))
    return found


def _least_size(dataset: ImageFolder) -> tuple[int, int]:
    """(height, width) below which a picture has to be enlarged."""
    if dataset.resize is not None:
        return dataset.resize, dataset.resize
    if dataset.size is None:
        return 1, 1
    return dataset.size if isinstance(dataset.size, tuple) else (dataset.size, dataset.size)


def _duplicate_files(listing: Listing, root: Path) -> list[Finding]:
    first: dict[bytes, tuple[Path, str, str]] = {}
    found = []
    for part, label, path in listing.images:
        try:
            digest = hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        except OSError:
            continue  # listed as unreadable already
        if digest in first:
            earlier, earlier_part, earlier_label = first[digest]
            where = f", which is in the {earlier_part} part" if part != earlier_part else ""
            other = f", which is labelled {earlier_label}" if label != earlier_label else ""
            reason = f"is byte for byte {_relative(earlier, root)}{where}{other}"
            found.append(Finding(_relative(path, root), reason, "warning"))
        else:
            first[digest] = (path, part, label)
    return found


def _relative(path: Path, root: Path) -> str:
    """The path as the user sees it: starting with the folder given as root."""
    return (Path(root.name) / path.relative_to(root)).as_posix()
