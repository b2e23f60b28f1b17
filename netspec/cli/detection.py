"""What `netspec predict` says about detectors, and the pictures it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode

if TYPE_CHECKING:
    from netspec.inside.network import Network


def predict_boxes(
    network: Network, inputs: Sequence[Path], folder: Path | None, score: float
) -> list[dict[str, Any]]:
    """A document for each picture with its detections of at least `score`, and how many more there are.

    With a folder also the picture with the boxes drawn.
    """
    from netspec.inside.detecting import detect_file
    from netspec.inside.errors import InsideError

    results = []
    _refuse_equal_names(inputs, folder)
    for path in inputs:
        try:
            found = detect_file(network, path)
        except InsideError as error:
            code = ExitCode.FAILED if error.is_failure else ExitCode.USAGE
            raise CliError(error.message, error.hint, code) from error
        sure = [item for item in found if item.score >= score]
        detections = [item.to_json() for item in sure]
        document: dict[str, Any] = {"input": str(path), "detections": detections, "less_sure": len(found) - len(sure)}
        if folder is not None:
            document["picture"] = _write(network, path, sure, folder)
        results.append(document)
    return results


def _refuse_equal_names(inputs: Sequence[Path], folder: Path | None) -> None:
    names = [path.stem for path in inputs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if folder is not None and twice is not None:
        raise CliError(
            f"two pictures are called {twice}, and both would become {folder / twice}_boxes.png",
            "predict them one after the other, into folders of their own",
        )


def _write(network: Network, path: Path, found: list[Any], folder: Path) -> str:
    from PIL import Image

    from netspec.inside.detecting import draw

    target = folder / f"{path.stem}_boxes.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(path, found, len(network.classes or ()))).save(target)
    except OSError as error:
        message = f"{error.filename or folder}: cannot be written ({error.strerror or error})"
        raise CliError(message, "give another folder with -o") from error
    return str(target)


def print_boxes(results: Sequence[dict[str, Any]]) -> None:
    """A line for each detection, and one for a picture without any; the files."""
    table = console.plain_table("input", "class", "score", "box", right=("score",))
    for result in results:
        if not result["detections"]:
            table.add_row(result["input"], "nothing", "", "")
        for item in result["detections"]:
            edges = ", ".join(f"{edge:.0f}" for edge in item["box"])
            table.add_row(result["input"], item["class"], f"{100 * item['score']:.1f} %", edges)
    console.print_table(table)
    less_sure = sum(result["less_sure"] for result in results)
    if less_sure:
        text = f"{console.plural(less_sure, 'detection')} less sure; --score 0.05 shows more"
        console.stdout().print(text, style=console.QUIET, markup=False)
    for result in results:
        if "picture" in result:
            console.stdout().print(f"{result['input']} → {result['picture']}", markup=False, soft_wrap=True)
