"""Explanations as data: one layer of a network with its numbers, and the types of layers, losses, … with their keys."""

from netspec.explaining.layer import LayerExplanation, explain_layer
from netspec.explaining.types import TypeExplanation, explain_type, foreign_names, known_types

__all__ = ["LayerExplanation", "TypeExplanation", "explain_layer", "explain_type", "foreign_names", "known_types"]
