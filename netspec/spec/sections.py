"""The sections of a spec that are not plug-ins."""

from __future__ import annotations

import json
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from netspec.docstrings import Documented

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_\-]*(\.[A-Za-z0-9_\-]+)*$"


class Section(Documented):
    """Base of all sections: unknown keys are errors, instances are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Input(Section):
    """What one sample looks like."""

    name: str = Field(default="input", pattern=NAME, max_length=120)
    """Name by which layers read it."""
    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=2**31)], ...], Field(min_length=1, max_length=4)]
    """[C, H, W] for pictures, [F] for vectors; without the batch axis."""


class Every(Section):
    """An interval: { epochs = 1 } or { steps = 500 }."""

    epochs: int | None = Field(default=None, ge=1)
    """Whole passes over the training data."""
    steps: int | None = Field(default=None, ge=1)
    """Optimizer updates."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("needs either epochs or steps; write { epochs = 1 } or { steps = 500 }")
        return self


def _to_every(value: object, info: ValidationInfo) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        value = {"epochs": value}
    if info.mode == "json" and isinstance(value, dict):
        return Every.model_validate_json(json.dumps(value), strict=True)
    return value


EveryField = Annotated[Every, BeforeValidator(_to_every, json_schema_input_type=int | Every)]
"""A number of epochs, { epochs = 1 } or { steps = 500 }."""


class Train(Section):
    """How the network is trained."""

    epochs: int = Field(default=10, ge=0)
    """Passes over the training data."""
    batch_size: int = Field(default=32, ge=1)
    """Samples in one step."""
    shuffle: Literal["every_epoch", "once", "never"] = "every_epoch"
    """When the training samples are put into a new order."""
    last_batch: Literal["keep", "drop"] = "keep"
    """What becomes of a last batch that is not full."""
    validation_split: float = Field(default=0.0, ge=0, lt=1)
    """Part of the training data that is set aside for validation when the data set brings none."""
    validation_every: EveryField = Every(epochs=1)
    """How often to validate: a number of epochs, { epochs = 1 } or { steps = 500 }."""
    evaluate_train: bool = False
    """After each epoch also evaluate the training data with fixed weights, in inference mode."""
    gradient_accumulation_steps: int = Field(default=1, ge=1)
    """Batches whose gradients are added up for one update."""
    recompute: bool = False
    """Compute cheap layers again in the backward pass instead of keeping their outputs: less memory, the same bits."""
    dtype: Literal["float32", "float64"] = "float32"
    """Number format of parameters and activations."""


class Transfer(Section):
    """Where weights come from, and which layers keep them."""

    weights: str | None = None
    """File with pretrained weights (.safetensors, .pth, …), relative to the spec."""
    strict: bool = True
    """Every layer that is not in `replace` must be found in the file with its shape."""
    rename: dict[str, str] = Field(default={})
    """Names in the file → names here; each * stands for the same text on both sides, the first match wins."""
    replace: tuple[str, ...] = ()
    """Layers (names or globs) that are not loaded but newly initialized: the new head."""
    freeze: tuple[str, ...] = ()
    """Layers (names or globs, "layer1.*") that keep their parameters."""
    freeze_to: str | None = None
    """Freeze this layer and everything it is computed from."""
    bn: Literal["eval", "train"] = "eval"
    """What frozen batch normalization does while training: keep its statistics, or go on updating them."""

    @field_validator("rename", mode="after")
    @classmethod
    def _stars_agree(cls, rename: dict[str, str]) -> dict[str, str]:
        for pattern, target in rename.items():
            if pattern.count("*") != target.count("*"):
                raise ValueError(
                    f'"{pattern}" has {pattern.count("*")} and "{target}" {target.count("*")} times *; each * stands for '
                    "the same text on both sides, so write as many on both"
                )
        return rename


class Checkpoint(Section):
    """What is saved during training."""

    save_last: bool = True
    """Keep the state after the last epoch."""
    save_best: bool = True
    """Keep the weights of the best validation."""
    every: EveryField | None = None
    """Also save at this interval: a number of epochs, { epochs = 1 } or { steps = 500 }."""
    top_k: int = Field(default=1, ge=1)
    """How many of the best to keep."""
    monitor: str | None = None
    """What "best" is measured by: "val_loss", "val_accuracy", …; default: that of early_stopping, else "val_loss"."""
    mode: Literal["auto", "min", "max"] = "auto"
    """Whether less or more is better; auto: less for losses, what the metric says for metrics."""


class EarlyStopping(Section):
    """When to stop before the last epoch."""

    monitor: str = "val_loss"
    """What is watched: "val_loss", "val_accuracy", …"""
    mode: Literal["auto", "min", "max"] = "auto"
    """Whether less or more is better; auto: less for losses, what the metric says for metrics."""
    patience: int = Field(default=5, ge=0)
    """Validations without improvement before training stops."""
    min_delta: float = Field(default=0.0, ge=0)
    """Smaller changes do not count as improvement."""
    restore_best: bool = True
    """End with the weights of the best validation."""
