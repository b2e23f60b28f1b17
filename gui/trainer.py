"""The trainer's process: `python -m gui.trainer RUN_FOLDER` does what start/order.json in that folder says.

It loads no Qt, has its own session, and speaks to windows only through the run folder, so windows may come and go.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gui import priority
from gui.runs.order import TRAINER, Order, read_order, write_started
from gui.runs.progress import Started
from netspec.cli.errors import InterruptionError, report
from netspec.cli.training import Job, run_job
from netspec.cli.training import spec_of as resumed_spec
from netspec.training.run_folder import START
from netspec.training.run_lock import run_lock

if TYPE_CHECKING:
    from netspec.spec.model import Spec

EVERY = 0.1
"""Seconds between two news while compiling."""


class Teller:
    """Writes start/status.json; while compiling it is called from several threads."""

    def __init__(self, run: Path) -> None:
        self._run, self._last = run, 0.0
        self._lock = threading.Lock()

    def __call__(self, phase: str, names: Sequence[str] = (), done: int = 0, count: int = 0) -> None:
        now = time.monotonic()
        with self._lock:
            if count and done < count and now - self._last < EVERY:
                return
            self._last = now
            write_started(self._run, Started(phase, ", ".join(names), done, count))

    def end(self, phase: str, message: str, code: int) -> None:
        """The last word."""
        with self._lock:
            write_started(self._run, Started(phase, message, exit_code=code))


def main(argv: Sequence[str] | None = None) -> int:
    """Train; the exit code of `netspec train`."""
    (name,) = sys.argv[1:] if argv is None else argv
    run = Path(name)
    priority.lower()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    with run_lock(run / START / TRAINER):
        tell = Teller(run)
        tell("starting")
        try:
            code = _train(run, read_order(run), tell)
        except (Exception, KeyboardInterrupt) as error:
            code = report(error, verbose=True)
            is_cancelled = isinstance(error, KeyboardInterrupt | InterruptionError)
            tell.end("cancelled" if is_cancelled else "failed", describe(error), code)
            return code
        tell.end("done", "", code)
        return code


def _train(run: Path, order: Order, tell: Teller) -> int:
    job = Job(
        spec=str(run) if order.resume else order.spec_file,
        overrides=list(order.overrides),
        resume=run if order.resume else None,
        output=None if order.resume else run,
        weights=None if order.weights is None else Path(order.weights),
        threads=order.threads,
        paused=order.paused,
    )
    return run_job(job, resumed_spec(job) if order.resume else spec_of(order), tell)


def spec_of(order: Order) -> Spec:
    """The spec with what the window has chosen beside it."""
    from netspec.cli.race import racer
    from netspec.loading import read_from
    from netspec.problems import SpecError
    from netspec.spec.source import Source, read_source

    text, folder = read_source(Path(order.spec_file)).text, Path(order.extends_folder)
    seed = () if order.seed is None else (f"seed={order.seed}",)
    found = read_from(Source(order.spec_file, text, order.format, folder), (*order.overrides, *seed))
    if found.spec is None or not found.ok:
        raise SpecError(found.problems)
    spec = found.spec.with_origin(replace(found.spec.origin, base_dir=Path(order.folder)))
    if not order.optimizers:
        return spec
    return spec.model_copy(update={"optimizers": tuple(racer(spec, label) for label in order.optimizers)})


def describe(error: BaseException) -> str:
    """The error in the user's words, in one line."""
    from netspec.problems import SpecError

    if isinstance(error, SpecError):
        first = error.problems[0]
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return f"{first.message}; {first.hint}{more}" if first.hint else f"{first.message}{more}"
    if isinstance(error, MemoryError):
        return str(error) or "Out of memory; make the batch size or the input smaller"
    text = str(error) or "stopped on request"
    is_told_well = type(error).__module__.startswith("netspec") or isinstance(error, OSError | KeyboardInterrupt)
    return text if is_told_well else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    sys.exit(main())
