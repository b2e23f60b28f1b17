"""Between two steps: what people have asked of the run. A pause waits here, so it cannot change a bit of any result."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from netspec.training.control import Command, Inbox
from netspec.training.events import Control, Event
from netspec.training.saving import save
from netspec.training.training import Training

NAP = 0.01
"""Seconds between two looks while the run is paused."""


def obey(training: Training) -> Generator[Event, None, bool]:
    """Do what has been asked for, and wait while the run is paused; whether it is to stop."""
    inbox = training.inbox
    if inbox is None or inbox.is_quiet():
        return False
    if not inbox.is_told:
        inbox.is_told = True
        yield _event(training, inbox, "pause", f"paused before step {training.position.step + 1}")
    while True:
        for command in inbox.read():
            yield from _do(training, inbox, command)
            if isinstance(command, Command) and command.do == "stop":
                return True
        if _may_go_on(training, inbox):
            return False
        if inbox.is_stepping:
            inbox.is_stepping = False
            yield _event(training, inbox, "paused", f"paused after step {training.position.step}, as was asked for")
        if training.is_stopped():
            return True
        if training.history is not None:
            training.history.flush()  # the steps so far are to be seen
        training.clock.hold()
        time.sleep(NAP)
        inbox.waited += training.clock.release()


def _may_go_on(training: Training, inbox: Inbox) -> bool:
    """Whether the next step may be taken; counts down those asked for one by one."""
    if not inbox.is_paused:
        return True
    if inbox.until_epoch is not None and training.position.epoch < inbox.until_epoch:
        return True
    inbox.until_epoch = None
    inbox.steps_left -= 1
    if inbox.steps_left >= 0:
        return True
    inbox.steps_left = 0
    return False


def _do(training: Training, inbox: Inbox, command: Command | str) -> Iterator[Event]:
    """Change the state that `obey` looks at, and tell it."""
    if isinstance(command, str):
        yield _event(training, inbox, "refused", f"a line of control.jsonl was not obeyed, {command}")
        return
    step, waited, until = training.position.step, None, None
    if command.do == "pause":
        message = f"paused on request after step {step}"
        inbox.is_paused, inbox.until_epoch, inbox.steps_left, inbox.is_stepping = True, None, 0, False
    elif command.do == "continue":
        inbox.is_paused, inbox.until_epoch, inbox.steps_left, inbox.is_stepping = False, None, 0, False
        waited, inbox.waited = inbox.waited, 0.0
        message = f"went on after step {step}"
    elif command.do == "step":
        message, until = _allow(training, inbox, command), command.until
    elif command.do == "save":
        message = f"saved on request after step {step}"
        yield from save(training, training.position.epoch + 1, [], due=False, force=True)
    else:
        training.kept, inbox.is_paused, waited = command.keep, False, inbox.waited
        message = f"stopped on request after step {step}, keeping the {command.keep} weights"
    yield _event(training, inbox, command.do, message, waited, until)


def _allow(training: Training, inbox: Inbox, command: Command) -> str:
    """One more step, or the rest of the epoch; a running training takes it and then pauses."""
    inbox.is_paused = inbox.is_stepping = True
    if command.until == "epoch":
        inbox.until_epoch = training.position.epoch + 1
        return f"goes on to the end of epoch {inbox.until_epoch} on request"
    inbox.steps_left += 1
    return f"takes step {training.position.step + inbox.steps_left} on request"


def _event(
    training: Training, inbox: Inbox, command: str, message: str, waited: float | None = None, until: str | None = None
) -> Control:
    position = training.position
    return Control(
        step=position.step,
        epoch=position.epoch + 1,
        seconds=training.clock.read(),
        command=command,
        message=message,
        paused=inbox.is_paused,
        waited=waited,
        until=until,
    )
