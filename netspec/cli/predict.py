"""`netspec predict`: what a trained network says about pictures and arrays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, LaneName, Overrides, SpecOrRun, Threads, Verbose, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netspec.cli.trained import Network

EXAMPLE = """
netspec predict runs/digits-1 seven.png
netspec predict lenet_caffe --weights lenet.npz *.png --format json
"""
LIKELIEST = 3
"""Classes named in the text."""


def predict(
    spec: SpecOrRun,
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT…", help="Pictures (PNG, JPEG) or arrays (.npy).")],
    weights: Weights = None,
    optimizer: LaneName = None,
    overrides: Overrides = None,
    threads: Threads = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """Classify pictures, or compute the outputs for them.

    Pictures are resized, cropped and normalized as in training. A .npy array holds one sample or many, in the units of
    the training data; pictures in it lie as (N, C, H, W) or (N, H, W, C).
    """
    from netspec.cli.trained import load_network, tell_nan

    for path in inputs:
        _refuse_other_kinds(path)
    network = load_network(spec, weights, overrides, optimizer=optimizer, threads=threads)
    tell_nan(network)
    results = [result for path in inputs for result in _predict(network, path)]
    if format is Format.JSON:
        console.print_json({"predictions": results})
    else:
        _print(results, network.classes)


def _refuse_other_kinds(path: Path) -> None:
    """Folders and tables are for `evaluate`."""
    if path.is_dir():
        raise CliError(f"{path}: this is a folder", f"name the files in it: {path}/*.png")
    if path.suffix.lower() in (".csv", ".tsv", ".txt", ".npz"):
        hint = "save the features, one row a sample, with numpy.save as a .npy file"
        raise CliError(f"{path}: predict reads pictures (PNG, JPEG) and .npy arrays", hint)


def _predict(network: Network, path: Path) -> Iterator[dict[str, Any]]:
    """One document for each sample in a file."""
    import numpy as np

    from netspec.training.evaluate import predict as run
    from netspec.training.evaluate import probabilities

    x = _read(network, path)
    outputs = run(network.program.lanes[0], x, network.program.batch_size, network.spec.loss)
    _refuse_nonfinite(path, x, outputs)
    likely = probabilities(outputs, network.spec.loss) if outputs.ndim == 2 else None
    for index in range(len(x)):
        name = str(path) if len(x) == 1 else f"{path}[{index}]"
        if likely is None:
            yield {"input": name, "outputs": outputs[index].tolist()}
            continue
        label = int(np.argmax(likely[index]))
        named = network.classes[label] if network.classes is not None else str(label)
        yield {"input": name, "label": label, "class": named, "probabilities": likely[index].tolist()}


def _refuse_nonfinite(path: Path, x: NDArray[Any], outputs: NDArray[Any]) -> None:
    """NaN has no largest entry: without this, argmax would call it class 0."""
    import numpy as np

    for what, values, hint in (
        ("the input", x, "repair or remove this sample"),
        ("the output", outputs, "see whether the training ended in NaN, and whether the input is in its units"),
    ):
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(bad):
            name = str(path) if len(x) == 1 else f"{path}[{bad[0]}]"
            more = f" (and of {len(bad) - 1} more of {len(x)})" if len(bad) > 1 else ""
            raise CliError(f"{name}: {what} of this sample{more} is NaN or infinite", hint, ExitCode.FAILED)


def _read(network: Network, path: Path) -> NDArray[Any]:
    """Normalized samples in storage layout."""
    from netspec.datasets.preprocess import preprocess

    spec = network.spec
    if len(spec.inputs) != 1:
        raise CliError(f"the network has {len(spec.inputs)} inputs", "predict takes networks with one")
    if network.normalization is None:
        network.normalization = _normalization_of_data(network)
    shape = spec.inputs[0].shape
    source = _as_stored(_read_array(path), shape) if path.suffix.lower() == ".npy" else path
    return preprocess(spec.data, source, shape, network.normalization, network.program.dtype)


def _normalization_of_data(network: Network) -> Any:
    """For weights of other programs, which bring none: that of the spec's data."""
    from netspec.training.inputs import data_for

    if network.spec.data is None:
        raise CliError(
            f"{network.weights}: it is not known how inputs are normalized",
            "use weights that netspec saved, or add [data]",
        )
    data = data_for(network.spec, None)
    network.classes = network.classes or data.classes
    return data.normalization


def _read_array(path: Path) -> NDArray[Any]:
    import numpy as np

    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise CliError(f"{path}: there is no such file", "check the path") from None
    except (OSError, ValueError, EOFError) as error:
        raise CliError(f"{path}: not a .npy array ({error})", "save it with numpy.save") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise CliError(f"{path}: holds no numbers", "save one numeric array with numpy.save")
    if array.size == 0:
        raise CliError(f"{path}: holds no samples, its shape is {list(array.shape)}", "give at least one")
    return array


def _as_stored(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Pictures (N, C, H, W) → (N, H, W, C); all else as it is."""
    if len(shape) == 3 and array.ndim in (3, 4) and array.shape[-3:] == shape:
        return array.transpose((*range(array.ndim - 3), -2, -1, -3))
    return array


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
