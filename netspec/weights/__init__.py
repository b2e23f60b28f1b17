"""Files of named tensors: safetensors and npz, written atomically, read without executing anything."""

from netspec.weights.atomic import replace_file, write_text
from netspec.weights.base import Convention, LayerFacts, Tensors, Weights, WeightsError, digest
from netspec.weights.files import FORMATS, KINDS, kind_of, known_endings, read_metadata, read_weights, write_weights

__all__ = [
    "FORMATS",
    "KINDS",
    "Convention",
    "LayerFacts",
    "Tensors",
    "Weights",
    "WeightsError",
    "digest",
    "kind_of",
    "known_endings",
    "read_metadata",
    "read_weights",
    "replace_file",
    "write_text",
    "write_weights",
]
