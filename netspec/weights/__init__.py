"""Files of named tensors: safetensors and npz, written atomically, read without executing anything."""

from netspec.weights.atomic import replace_file, write_text
from netspec.weights.base import Tensors, Weights, WeightsError, digest
from netspec.weights.files import FORMATS, read_metadata, read_weights, write_weights

__all__ = [
    "FORMATS",
    "Tensors",
    "Weights",
    "WeightsError",
    "digest",
    "read_metadata",
    "read_weights",
    "replace_file",
    "write_text",
    "write_weights",
]
