"""Epochs of a network whose trunk is frozen, so that only a new head learns: netspec with and without its cache, and PyTorch.

python -m benchmarks.frozen
python -m benchmarks.frozen resnet18 --threads 1 --rounds 9

netspec's epochs are those of `netspec.train`, with shuffling, metrics and history; PyTorch's a plain loop over pictures in
memory. PyTorch takes part with requires_grad = False, with the trunk under no_grad, and with features that were computed
before; the best of eager and compiled in both layouts counts. Goals: 1.5 times PyTorch without the cache, 10 times with it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import netspec
from benchmarks.contest import OURS
from benchmarks.frozen_contest import CACHED, FEATURES, FROZEN, FULL, NO_GRAD, EpochContest
from benchmarks.harness import Pace, Timing, check_same, race
from benchmarks.machine import machine, require_torch
from benchmarks.table import milliseconds
from benchmarks.worker import Worker
from netspec.shipped import shipped_specs

WITHOUT, WITH = 1.5, 10.0
"""Goals: the best of PyTorch's frozen epochs by netspec's, without and with the cache."""


@dataclass(frozen=True)
class Case:
    """A network up to its head, which is its last layer."""

    title: str
    spec: str
    batch: int
    samples: int
    freeze_to: str
    overrides: tuple[str, ...] = ()


CASES: Mapping[str, Case] = {
    "resnet18": Case("ResNet-18, 224×224, 24 pictures", "resnet18", 8, 24, "avgpool", ("layers.fc.out_features=10",)),
    "resnet20": Case("ResNet-20, 32×32, 256 pictures", "resnet20_cifar", 64, 256, "avgpool"),
    "resnet20-64": Case(
        "ResNet-20, 64×64, 128 pictures", "resnet20_cifar", 32, 128, "avgpool", ("input.shape=[3, 64, 64]",)
    ),
}


def contest_of(case: Case, given: argparse.Namespace, folder: str) -> EpochContest:
    """The case with the options of the command."""
    spec = netspec.load(shipped_specs()[case.spec], [*case.overrides, f"transfer.freeze_to={case.freeze_to}"])
    return EpochContest(
        spec.model_dump(), given.batch or case.batch, "training", given.threads, not given.no_compile, given.compile_limit,
        given.samples or case.samples, folder,
    )  # fmt: skip


def measure(contest: EpochContest, pace: Pace) -> tuple[dict[str, Timing], dict[str, str]]:
    """Seconds an epoch by contestant, and why others have none. Raises ValueError when the networks differ."""
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(library)) for library in ("netspec epochs", "torch epochs")]
        teams = []
        for worker in workers:
            worker.prepare(contest)
            teams.append(worker.team())
        if failed := teams[0].absent:
            raise RuntimeError(f"netspec failed: {failed}")
        check_same({name: logits for team in teams for name, logits in team.logits.items()})
        timers = {name: timer for team in teams for name, timer in team.timers.items()}
        return race(timers, pace), {name: why for team in teams for name, why in team.absent.items()}


def best(found: Mapping[str, Timing], *ways: str) -> tuple[str, float]:
    """PyTorch's fastest contestant of some ways, and its time."""
    times = {
        name: timing.median for name, timing in found.items() if name.startswith("torch") and name.partition(", ")[2] in ways
    }
    name = min(times, key=lambda one: times[one])
    return name, times[name]


def ratios(found: Mapping[str, Timing]) -> dict[str, float]:
    """What the goals are about, and what else is to be known."""
    ours = {way: found[f"{OURS}, {way}"].median for way in (FULL, FROZEN, CACHED)}
    frozen, features = best(found, FROZEN, NO_GRAD)[1], best(found, FEATURES)[1]
    return {
        "without the cache, PyTorch / netspec": frozen / ours[FROZEN],
        "with the cache, PyTorch / netspec": frozen / ours[CACHED],
        "features given, PyTorch / netspec from the cache": features / ours[CACHED],
        "netspec, everything learns / frozen": ours[FULL] / ours[FROZEN],
        "netspec, frozen / from the cache": ours[FROZEN] / ours[CACHED],
    }  # fmt: skip


def lines(case: Case, found: Mapping[str, Timing], absent: Mapping[str, str]) -> list[str]:
    """A case as Markdown."""
    rows = [f"| {name} | {' | '.join(map(milliseconds, (t.median, t.low, t.high)))} |" for name, t in found.items()]
    others = [f"- {name}: {ratio:.2f}" for name, ratio in ratios(found).items()]
    missing = [f"- no {name}: {why}" for name, why in absent.items()]
    head = [f"### {case.title}", "", "| ms an epoch | median | lower quartile | upper |", "| --- | ---: | ---: | ---: |"]
    return [*head, *rows, "", *others, *missing, ""]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--threads", type=int, default=2, help="of every contestant (default 2)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of every contestant (default 9)")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds a case, after five rounds (default 180)")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile")
    parser.add_argument("--compile-limit", type=float, default=300.0, help="seconds for each (default 300)")
    parser.add_argument("--batch", type=int, help="instead of the cases' own")
    parser.add_argument("--samples", type=int, help="instead of the cases' own")
    parser.add_argument("--format", choices=["markdown", "json"], default="markdown")
    given = parser.parse_args(argv)
    if unknown := set(given.cases) - CASES.keys():
        parser.error(f"{', '.join(sorted(unknown))}: no such case; there are {', '.join(CASES)}")
    require_torch()
    described, missed, documents = machine(given.threads), False, []
    for name in given.cases or CASES:
        with tempfile.TemporaryDirectory() as folder:
            found, absent = measure(contest_of(CASES[name], given, folder), Pace(given.rounds, limit=given.limit))
        told = ratios(found)
        missed |= told["without the cache, PyTorch / netspec"] < WITHOUT or told["with the cache, PyTorch / netspec"] < WITH
        documents.append({"name": name, "ratios": told, "absent": absent, "seconds": {k: asdict(v) for k, v in found.items()}})
        if given.format == "markdown":
            print("\n".join(lines(CASES[name], found, absent)), flush=True)
    print(json.dumps({"machine": described, "cases": documents}) if given.format == "json" else described)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
