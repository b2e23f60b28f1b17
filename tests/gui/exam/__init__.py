"""Examinations before a training."""
