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


Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Patterns = Annotated[tuple[str, ...], Field(min_length=1)]


class Unfreeze(Section):
    """From an epoch on, more layers learn."""

    at_epoch: int = Field(ge=1)
    """After so many epochs; each entry later than the one before."""
    to: str | None = None
    """This layer, block or input, and everything computed from it, learns from then on; an input: the whole network."""
    layers: tuple[str, ...] = ()
    """Layers (names, globs, "re:…") that learn from then on, alone or beside `to`."""
    lr_mult: Positive = 1.0
    """Multiplies the learning rate of the layers that this entry unfreezes, times their own, for the rest of the run."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.to is None and not self.layers:
            raise ValueError('names no layer to unfreeze; write { at_epoch = 2, to = "layer4" }, or layers = ["layer4.*"]')
        return self


class Rates(Section):
    """How fast some layers learn. A layer that several entries match is multiplied by all of them."""

    layers: Patterns
    """Names, globs or "re:…"."""
    lr_mult: Positive = 1.0
    """Multiplies the learning rate, times the layer's own lr_mult."""
    decay_mult: float = Field(default=1.0, ge=0)
    """Multiplies the weight decay, times the layer's own decay_mult."""


class Discriminative(Section):
    """Layers near the input learn slower than those near the output (Howard & Ruder 2018, arXiv:1801.06146, §3.2)."""

    lowest: Share | None = None
    """Learning rate of the first layer with parameters, as a share of the last one's; in between it grows by an equal
    factor from each layer with parameters to the next."""
    factor: Share | None = None
    """With `stages`: each stage learns so many times as fast as the one after it, 0.385 in the paper."""
    stages: tuple[str, ...] = ()
    """Blocks, layers or globs from the input to the output: ["layer1", "layer2", "fc"]. Layers between two of them belong
    to the one that they are computed from; those before the first are a stage of their own."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.lowest is None) == (self.factor is None):
            raise ValueError("needs either lowest or factor; write { lowest = 0.01 } for a slope over all layers")
        if bool(self.stages) != (self.factor is not None):
            raise ValueError('factor and stages go together; write { factor = 0.4, stages = ["layer1", "layer2", "fc"] }')
        return self


class Transfer(Section):
    """Where weights come from, which layers keep them and for how long, and how fast the others learn."""

    weights: str | None = None
    """File with pretrained weights (.safetensors, .pth, .h5, …), relative to the spec, or a name of `netspec weights`."""
    strict: bool = True
    """Every layer that is not in `replace` must be found in the file with its shape."""
    rename: dict[str, str] = Field(default={})
    """Names in the file → names here; each * stands for the same text on both sides, the first match wins."""
    replace: tuple[str, ...] = ()
    """Layers (names, globs, "re:…") that are not loaded but newly initialized: the new head."""
    freeze: tuple[str, ...] = ()
    """Layers that keep their parameters: names, which cover everything below them ("layer1"), globs ("layer1.*.conv1") and,
    after "re:", regular expressions that match the whole name ("re:layer[12].*")."""
    freeze_to: str | None = None
    """Freeze this layer and everything it is computed from."""
    warmup_epochs: int = Field(default=0, ge=0)
    """For so many epochs only the layers in `replace` learn; then `freeze` and `unfreeze` as written."""
    unfreeze: tuple[Unfreeze, ...] = ()
    """From which epoch on more layers learn: [{ at_epoch = 2, to = "layer4", lr_mult = 0.1 }]. A layer with frozen = true
    of its own stays frozen for good."""
    restart_schedule: bool = False
    """Run [schedule] anew whenever layers are unfrozen, over the steps up to the next time; otherwise once over the run."""
    rates: tuple[Rates, ...] = ()
    """How fast some layers learn: [{ layers = ["layer1.*"], lr_mult = 0.1, decay_mult = 0.5 }]."""
    discriminative: Discriminative | None = None
    """Let lower layers learn slower: { lowest = 0.01 }, or { factor = 0.4, stages = ["layer1", "layer2", "fc"] }."""
    bn: Literal["eval", "train"] = "eval"
    """What frozen batch normalization does while training: keep its statistics, or go on updating them."""
    l2_sp: float = Field(default=0.0, ge=0)
    """Strength α of ½·α·Σ(θ − θ⁰)²: a pull towards the pretrained weights θ⁰, against forgetting. Biases, normalization
    parameters and layers in `replace` have none; weight_decay comes on top. Clipping by norms leaves the pull alone,
    clip_value does not (Li et al. 2018, arXiv:1802.01483)."""
    cache: Literal["auto", "memory", "disk", "off"] = "auto"
    """Where the outputs of the frozen first layers are kept, so that they are computed once; the results are the same
    bits. auto: in memory where they fit, else on disk."""

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
