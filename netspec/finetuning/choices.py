"""What a fine-tuning is done with, chosen by the amount of data: epochs, rates, what thaws when, how pictures are varied.

First the new head learns alone: gradients of random weights would spoil the pretrained ones. Then the upper part of the network
learns too, then all of it, each time with a rate that rises and falls once and is smaller the lower a layer lies (Howard &
Ruder 2018, arXiv:1801.06146, §3.2–3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netspec.datasets.image_folder import list_images
from netspec.datasets.normalization import Normalization
from netspec.finetuning.base import Base, FinetuneError
from netspec.starting import Found

FEW, SOME = 1000, 10_000
"""Pictures below which there are more epochs: as many steps as it takes, whatever the number of pictures."""
HELD_OUT = 500
"""Pictures from which on a part is kept for a test that nothing was chosen by."""
RATE, SLOWER = 0.003, 0.2
"""Learning rate of the head, and how many times as fast the upper part learns, and the lower part compared with that."""
DIGITS = frozenset("0123456789")


@dataclass(frozen=True)
class Wishes:
    """What the user has decided; None: as the data suggest."""

    epochs: int | None = None
    """After the head's own: 0 leaves everything but the head as it was."""
    freeze_epochs: int | None = None
    """In which only the head learns."""
    lr: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Choices:
    """Sections of the spec, each with the reason for it in words."""

    sections: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, str]


def choose(base: Base, found: Found, weights: str, trained: Normalization | None, wishes: Wishes) -> Choices:
    """All of them. weights: as [transfer] names them. Raises FinetuneError when nothing would be trained."""
    few, some = found.samples < FEW, found.samples < SOME
    head_epochs = wishes.freeze_epochs if wishes.freeze_epochs is not None else 5 if few else 2 if some else 1
    epochs = wishes.epochs if wishes.epochs is not None else 15 if few else 6 if some else 3
    if head_epochs + epochs == 0:
        raise FinetuneError("--epochs 0 and --freeze-epochs 0: nothing would be trained", "leave one of them out")
    reasons: dict[str, str] = {}
    sections = {
        "data": _data(base, found, trained, epochs, reasons),
        "transfer": _transfer(base, weights, head_epochs, epochs, reasons),
        "train": _train(found, head_epochs + epochs, reasons),
        "optimizer": {"type": "adamw", "lr": wishes.lr if wishes.lr is not None else RATE, "weight_decay": 0.01},
        "schedule": {"type": "one_cycle"},
    }
    reasons["optimizer"] = "the head's rate; try `netspec lr-find` on this file"
    reasons["schedule"] = "rises and falls once in each stage" if epochs and head_epochs else "rises and falls once"
    return Choices(sections, reasons)


def check_data(found: Found) -> None:
    """Raise FinetuneError for anything but pictures in two classes or more."""
    where = found.data.get("root", found.data.get("file"))
    if found.task != "classification" or len(found.shape) != 3:
        message = f"{where}: holds {found.about}, no pictures in classes"
        raise FinetuneError(message, "put the pictures of each class into a folder of its own: FOLDER/ants, FOLDER/bees")
    if len(found.classes) < 2:
        message = f"{where}: has one class, {found.classes[0]}, so there is nothing to tell apart"
        raise FinetuneError(message, "put the pictures of each class into a folder of its own: FOLDER/ants, FOLDER/bees")


def _data(
    base: Base, found: Found, trained: Normalization | None, epochs: int, reasons: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    data: dict[str, Any] = dict(found.data)
    is_folder, side = data["type"] == "image_folder", min(base.shape[1:])
    if not is_folder:
        data["scale_to_input"] = True
        reasons["scale_to_input"] = f"from {found.shape[2]}×{found.shape[1]} to the network's {base.shape[2]}×{base.shape[1]}"
    normalize, reasons["normalize"] = base.normalization(trained)
    data["normalize"] = "standard" if normalize is None else normalize.model_dump()
    if is_folder and found.shape[1] > side:
        larger = f"a network that ends with a global mean sees more with --set input.size={found.shape[1]}"
        reasons["data"] = f"the pictures are larger than its {base.shape[2]}×{base.shape[1]}: {larger}"
    if is_folder and "all" in {item.part for item in list_images(_path(found)).images}:
        data["split"] = _split(found.samples, reasons)
    if epochs == 0:
        reasons["augment"] = "no augment: what is frozen is then computed once for each picture and kept, which makes it quick"
        return data
    data["augment"] = [] if _are_digits(found) else ["flip"]
    if is_folder:
        data["resize"] = round(side * 8 / 7)  # 256 for 224, as networks of ImageNet are tested
        data["augment"].append({"type": "random_resized_crop", "scale": [0.5, 1.0]})
    reasons["augment"] = "pictures look a little different each time, against learning them by heart"
    if not data["augment"]:
        del data["augment"]
        reasons["augment"] = "no augment: the classes are called 0 to 9, and digits must not be mirrored"
    return data


def _path(found: Found) -> Any:
    from pathlib import Path

    return Path(found.data["root"])


def _are_digits(found: Found) -> bool:
    return len(found.classes) == len(DIGITS) and set("".join(found.classes)) <= DIGITS


def _split(samples: int, reasons: dict[str, str]) -> dict[str, float]:
    if samples < HELD_OUT:
        reasons["split"] = "no test part: with so few pictures all serve to learn from or to choose the best epoch by"
        return {"train": 0.8, "validation": 0.2}
    reasons["split"] = "the best epoch is chosen by the validation part, the test part stays unseen until the end"
    return {"train": 0.7, "validation": 0.15, "test": 0.15}


def _transfer(base: Base, weights: str, head_epochs: int, epochs: int, reasons: dict[str, str]) -> dict[str, Any]:
    transfer: dict[str, Any] = {"weights": weights, "replace": [base.head]}
    reasons["replace"] = "the new head: random values, where the file's would tell other classes"
    groups = base.groups()
    if epochs == 0:
        reasons["freeze"] = "everything but the head keeps its values"
        return transfer | {"freeze": groups}
    if head_epochs:
        transfer["warmup_epochs"] = head_epochs
        reasons["warmup_epochs"] = "so long only the head learns"
    lower, upper = groups[: -max(1, len(groups) // 3)], groups[-max(1, len(groups) // 3) :]
    if epochs >= 2 and lower:
        first = epochs // 3 or 1
        transfer["freeze"] = lower
        transfer["unfreeze"] = [{"at_epoch": head_epochs + first, "to": base.spec.inputs[0].name}]
        reasons["unfreeze"] = "the upper part learns before the lower one, whose features fit most pictures"
    transfer["restart_schedule"] = True
    transfer["discriminative"] = {"factor": SLOWER, "stages": [upper[0], base.head]}
    reasons["discriminative"] = f"the upper part learns {SLOWER:g} times as fast as the head, the lower one {SLOWER**2:.2g}"
    return transfer


def _train(found: Found, epochs: int, reasons: dict[str, str]) -> dict[str, Any]:
    batch = 16 if found.samples < 500 else 32
    train: dict[str, Any] = {"epochs": epochs, "batch_size": batch}
    is_split = found.data["type"] == "image_folder" and "all" in {i.part for i in list_images(_path(found)).images}
    if not found.has_validation and not is_split:
        train["validation_split"] = 0.15
        reasons["validation_split"] = "the set has no validation part; the best epoch is chosen by it"
    return train
