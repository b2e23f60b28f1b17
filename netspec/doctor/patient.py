"""What is examined: a spec with its data, its compiled network, and the training as it stands before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from netspec.datasets.batch import Batch
from netspec.datasets.load import Data
from netspec.datasets.loader import Loader, epoch_order
from netspec.graph import inputs_of
from netspec.load_report import LoadReport
from netspec.program import Program, compile
from netspec.range_test.snapshot import Snapshot
from netspec.spec.model import Spec
from netspec.training.contract import Array
from netspec.training.inputs import DataArgument, data_for
from netspec.training.lane_run import LaneRun
from netspec.training.pretrained import pretrained_path
from netspec.training.settings import Options
from netspec.training.setup import prepare
from netspec.training.targets import targets_for
from netspec.training.training import Training
from netspec.warming import warm

SAMPLES, FEW, LARGE_MACS = 16, 8, 500_000_000
"""Samples of the batches looked at; FEW for networks with more multiply-adds a sample than LARGE_MACS."""
WORK = 2e12
"""Multiply-adds that a check which trains may spend, unless it needs its least number of steps."""


class Patient:
    """See the module. The pieces are made by the checks that examine them; None, or an error, before."""

    def __init__(
        self, spec: Spec, given: DataArgument = None, *, weights: str | Path | None = None, threads: int | None = None
    ) -> None:
        self.spec, self.given, self.weights, self.threads = spec, given, weights, threads
        self.data: Data | None = None
        self.report: LoadReport | None = None
        """What became of the pretrained weights; None without any."""
        self.is_refused = False
        """A check has met an error with which no training would start."""
        self._program: Program | None = None
        self._training: Training | None = None

    def has(self, needs: str) -> bool:
        """Whether what a check needs is there."""
        has_data, is_ready = self.data is not None, self._training is not None
        return {"spec": True, "data": has_data, "fit": has_data and not self.is_refused, "training": is_ready}[needs]

    def read(self) -> Data:
        """The data. Raises SpecError and DataError."""
        self.data = data_for(self.spec, self.given)
        return self.data

    @property
    def loaded(self) -> Data:
        """The data, once they are read."""
        assert self.data is not None
        return self.data

    @property
    def program(self) -> Program:
        """The network, compiled when it is first asked for; nothing is loaded into it yet. Raises SpecError."""
        if self._program is None:
            size = min(self.spec.train.batch_size, len(self.loaded.train))
            self._program = compile(self.spec, threads=self.threads, batch_size=size)
        return self._program

    @property
    def weights_path(self) -> Path | None:
        """The file of pretrained weights, whether it is there or not; None without any."""
        return pretrained_path(self.spec, self.weights)

    def start(self) -> None:
        """Load the weights and set up the training. Raises what `netspec.train` raises."""
        program = self.program
        training, _ = prepare(
            self.spec, self.loaded, None, None, self.weights, Options(),
            seed=None, threads=self.threads, stop=None, program=program,
        )  # fmt: skip
        warm(program)
        self._training, self.report = training, training.load

    @property
    def training(self) -> Training:
        """The training before its first step."""
        assert self._training is not None
        return self._training

    @property
    def lanes(self) -> list[LaneRun]:
        """One for each optimizer."""
        return self.training.lanes

    def prefix(self, lane: str) -> str:
        """What a finding about one lane begins with: its label, where there are several."""
        return f"{lane}: " if len(self.lanes) > 1 else ""

    def batch(self) -> Batch:
        """A few training samples as they are, not augmented, drawn once by the seed."""
        program = self.program
        size = min(FEW if self.macs > LARGE_MACS else SAMPLES, program.batch_size, len(self.loaded.train))
        order = epoch_order(len(self.loaded.train), self.spec.seed, 0, "once")[:size]
        data = self.loaded
        loader = Loader(data.train, data.normalization, size, order, np.dtype(program.dtype), finish=data.finish)
        return next(iter(loader.batches()))

    def targets(self, run: LaneRun, batch: Batch) -> tuple[Array, ...]:
        """What the losses read of a batch."""
        return targets_for(run.lane, batch, self.training.settings.losses, self.training.dtype)

    @property
    def macs(self) -> int:
        """Multiply-adds of one sample's forward pass."""
        graph, shapes = self.program.graph, self.program.shapes
        total = 0
        for name in graph:
            layer: Any = graph.nodes[name]["layer"]
            if layer is not None:
                total += layer.macs([shapes[source] for source in inputs_of(graph, name)], shapes[name])
        return total

    def steps(self, samples: int, least: int, most: int) -> int:
        """How many training steps a check may take: as many as WORK allows, a step being three forward passes."""
        return round(min(most, max(least, WORK / max(1, 3 * self.macs * samples))))

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever is done to the program meanwhile is undone at the end, to the bit."""
        with self.program.lock:
            snapshot = Snapshot(self.program)
            try:
                yield
            finally:
                snapshot.restore()
