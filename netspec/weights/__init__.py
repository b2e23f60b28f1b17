"""Files of named tensors: safetensors and npz, written atomically, read without executing anything."""

from netspec.weights.atomic import replace_file, write_text
from netspec.weights.base import Convention, LayerFacts, Tensors, Weights, WeightsError, digest
from netspec.weights.files import FORMATS, known_endings, read_metadata, read_weights, write_weights

__all__ = [
    "FORMATS",
    "Convention",
    "LayerFacts",
    "Tensors",
    "Weights",
    "WeightsError",
    "digest",
    "known_endings",
    "read_metadata",
    "read_weights",
    "replace_file",
    "write_text",
    "write_weights",
]
