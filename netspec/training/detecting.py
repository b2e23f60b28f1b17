"""A detector's outputs, batch by batch, as detections of whole pictures: for metrics and for predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.batch import Batch
from netspec.datasets.region_pictures import PICTURE
from netspec.datasets.regions import ROIS
from netspec.detection.candidates import Candidates, Detects, best_of
from netspec.losses.base import Loss

Array = NDArray[Any]


def detecting_loss(losses: Sequence[Loss]) -> Detects | None:
    """The loss that knows what the outputs mean as detections; None for networks that detect nothing."""
    return next((loss for loss in losses if isinstance(loss, Detects)), None)


class Pictures:
    """Gathers the rows of a batch that belong to one picture; they come one after the other.

    A row is a picture, or part of one where the data name pictures by numbers (the target "picture"): some of its
    regions, or a single one.
    """

    def __init__(self, loss: Detects) -> None:
        self._loss = loss
        self._number: int | None = None
        self._waiting: list[Candidates] = []
        self._truth: Array | None = None

    def add(self, outputs: Mapping[str, Array], batch: Batch) -> Iterator[tuple[Array, Array]]:
        """Detections (1, K, 6) and true boxes (1, M, 5) of each picture that is complete, in their order."""
        rois = batch.inputs.get(ROIS, batch.targets.get(ROIS))
        numbers = batch.targets.get(PICTURE, batch.index)
        for row, found in enumerate(self._loss.candidates(outputs, rois)):
            if self._number is not None and numbers[row] != self._number:
                yield self._done()
            self._number, self._truth = int(numbers[row]), batch.y[row]
            self._waiting.append(found)

    def rest(self) -> Iterator[tuple[Array, Array]]:
        """The last picture."""
        if self._number is not None:
            yield self._done()

    def _done(self) -> tuple[Array, Array]:
        assert self._truth is not None
        pair = best_of(self._waiting, self._loss)[None], np.array(self._truth[None])
        self._number, self._waiting, self._truth = None, [], None
        return pair
