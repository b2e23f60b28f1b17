"""Runs contestants in turn, several rounds each: what disturbs one disturbs the others.

On a shared, noisy machine only the ratio of medians taken side by side says anything.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.contest import NAMES, OURS, Contest, Team, Timer
from benchmarks.worker import Worker, make_team

if TYPE_CHECKING:
    from benchmarks.contest import Array

LEAST_ROUNDS = 5
TOLERANCE = 1e-3
"""Relative difference of the logits, far above what float32 rounds in a deep network and far below another network."""


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median of the rounds, and the quartiles around it."""

    median: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True)
class Pace:
    """How long to measure: a round gives each contestant about `seconds`; after `limit` seconds no sixth round starts."""

    rounds: int = 15
    seconds: float = 0.2
    limit: float = 120.0


DEFAULT_PACE = Pace()


@dataclass(frozen=True)
class Outcome:
    """Times by contestant, and why others have none."""

    timings: dict[str, Timing]
    absent: dict[str, str]

    @property
    def best(self) -> str | None:
        """The fastest of the others."""
        others = {name: timing.median for name, timing in self.timings.items() if name != OURS}
        return min(others, key=lambda name: others[name]) if others else None

    @property
    def ratio(self) -> float | None:
        """Its time divided by netspec's: above 1 netspec is faster."""
        if self.best is None or OURS not in self.timings:
            return None
        return self.timings[self.best].median / self.timings[OURS].median


def hold(
    contest: Contest, libraries: Sequence[str], pace: Pace = DEFAULT_PACE, *, one_process: bool = False
) -> Outcome:
    """Race the libraries' contestants, each library in its own process unless `one_process`.

    Raises ValueError when the logits differ: two different networks must not be raced.
    """
    return next(hold_each([contest], libraries, pace, one_process=one_process))


def hold_each(
    contests: Iterable[Contest], libraries: Sequence[str], pace: Pace = DEFAULT_PACE, *, one_process: bool = False
) -> Iterator[Outcome]:
    """Race contest after contest in the same processes, which saves starting them."""
    with ExitStack() as stack:
        workers = [] if one_process else [stack.enter_context(Worker(name)) for name in libraries]
        for contest in contests:
            for worker in workers:
                worker.prepare(contest)
            yield _race_teams([worker.team() for worker in workers] or _own_teams(contest, libraries), pace)


def _own_teams(contest: Contest, libraries: Sequence[str]) -> list[Team]:
    """In this process. PyTorch first: whoever is loaded first decides how the threads of both wait (see worker.py)."""
    return [make_team(name, contest) for name in sorted(libraries, key=lambda name: name == OURS)]


def _race_teams(teams: Sequence[Team], pace: Pace) -> Outcome:
    whole = merged(teams)
    check_same(whole.logits)
    return Outcome(race(whole.timers, pace), whole.absent)


def merged(teams: Sequence[Team]) -> Team:
    """All contestants in the order of NAMES."""
    whole = Team()
    for team in teams:
        whole.timers |= team.timers
        whole.absent |= team.absent
        whole.logits |= team.logits
    return Team({name: whole.timers[name] for name in NAMES if name in whole.timers}, whole.absent, whole.logits)


def check_same(logits: Mapping[str, Array]) -> None:
    """Raises ValueError unless all networks gave the same numbers."""
    for name, values in logits.items():
        for other, expected in logits.items():
            difference, largest = float(abs(values - expected).max()), float(abs(expected).max())
            if not difference <= TOLERANCE * largest:
                raise ValueError(f"{name} and {other} differ by {difference:.3g}, the largest logit is {largest:.3g}")


def race(contestants: Mapping[str, Timer], pace: Pace) -> dict[str, Timing]:
    """Time of each contestant; each round starts with another one."""
    repeats = {name: max(1, round(pace.seconds / _once(timer))) for name, timer in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    names, started = list(contestants), time.perf_counter()
    for turn in range(pace.rounds):
        if turn >= LEAST_ROUNDS and time.perf_counter() - started > pace.limit:
            break
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            samples[name].append(contestants[name](repeats[name]) / repeats[name])
    return {name: _timing(values) for name, values in samples.items()}


def _once(timer: Timer) -> float:
    """Seconds of a call, after one that warms the caches; a tenth of what preparing it takes, if that is more."""
    timer(1)
    started = time.perf_counter()
    found = timer(1)
    return max(found, (time.perf_counter() - started) / 10, 1e-6)


def _timing(values: list[float]) -> Timing:
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return Timing(statistics.median(values), low, high, len(values))
