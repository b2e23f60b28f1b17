"""Samples of a batch do not see each other: changing one leaves the outputs of the others as they are, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np

from netspec.datasets.batch import Batch
from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, skipped
from netspec.doctor.patient import Patient
from netspec.program import Program

BY_DESIGN = "batch_norm"
"""The layer that normalizes with the statistics of the whole batch while it trains."""


class Mixing(Check):
    """In inference mode and in training mode, where batch normalization mixes by design."""

    title: ClassVar[str] = "batch"
    place: ClassVar[int] = 70

    def examine(self, patient: Patient) -> Iterator[Finding]:
        batch = patient.batch()
        if len(batch.x) < 2:
            yield skipped("a batch of one sample has no others to see")
            return
        if batch.inputs:
            yield skipped("the network has several inputs, whose rows need not be one sample each")
            return
        told = f"changing 1 of {len(batch.x)} samples"
        touched = affected(patient, batch, training=False)
        if touched:
            remedy = "look for a layer that takes the batch for something else, a reshape or a layer of your own"
            yield failed(f"inference: {told} changes the outputs of {touched} others", remedy, changed=touched)
        else:
            yield ok(f"inference: {told} keeps the outputs of all others, to the bit")
        yield _in_training(patient, affected(patient, batch, training=True), told)


def _in_training(patient: Patient, touched: int, told: str) -> Finding:
    normalizing = batch_norms(patient.program)
    if not touched:
        return ok(f"training: {told} keeps the outputs of all others, to the bit")
    if normalizing:
        names = ", ".join(normalizing[:3]) + (", …" if len(normalizing) > 3 else "")
        return ok(
            f"training: {told} changes {touched} others, by design: batch normalization ({names}) uses the statistics of "
            "the batch", changed=touched,
        )  # fmt: skip
    remedy = "look for a layer that mixes samples in training; no batch normalization explains it"
    return failed(f"training: {told} changes the outputs of {touched} others", remedy, changed=touched)


def batch_norms(program: Program) -> list[str]:
    """Layers that normalize with the statistics of the batch in training."""
    graph, known = program.graph, program.start.inference_mode
    layers = ((name, graph.nodes[name]["layer"]) for name in graph)
    return [name for name, layer in layers if layer is not None and layer.type_name() == BY_DESIGN and name not in known]


def affected(patient: Patient, batch: Batch, *, training: bool) -> int:
    """How many other samples have other outputs when the last sample is replaced by its mirror image in value."""
    changed = batch.x.copy()
    changed[-1] = -changed[-1] if changed[-1].any() else 1
    with patient.untouched():
        before = _outputs(patient, batch, training=training)
    with patient.untouched():
        after = _outputs(patient, replace(batch, x=changed), training=training)
    differs = np.zeros(len(batch.x) - 1, bool)
    for name, values in before.items():
        others = len(values) * (len(batch.x) - 1) // len(batch.x)  # a sample may have several rows: regions
        equal = (values[:others] == after[name][:others]) | (np.isnan(values[:others]) & np.isnan(after[name][:others]))
        differs |= ~equal.reshape(len(differs), -1).all(axis=1)
    return int(differs.sum())


def _outputs(patient: Patient, batch: Batch, *, training: bool) -> dict[str, np.ndarray]:
    lane = patient.program.lanes[0]
    lane.forward(batch.feed, training=training)
    return lane.all_outputs()
