"""`netspec predict`: what a trained network says about pictures and arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, LaneName, Overrides, SpecOrRun, Threads, Verbose, Weights

if TYPE_CHECKING:
    from netspec.inside.network import Network

EXAMPLE = """
netspec predict runs/digits-1 seven.png
netspec predict lenet_caffe --weights lenet.npz *.png --format json
netspec predict runs/unet_membrane-1 test/*.png -o masks
netspec predict runs/detector_bccd-1 blood.jpg -o boxes
"""
LEAST_SURE = 0.3
"""Score of the detections that are told, unless --score says otherwise."""
INPUTS = (".png", ".jpg", ".jpeg", ".npy")
LIKELIEST = 3
"""Classes named in the text."""


def predict(
    spec: SpecOrRun,
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT…", help="Pictures (PNG, JPEG) or arrays (.npy).")],
    weights: Weights = None,
    optimizer: LaneName = None,
    overrides: Overrides = None,
    threads: Threads = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Write masks and overlays, or boxes, here.")
    ] = None,
    score: Annotated[
        float | None, typer.Option(metavar="P", min=0, max=1, help=f"Leave out objects less sure than this ({LEAST_SURE}).")
    ] = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """Classify pictures or their pixels, find the objects in them, or compute the outputs for them.

    Pictures are resized, cropped and normalized as in training. A .npy array holds one sample or many, in the units of
    the training data; pictures in it lie as (N, C, H, W) or (N, H, W, C). A network that tells the class of each pixel
    takes pictures of any size, in overlapping tiles; -o writes for each the mask and the picture under the classes' colours.
    A detector gives class, score and box of every object, in pixels of the file; -o writes the pictures with the
    boxes. Those less sure than --score are counted, not told. JSON lists each loaded tensor with -v.
    """
    from netspec.cli.load_table import load_of, tell_load
    from netspec.cli.trained import load_network, tell_nan

    for path in inputs:
        _refuse_other_kinds(path)
    network = load_network(spec, weights, overrides, optimizer=optimizer, threads=threads)
    tell_nan(network)
    tell_load(network, quiet=format is Format.JSON, full=verbose)
    results, show = _answer(network, inputs, output, score)
    if format is Format.JSON:
        console.print_json({"predictions": results, "load": _load(load_of(network), full=verbose)})
    else:
        show(results)


Results = list[dict[str, Any]]


def _load(report: dict[str, Any] | None, *, full: bool) -> dict[str, Any] | None:
    """Without the shapes of what is simply loaded, hundreds of lines around one answer."""
    if report is None or full:
        return report
    return report | {"loaded": {key: value for key, value in report["loaded"].items() if key != "shapes"}}


def _answer(
    network: Network, inputs: list[Path], folder: Path | None, score: float | None
) -> tuple[Results, Callable[[Results], None]]:
    """What the network says in its own kind of answer, boxes, masks or classes, and how that is printed."""
    from netspec.cli.detection import predict_boxes, print_boxes
    from netspec.cli.segmentation import predict_masks, print_masks
    from netspec.inside.detecting import is_detector
    from netspec.inside.segmenting import is_segmentation

    if is_detector(network):
        return predict_boxes(network, inputs, folder, LEAST_SURE if score is None else score), print_boxes
    if score is not None:
        raise CliError("--score is of detections, but this network gives no boxes", "leave --score out")
    if is_segmentation(network):
        return predict_masks(network, inputs, folder), print_masks
    if folder is not None:
        hint = "leave -o out; --format json > FILE writes what the network says"
        raise CliError("-o writes masks or boxes, but this network gives neither", hint)
    results = [result for path in inputs for result in _predict(network, path)]
    return results, partial(_print, classes=network.classes)


def _refuse_other_kinds(path: Path) -> None:
    """Folders and tables are for `evaluate`."""
    if path.is_dir():
        raise CliError(f"{path}: this is a folder", f"name the files in it: {path}/*{_ending(path)}")
    if path.suffix.lower() in (".csv", ".tsv", ".txt", ".npz"):
        hint = "save the features, one row a sample, with numpy.save as a .npy file"
        raise CliError(f"{path}: predict reads pictures (PNG, JPEG) and .npy arrays", hint)


def _ending(folder: Path) -> str:
    """That of most pictures and arrays in a folder."""
    found = Counter(file.suffix for file in folder.iterdir() if file.suffix.lower() in INPUTS)
    return max(found, key=lambda suffix: (found[suffix], suffix), default=".png")


def _predict(network: Network, path: Path) -> Iterator[dict[str, Any]]:
    """One document for each sample in a file."""
    from netspec.inside.errors import InsideError
    from netspec.inside.predicting import predict_file

    try:
        yield from (prediction.to_json() for prediction in predict_file(network, path))
    except InsideError as error:
        code = ExitCode.FAILED if error.is_failure else ExitCode.USAGE
        raise CliError(error.message, error.hint, code) from error


def _print(results: list[dict[str, Any]], classes: tuple[str, ...] | None) -> None:
    if any("class" not in result for result in results):
        for result in results:
            console.stdout().print(f"{result['input']}  {result['outputs']}", markup=False, soft_wrap=True)
        return
    table = console.plain_table("input", "class", "probability", "then", right=("probability",))
    for result in results:
        chances = result["probabilities"]
        order = sorted(range(len(chances)), key=lambda label: -chances[label])[1:LIKELIEST]
        names = classes or tuple(map(str, range(len(chances))))
        others = ", ".join(f"{names[label]} {100 * chances[label]:.1f} %" for label in order)
        chance = chances[result["label"]]
        colour = console.OK if chance >= 0.9 else console.WARNING if chance >= 0.5 else console.ERROR
        table.add_row(result["input"], result["class"], f"[{colour}]{100 * chance:.1f} %[/]", others)
    console.print_table(table)
