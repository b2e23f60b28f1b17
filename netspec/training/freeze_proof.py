"""The freeze proof: after each epoch a hash shows that no frozen tensor has changed."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.training.events import FROZEN_CHANGED, Event, FrozenProof
from netspec.training.training import Training


def prove_frozen(training: Training, epoch: int) -> Iterator[Event]:
    """One proof for each lane with frozen tensors. If one has changed, every lane ends: no result can be trusted."""
    changed = []
    for run in training.lanes:
        if run.ended or not run.frozen_digest:
            continue
        digest = run.lane.frozen_digest()
        unchanged = digest == run.frozen_digest
        yield FrozenProof(
            optimizer=run.label,
            step=training.position.step,
            epoch=epoch,
            seconds=training.clock.read(),
            digest=digest,
            unchanged=unchanged,
        )
        if not unchanged:
            changed.append(run)
    for run in training.lanes if changed else ():
        if not run.ended:
            names = ", ".join(other.label for other in changed)
            run.reason = FROZEN_CHANGED
            run.message = (
                f"frozen tensors changed in epoch {epoch} (lane {names}); please report this defect of netspec"
            )
