"""Losses: one a file, discovered by the registry."""
