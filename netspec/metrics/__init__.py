"""Metrics from whole-epoch counts: one metric a file, discovered by the registry."""
