"""Datasets: one kind a file, discovered by the registry."""
