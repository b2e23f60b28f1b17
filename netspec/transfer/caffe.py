"""Caffe's tensors: their layouts are PyTorch's, so only normalizations need care."""

from __future__ import annotations

from netspec.transfer.given import Arranged, Given
from netspec.transfer.normalizations import fill_affine, other_eps
from netspec.transfer.wanted import Wanted


def arrange_caffe(given: Given, wanted: Wanted) -> Arranged:
    """As they are, with γ and β for each BatchNorm without a Scale."""
    tensors, notes = fill_affine(given.tensors, wanted)
    return Arranged(tensors, tuple(notes), tuple(other_eps(given.facts, wanted)))
