"""Units of keys that count or measure something."""

from __future__ import annotations

UNITS = {
    "kernel_size": "px",
    "stride": "px",
    "dilation": "px",
    "out_channels": "channels",
    "out_features": "numbers",
    "epochs": "epochs",
    "batch_size": "samples",
    "gradient_accumulation_steps": "batches",
    "warmup_steps": "steps",
    "limit": "samples",
    "samples": "samples",
    "patience": "validations",
    "repeat": "copies",
    "resize": "px",
    "lr_mult": "× lr",
    "decay_mult": "× decay",
}
"""Key → what stands behind its field."""
HINTS = {
    "when": "always",
    "outputs": "those that nobody reads",
    "clip_norm": "off",
    "clip_global_norm": "off",
    "clip_value": "off",
    "limit": "all",
    "monitor": "val_loss",
    "freeze_to": "nothing",
    "input": "the network's output",
    "split": "as the data come",
    "class_weights": "all equal",
}
"""Key → what holds where it has no value."""
