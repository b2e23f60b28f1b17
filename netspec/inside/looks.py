"""What can be asked of the process that looks inside networks; see service.py.

A network is named by `source`: {"run": folder, "optimizer": label or null, "checkpoint": "best" | "last" | null}, or
{"text": spec, "format": "toml" | "json", "folder": where its paths start, "weights": file or null}. A picture by `picture`:
{"file": path}, or {"part": "validation" | "train" | "test" | null, "index": i} for a sample of the network's data.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.batch import Batch
from netspec.datasets.loader import Loader
from netspec.datasets.normalization import Normalization
from netspec.inside.errors import InsideError
from netspec.inside.landscape import loss_slice
from netspec.inside.loading_report import report_of
from netspec.inside.network import Network, from_run, from_spec
from netspec.inside.predicting import as_seen, class_name, notes_on, predict_file, read_input
from netspec.inside.surfaces import SURFACES
from netspec.inside.trajectories import walk
from netspec.layers.base import Layer
from netspec.loading import loads
from netspec.probe import Probe
from netspec.registry import plugins
from netspec.training.evaluate import probabilities
from netspec.training.insight_worst import SIDE

Array = NDArray[Any]
Source = Mapping[str, Any]
LIKELIEST = 5
MOST_MAPS = 256
"""Channels of a layer, or pictures of filters, that are sent at once."""
EVERY = 0.15
"""Seconds between two progress lines."""


@dataclass(frozen=True, eq=False)
class Answer:
    """values: JSON; arrays: by name."""

    values: dict[str, Any]
    arrays: dict[str, Array] = field(default_factory=dict)


Steps = Generator[Answer, None, Answer]


class Looks:
    """Keeps the last network, so that the next question about it is answered at once."""

    def __init__(self) -> None:
        self._key: object = None
        self._network: Network | None = None

    def network(self, source: Source) -> Network:
        """The network that a source names, made again when its weights have changed on the disk."""
        key = (repr(sorted(source.items())), _stamp(source))
        if self._network is None or self._key != key:
            self._network = None  # the memory of the one before, first
            self._network, self._key = _opened(source), key
        return self._network


def _opened(source: Source) -> Network:
    if "run" in source:
        return from_run(Path(source["run"]), optimizer=source.get("optimizer"), checkpoint=source.get("checkpoint"))
    spec = loads(source["text"], source.get("format", "toml"), base_dir=source.get("folder"))
    weights = source.get("weights")
    return from_spec(spec, Path(weights) if weights else None)


def _stamp(source: Source) -> list[tuple[str, int]]:
    folder = Path(source["run"]) / "checkpoints" if "run" in source else None
    files = sorted(folder.glob("*.safetensors")) if folder is not None else []
    return [(file.name, file.stat().st_mtime_ns) for file in files]


def _told(network: Network) -> dict[str, Any]:
    """What a panel says about where weights come from."""
    return {
        "weights": str(network.weights) if network.weights is not None else None, "optimizer": network.optimizer,
        "step": network.step, "epoch": network.epoch, "seed": network.program.seed,
    }  # fmt: skip


def describe(looks: Looks, source: Source) -> Steps:
    """The layers that can be looked at, and those whose weights are filters of pictures."""
    yield from ()
    network = looks.network(source)
    graph, shapes = network.program.graph, network.program.shapes
    layers = [(name, graph.nodes[name]["layer"]) for name in network.program.shapes]
    found = [
        {"name": name, "type": layer.type_name(), "family": layer.family, "shape": list(shapes[name])}
        for name, layer in layers
        if isinstance(layer, Layer)
    ]
    return Answer({**_told(network), "layers": found, "filters": _filter_layers(network)})


def _filter_layers(network: Network) -> list[str]:
    """Layers with a weight (O, I, kH, kW)."""
    entries = network.program.layout.parameters.values()
    return [entry.layer for entry in entries if entry.tensor.name == "weight" and len(entry.tensor.shape) == 4]


def filters(looks: Looks, source: Source, layer: str | None = None) -> Steps:
    """The weights (O, I, kH, kW) of a convolution, the first one by default."""
    yield from ()
    network = looks.network(source)
    names = _filter_layers(network)
    if not names:
        raise InsideError("the network has no convolution", "filters are those of convolutions")
    name = layer if layer in names else names[0]
    weight = network.tensor(f"{name}.weight")
    values = {**_told(network), "layer": name, "shape": list(weight.shape)}
    pictures = 1 if weight.shape[1] == 3 else weight.shape[1]
    return Answer(values, {"weight": weight[: max(1, MOST_MAPS // pictures)].astype(np.float32)})


def activations(looks: Looks, source: Source, layer: str, picture: Mapping[str, Any]) -> Steps:
    """A layer's output for a picture, what the network sees of it, and what it says."""
    yield from ()
    network = looks.network(source)
    batch, name, origin, true = _sample(network, picture)
    lane, outputs = network.program.lanes[0], network.program.start.outputs
    known = network.spec.loss.input if network.spec.loss is not None and network.spec.loss.input else outputs[-1]
    values = Probe(network.program, [layer, known]).values(lane, batch.feed)
    likely = probabilities(values[known], network.spec.loss) if values[known].ndim == 2 else None
    maps = values[layer][0]
    answer = {
        **_told(network), "layer": layer, "shape": list(maps.shape), "name": name, "origin": origin,
        "is_normalized": _readable(network) is network,
        "true": _class(network, true),
        "low": float(maps.min(initial=0.0)), "high": float(maps.max(initial=0.0)),
        "top": _top(network, likely[0]) if likely is not None else None,
    }  # fmt: skip
    seen = as_seen(_readable(network), batch.x)
    return Answer(answer, {"maps": _smaller(maps[:MOST_MAPS]), **({"seen": seen[0]} if seen is not None else {})})


def _smaller(maps: Array) -> Array:
    """Maps (C, H, W) with no side longer than SIDE: means over blocks, what is over at the edges left out."""
    factor = -(-max(maps.shape[1:]) // SIDE) if maps.ndim == 3 else 1
    if factor <= 1:
        return maps
    channels, height, width = maps.shape[0], maps.shape[1] // factor, maps.shape[2] // factor
    blocks = maps[:, : height * factor, : width * factor].reshape(channels, height, factor, width, factor)
    return np.asarray(blocks.mean(axis=(2, 4)))


def _sample(network: Network, picture: Mapping[str, Any]) -> tuple[Batch, str, str, int | None]:
    """One normalized sample (1, …), what to call it, its file or its number in the set, its true class where it is known."""
    row = np.zeros(1, np.int64)
    if "file" in picture:
        path = Path(picture["file"])
        return Batch(read_input(_readable(network), path)[:1], row, row), path.name, str(path), None
    parts = {str(key): part for key, part in network.data.parts().items()}
    name = picture.get("part") or next(one for one in ("validation", "test", "train") if one in parts)
    if name not in parts:
        raise InsideError(f"the data have no {name} part", f"they have {', '.join(parts)}")
    part, index = parts[name], int(picture["index"]) % len(parts[name])
    one, normalization = part.take(row + index), network.known_normalization()
    loader = Loader(one, normalization, 1, row, np.dtype(network.program.dtype), finish=network.data.finish)
    true = int(one.y[0]) if one.has_classes and one.y.ndim == 1 else None
    return next(loader.batches()), f"{name} sample {index}", str(one.names[0]), true


def _readable(network: Network) -> Network:
    """Where nothing says how inputs are normalized, pixels become numbers from 0 to 1: good enough to look at a network."""
    shape = network.spec.inputs[0].shape
    if network.normalization is not None or network.spec.data is not None or len(shape) != 3:
        return network
    plain = Normalization(np.zeros(shape[0]), np.full(shape[0], 255.0), 255.0)
    return replace(network, normalization=plain)


def _class(network: Network, label: int | None) -> str | None:
    return None if label is None else class_name(network.classes or network.data.classes, label)


def _top(network: Network, chances: Array) -> list[list[Any]]:
    """The likeliest classes with their probabilities."""
    order = np.argsort(-chances, kind="stable")[:LIKELIEST]
    return [[class_name(network.classes, int(label)), float(chances[label])] for label in order]


def predict(looks: Looks, source: Source, files: list[str]) -> Steps:
    """One progress for each file: its predictions, or its problem; the result says which weights."""
    network = looks.network(source)
    for name in files:
        yield _predicted(network, Path(name))
    return Answer(_told(network))


def _predicted(network: Network, path: Path) -> Answer:
    """A file that cannot be read is no reason not to look at the others."""
    try:
        found, notes, x = predict_file(network, path), notes_on(network, path), read_input(network, path)
    except Exception as error:
        hint = getattr(error, "hint", "")
        return Answer({"file": str(path), "problem": str(getattr(error, "message", error)), "hint": str(hint)})
    seen = as_seen(network, x)
    samples = [
        {"name": Path(one.name).name, "top": _top(network, one.chances) if one.chances is not None else None,
         "outputs": one.outputs.reshape(-1)[:32].tolist()}
        for one in found
    ]  # fmt: skip
    return Answer({"file": str(path), "samples": samples, "notes": notes}, {"seen": seen} if seen is not None else {})


def walks(looks: Looks, surface: str, start: list[float], steps: int, optimizers: list[dict[str, Any]]) -> Steps:
    """The ways of optimizers ({"type", "lr", "momentum", …}) from one start: points and losses."""
    yield from ()
    kinds, chosen = plugins("netspec.optimizers"), SURFACES[surface]
    found = [walk(kinds[one["type"]].model_validate(one), chosen, (start[0], start[1]), steps) for one in optimizers]
    return Answer(
        {"surface": surface, "start": start, "types": [one["type"] for one in optimizers]},
        {"points": np.array([points for points, _ in found]), "losses": np.array([losses for _, losses in found])},
    )


def landscape(
    looks: Looks, source: Source, points: int = 21, reach: float = 1.0, samples: int = 512, seed: int = 0
) -> Steps:
    """The loss around the weights, finer and finer."""
    network = looks.network(source)
    data = network.data
    told, last, found = _told(network), 0.0, None
    for found in loss_slice(
        network.program,
        data.train,
        network.known_normalization(),
        samples=samples,
        points=points,
        reach=reach,
        seed=seed,
        finish=data.finish,
    ):
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            yield _slice(told, found.done, points, found.axis, found.losses, min(samples, len(data.train)))
    assert found is not None
    return _slice(told, found.done, points, found.axis, found.losses, min(samples, len(data.train)))


def _slice(told: dict[str, Any], done: int, points: int, axis: Array, losses: Array, samples: int) -> Answer:
    known = losses[np.isfinite(losses)]
    values = {**told, "done": done, "total": points * points, "samples": samples}
    values["least"] = float(known.min()) if known.size else math.nan
    return Answer(values, {"axis": axis, "losses": losses.copy()})


def loading(looks: Looks, source: Source) -> Steps:
    """What would become of every tensor if the spec's pretrained weights, or those of a file, were loaded."""
    yield from ()
    return Answer(report_of(source["text"], source.get("format", "toml"), source["folder"], source.get("weights")))


LOOKS: Mapping[str, Callable[..., Steps]] = {
    "describe": describe, "filters": filters, "activations": activations, "predict": predict, "walks": walks,
    "landscape": landscape, "loading": loading,
}  # fmt: skip
