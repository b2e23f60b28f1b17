"""What `netspec predict` says about networks that give a class for each pixel, and the pictures it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode

if TYPE_CHECKING:
    from netspec.inside.network import Network
    from netspec.inside.segmenting import Segmentation


def predict_masks(network: Network, inputs: Sequence[Path], folder: Path | None) -> list[dict[str, Any]]:
    """A document for each picture; with a folder also its mask and the picture under the classes' colours."""
    from netspec.inside.errors import InsideError
    from netspec.inside.segmenting import segment_file

    results = []
    written: dict[str, str] = {}
    if folder is not None:
        _make(folder)
    for path in inputs:
        try:
            found = segment_file(network, path)
        except InsideError as error:
            code = ExitCode.FAILED if error.is_failure else ExitCode.USAGE
            raise CliError(error.message, error.hint, code) from error
        for number, item in enumerate(found):
            height, width = item.labels.shape
            document: dict[str, Any] = {"input": item.name, "size": [height, width], "shares": item.shares()}
            if folder is not None:
                stem = path.stem if len(found) == 1 else f"{path.stem}-{number}"
                if stem in written:
                    raise CliError(
                        f"{item.name} and {written[stem]} would both become {folder / stem}_mask.png",
                        "predict them one after the other, into folders of their own",
                    )
                written[stem] = item.name
                document |= _write(network, item, folder, stem)
            results.append(document)
    return results


def print_masks(results: Sequence[dict[str, Any]]) -> None:
    """A line for each picture: the share of each class, and the files."""
    names = list(results[0]["shares"])
    files = ["mask"] if "mask" in results[0] else []
    table = console.plain_table("input", "size", *names, *files, right=names)
    for result in results:
        height, width = result["size"]
        shares = (f"{100 * share:.1f} %" for share in result["shares"].values())
        table.add_row(result["input"], f"{width}×{height}", *shares, *(result[name] for name in files))
    console.print_table(table)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CliError(f"{folder}: cannot be a folder ({error.strerror})", "give another with -o") from error


def _write(network: Network, item: Segmentation, folder: Path, stem: str) -> dict[str, str]:
    from PIL import Image

    from netspec.datasets.mask_folder import MaskFolder
    from netspec.inside.segmenting import write_mask

    mask, overlay = folder / f"{stem}_mask.png", folder / f"{stem}_overlay.png"
    try:
        data = network.spec.data
        write_mask(mask, item.labels, data.values if isinstance(data, MaskFolder) else None)
        Image.fromarray(item.overlay()).save(overlay)
    except OSError as error:
        message = f"{error.filename or folder}: cannot be written ({error.strerror or error})"
        raise CliError(message, "give another folder with -o") from error
    return {"mask": str(mask), "overlay": str(overlay)}
