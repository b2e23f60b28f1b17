"""Frozen, fine-tuned or from scratch: what pretrained weights are worth on two sets of pictures.

Each way has the same network and pictures. Fine-tuning and training from scratch have the same number of epochs; the frozen
network has three times as many, which come from the cache and cost less than two of theirs. Each is looked at once, after the
last epoch: nothing is chosen by what it is measured with. Seeds give the new head, the order and the variations of the
pictures, and the weights from scratch. Gently: as `netspec finetune` does, the lower parts slower; boldly: after a warm-up of
the head all layers at its rate.

python -m benchmarks.transfer ants      ants and bees, 244 photographs to learn from, from a ResNet-20 that knows CIFAR-10
python -m benchmarks.transfer fashion   Fashion-MNIST, 6,000 pictures, from the LeNet that Caffe trained on MNIST's digits
python -m benchmarks.transfer ants --size 128 --only frozen --seeds 5
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import netspec
from netspec.datasets.load import Data
from netspec.spec.model import Spec
from netspec.training.events import End, Validation
from netspec.training.inputs import data_for

DATA = Path("../shared/data")
IMAGENET = "{ mean = [123.675, 116.28, 103.53], std = [58.395, 57.12, 57.375] }"
VARIED = ', resize = @resize, augment = ["flip", { type = "random_resized_crop", scale = [0.5, 1.0] }]'
ANTS = """
extends = "resnet20_cifar"
metrics = ["accuracy"]
layers = [{{ name = "linear", out_features = 2 }}]
optimizer = {{ type = "adamw", lr = {lr}, weight_decay = 0.01 }}
schedule = {{ type = "one_cycle" }}
train = {{ epochs = {epochs}, batch_size = 16, validation_every = {epochs} }}
checkpoint = {{ save_best = false, save_last = false }}
data = {{ type = "image_folder", root = "{data}/hymenoptera", fit = "stretch", normalize = {normalize}{data_keys} }}
transfer = {{ {transfer} }}
"""
FASHION = """
extends = "lenet_caffe"
metrics = ["accuracy"]
optimizer = {{ type = "adamw", lr = {lr}, weight_decay = 0.01 }}
schedule = {{ type = "one_cycle" }}
train = {{ epochs = {epochs}, batch_size = 32, validation_every = {epochs} }}
checkpoint = {{ save_best = false, save_last = false }}
data = {{ type = "idx", root = "{data}/fashion-mnist", limit = 6000, download = "fashion-mnist", normalize = {normalize} }}
transfer = {{ {transfer} }}
"""
RESNET = 'weights = "@data/weights/resnet20_cifar10/resnet20.npz", replace = ["linear"]'
LENET = 'weights = "@data/weights/lenet_mnist/lenet.npz", replace = ["ip2"]'


class Way(NamedTuple):
    """Learning rate, [transfer], and keys of [data]."""

    lr: float
    transfer: str
    data_keys: str = ""
    longer: int = 1
    """So many times the epochs of the others."""


class Task(NamedTuple):
    """A spec with gaps, what fills them for each way, and epochs."""

    text: str
    ways: Mapping[str, Way]
    epochs: int
    size: int
    normalize: str
    """As the weights were trained with."""


TASKS = {
    "ants": Task(
        ANTS,
        {
            "frozen, new head": Way(0.01, f'{RESNET}, freeze_to = "avgpool"', longer=3),
            "fine-tuned gently": Way(
                0.003, f'{RESNET}, warmup_epochs = 5, freeze = ["conv1", "bn1", "layer1", "layer2"], '
                'unfreeze = [{ at_epoch = 10, to = "input" }], '
                'restart_schedule = true, discriminative = { factor = 0.2, stages = ["layer3", "linear"] }', VARIED,
            ),
            "fine-tuned boldly": Way(0.003, f"{RESNET}, warmup_epochs = 2, restart_schedule = true", VARIED),
            "from scratch": Way(0.003, "", VARIED),
            "from scratch, pictures not varied": Way(0.003, ""),
        },
        20, 64, IMAGENET,
    ),
    "fashion": Task(
        FASHION,
        {
            "frozen, new head": Way(0.003, f'{LENET}, freeze_to = "relu1"', longer=3),
            "fine-tuned gently": Way(
                0.002, f"{LENET}, warmup_epochs = 3, restart_schedule = true, "
                'discriminative = { factor = 0.2, stages = ["ip1", "ip2"] }',
            ),
            "fine-tuned boldly": Way(0.002, f"{LENET}, warmup_epochs = 1, restart_schedule = true"),
            "from scratch": Way(0.002, ""),
        },
        10, 28, "{ mean = [0], std = [256] }",
    ),
}  # fmt: skip


class Outcome(NamedTuple):
    """Share of the held-out pictures that are right after the last epoch, and the seconds of training."""

    accuracy: float
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Train all ways with all seeds, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with hymenoptera, fashion-mnist and weights")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--size", type=int, default=None, help="side of the network's input")
    parser.add_argument("--only", default="", help="ways whose names hold this word")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(argv)
    task = TASKS[given.task]
    task = task._replace(epochs=given.epochs or task.epochs, size=given.size or task.size)
    print(f"{given.task}, {task.size}×{task.size}, {task.epochs} epochs, {given.seeds} seeds, {given.threads} threads\n")
    print("| | held-out accuracy: mean | least | greatest | training time |\n|---|---|---|---|---|")
    for name in [name for name in task.ways if given.only in name]:
        found = [trained(spec_for(task, name, given.data, seed), given.threads) for seed in range(given.seeds)]
        shares = [100 * outcome.accuracy for outcome in found]
        seconds = mean(outcome.seconds for outcome in found)
        print(f"| {name} | {mean(shares):.1f} % | {min(shares):.1f} % | {max(shares):.1f} % | {seconds:.0f} s |", flush=True)
    return 0


def spec_for(task: Task, name: str, data: Path, seed: int) -> Spec:
    """The spec of one way."""
    way = task.ways[name]
    text = task.text.format(
        lr=way.lr, epochs=task.epochs * way.longer, normalize=task.normalize, transfer=way.transfer, data="@data",
        data_keys=way.data_keys,
    )  # fmt: skip
    text = text.replace("@data", data.resolve().as_posix()).replace("@resize", str(round(task.size * 8 / 7)))
    return netspec.loads(text, overrides=[f"seed={seed}", f"input.size={task.size}"])


def trained(spec: Spec, threads: int) -> Outcome:
    """One run; the test part, where there is one, is what is looked at."""
    data = data_for(spec, None)
    accuracy = seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for event in netspec.train(spec, data=_held_out(data), output=Path(folder) / "run", threads=threads):
            if isinstance(event, Validation) and event.step:
                accuracy = float(event.metrics["accuracy"])  # type: ignore[arg-type]
            elif isinstance(event, End):
                seconds = event.seconds
    return Outcome(accuracy, seconds)


def _held_out(data: Data) -> Data:
    return data if data.test is None else replace(data, validation=data.test, test=None)


if __name__ == "__main__":
    raise SystemExit(main())
