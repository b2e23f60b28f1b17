"""Optimizers: one a file, discovered by the registry."""
