"""Did you mean …? Nearest valid words, and the words other frameworks use for netspec's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

FOREIGN_KEYS: Mapping[str, tuple[str, ...]] = {
    "activity_regularizer": ("weight_decay",),
    "base_lr": ("lr",),
    "beta_1": ("betas",),
    "beta_2": ("betas",),
    "beta1": ("betas",),
    "beta2": ("betas",),
    "bias_term": ("bias",),
    "blobs_lr": ("lr_mult",),
    "bottom": ("inputs",),
    "ceil_mode": ("rounding",),
    "auto_pad": ("padding",),
    "decay": ("weight_decay", "gamma"),
    "decay_steps": ("step_size",),
    "delta": ("eps", "beta"),
    "dilation_rate": ("dilation",),
    "dilations": ("dilation",),
    "drop_last": ("last_batch",),
    "drop_prob": ("p",),
    "dropout_ratio": ("p",),
    "rate": ("p",),
    "early_stop": ("early_stopping",),
    "callbacks": ("early_stopping", "checkpoint"),
    "epsilon": ("eps",),
    "filters": ("out_channels",),
    "global_clipnorm": ("clip_global_norm",),
    "clipnorm": ("clip_norm",),
    "clipvalue": ("clip_value",),
    "gradientthreshold": ("clip_global_norm",),
    "group": ("groups",),
    "hidden_units": ("out_features",),
    "inbound_nodes": ("inputs",),
    "input": ("inputs",),
    "inplace": (),
    "input_shape": ("shape",),
    "input_size": ("shape",),
    "iter_size": ("gradient_accumulation_steps",),
    "accumulate_grad_batches": ("gradient_accumulation_steps",),
    "kernel": ("kernel_size",),
    "kernel_shape": ("kernel_size",),
    "filter_size": ("kernel_size",),
    "kernel_initializer": ("weight_init",),
    "bias_initializer": ("bias_init",),
    "weight_filler": ("weight_init",),
    "bias_filler": ("bias_init",),
    "learning_rate": ("lr",),
    "learningrate": ("lr",),
    "learnratedropfactor": ("gamma",),
    "initiallearnrate": ("lr",),
    "loss_function": ("loss",),
    "lr_policy": ("schedule",),
    "lr_scheduler": ("schedule",),
    "scheduler": ("schedule",),
    "max_epochs": ("epochs",),
    "maxepochs": ("epochs",),
    "max_iter": ("epochs",),
    "num_epochs": ("epochs",),
    "minibatchsize": ("batch_size",),
    "num_output": ("out_channels", "out_features"),
    "num_filters": ("out_channels",),
    "numfilters": ("out_channels",),
    "out_dim": ("out_features",),
    "output_size": ("out_features", "shape"),
    "pad": ("padding",),
    "pads": ("padding",),
    "pool_size": ("kernel_size",),
    "recompute_scale_factor": (),
    "regularization": ("weight_decay",),
    "l2": ("weight_decay",),
    "requires_grad": ("frozen",),
    "rho": ("alpha",),
    "round_mode": ("rounding",),
    "save_best_only": ("save_best",),
    "size": ("kernel_size", "shape"),
    "solver": ("optimizer",),
    "solver_type": ("type",),
    "kind": ("type",),
    "class_name": ("type",),
    "strides": ("stride",),
    "stepsize": ("step_size",),
    "target": ("loss",),
    "top": ("name",),
    "trainable": ("frozen",),
    "units": ("out_features",),
    "use_bias": ("bias",),
    "validation_frequency": ("validation_every",),
    "validationfrequency": ("validation_every",),
    "test_interval": ("validation_every",),
    "validationpatience": ("patience",),
    "val_split": ("validation_split",),
    "restore_best_weights": ("restore_best",),
    "weightlearnratefactor": ("lr_mult",),
    "batch": ("batch_size",),
    "version": ("spec_version",),
    "layer": ("layers",),
    "network": ("layers",),
    "dataset": ("data",),
    "training": ("train",),
    "optim": ("optimizer",),
    "includes": ("extends",),
    "base": ("extends",),
    "vars": ("variables",),
    "parameters": ("variables",),
}
"""Keys of Caffe, Keras, PyTorch, MATLAB and ONNX (in small letters) → netspec's keys."""

FOREIGN_HINTS: Mapping[str, tuple[str, str]] = {
    "trainable": ("frozen", "write frozen = true for a layer that is not trained"),
    "requires_grad": ("frozen", "write frozen = true for a layer that is not trained"),
    "ceil_mode": ("rounding", 'write rounding = "ceil"'),
    "round_mode": ("rounding", 'write rounding = "floor", "ceil" or "exact"'),
    "auto_pad": ("padding", 'write padding = "same", "same_lower" or "valid"'),
    "pads": ("padding", "write padding = { top = 0, bottom = 1, left = 0, right = 1 }"),
    "beta_1": ("betas", "write betas = [0.9, 0.999]"),
    "beta_2": ("betas", "write betas = [0.9, 0.999]"),
    "beta1": ("betas", "write betas = [0.9, 0.999]"),
    "beta2": ("betas", "write betas = [0.9, 0.999]"),
    "drop_last": ("last_batch", 'write last_batch = "drop" or "keep"'),
    "lr_policy": ("schedule", "write [schedule] with type = …"),
    "max_iter": ("epochs", "write epochs = … (passes over the data, not steps)"),
    "callbacks": ("early_stopping", "write [early_stopping] and [checkpoint]"),
    "from_logits": ("type", "losses read logits here; leave it out"),
    "activation": ("type", 'add a layer behind it: [[layers]] with type = "relu"'),
    "in_channels": ("out_channels", "leave it out: netspec knows what comes in"),
    "in_features": ("out_features", "leave it out: netspec knows what comes in"),
    "num_features": ("type", "leave it out: netspec knows what comes in"),
}
"""Foreign keys that mean something else than a renamed key: (the key that must be valid here, what to do)."""

FOREIGN_TYPES: Mapping[str, tuple[str, ...]] = {
    "averagepooling2d": ("avg_pool2d",),
    "averagepool": ("avg_pool2d",),
    "batchnorm": ("batch_norm",),
    "batchnormalization": ("batch_norm",),
    "concatenate": ("concat",),
    "conv": ("conv2d",),
    "convolution": ("conv2d",),
    "convolution2d": ("conv2d",),
    "crossentropyloss": ("cross_entropy",),
    "categorical_crossentropy": ("cross_entropy",),
    "sparse_categorical_crossentropy": ("cross_entropy",),
    "softmaxwithloss": ("cross_entropy",),
    "nll": ("cross_entropy",),
    "binary_crossentropy": ("bce_with_logits",),
    "bcewithlogitsloss": ("bce_with_logits",),
    "mean_squared_error": ("mse",),
    "mean_absolute_error": ("l1",),
    "euclideanloss": ("mse",),
    "dense": ("linear",),
    "eltwise": ("add", "multiply"),
    "fully_connected": ("linear",),
    "fullyconnected": ("linear",),
    "fc": ("linear",),
    "gap": ("global_avg_pool",),
    "gemm": ("linear",),
    "globalaveragepooling2d": ("global_avg_pool",),
    "globalmaxpooling2d": ("global_max_pool",),
    "adaptiveavgpool2d": ("adaptive_avg_pool2d", "global_avg_pool"),
    "innerproduct": ("linear",),
    "maxpool": ("max_pool2d",),
    "maxpooling2d": ("max_pool2d",),
    "pooling": ("max_pool2d", "avg_pool2d"),
    "rectifier": ("relu",),
    "swish": ("silu",),
    "merge": ("add", "concat"),
    "sum": ("add",),
    "steplr": ("step",),
    "cosineannealinglr": ("cosine",),
    "reducelronplateau": ("plateau",),
    "top_k_accuracy": ("top_k",),
    "acc": ("accuracy",),
    "inv": ("exponential",),
    "imagefolder": ("image_folder",),
    "mnist": ("idx",),
}
"""Types of other frameworks (in small letters) → netspec's types."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like the word; None when none does."""
    known = {candidate.lower(): candidate for candidate in candidates}
    if word.lower() in known:
        return known[word.lower()]
    folded = {_fold(candidate): candidate for candidate in known.values()}
    if _fold(word) in folded:
        return folded[_fold(word)]
    near = difflib.get_close_matches(word.lower()[:80], known, n=1, cutoff=0.6)
    return known[near[0]] if near else None


def foreign(word: str, table: Mapping[str, tuple[str, ...]], candidates: Iterable[str]) -> tuple[str, ...]:
    """What netspec calls a word of another framework, among the candidates."""
    valid = set(candidates)
    names = table.get(word.lower()) or table.get(_fold(word)) or ()
    return tuple(name for name in names if name in valid)


def question(word: str, candidates: Iterable[str], *, what: str) -> str:
    """A hint: "did you mean …?", else the list of valid words."""
    valid = sorted(set(candidates))
    near = did_you_mean(word, valid)
    if near is not None:
        return f"did you mean {near}?"
    return f"{what}: {listing(valid)}" if valid else f"there are no {what}"


def layer_question(word: str, layers: Sequence[str]) -> str:
    """The same for the name of a layer or of a group of them ("layer1" for layer1.0.conv1, …), groups first.

    Names that differ from the word in their numbers only are all told: nobody knows whether layer9 was to be layer1 or 2.
    """
    tops = dict.fromkeys(name.split(".")[0] for name in layers)
    groups = [top for top in tops if top not in layers]
    first = [*groups, *(top for top in tops if top in layers)]
    bare = word.removesuffix("*").removesuffix(".")
    alike = [top for top in first if bare and _without_digits(top) == _without_digits(bare)]
    if len(alike) > 1:
        return f"there are {listing(alike)}"
    inner = dict.fromkeys(name[: dot.start()] for name in layers for dot in re.finditer(r"\.", name))
    pools = ([*inner, *layers], first) if "." in bare else (groups, [*first, *inner, *layers])
    near = next((near for pool in pools if bare and (near := did_you_mean(bare, pool))), None)
    return f"did you mean {near}?" if near else f"layers: {listing(first)}"


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "", text)


def listing(words: Iterable[str], most: int = 12) -> str:
    """ "a, b, c", cut after a dozen."""
    items = list(words)
    return ", ".join(items[:most]) + (f", … ({len(items)} in all)" if len(items) > most else "")


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")
