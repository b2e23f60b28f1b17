"""Primitives used by two or more layers; no layer names in here."""
