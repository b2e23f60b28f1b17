"""How often looks are taken: seldom enough to cost next to nothing.

Of the steps in which a look is due, the first FIRST and the run's last one are looked at. In between looks may take SHARE of
the training time of this part of the run (since its start or resume): one is taken when it fits, judged by the latest one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

FIRST, SHARE = 3, 0.02


@dataclass
class Pace:
    """Seconds that looks have taken, and how many were left out."""

    spent: float = 0.0
    latest: float = 0.0
    """Seconds for all lanes in the latest step that was looked at."""
    taken: int = 0
    skipped: int = 0
    """Steps left out before the latest one that was looked at."""
    _skipping: int = 0

    def takes(self, seconds: float, *, is_last: bool) -> bool:
        """Whether to look at the step that begins `seconds` after the start; asked once for each step with a look due."""
        if self.taken >= FIRST and not is_last and self.spent + self.latest > SHARE * seconds:
            self._skipping += 1
            return False
        self.taken, self.latest = self.taken + 1, 0.0
        self.skipped, self._skipping = self._skipping, 0
        return True

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Around a look."""
        started = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            self.spent += seconds
            self.latest += seconds
