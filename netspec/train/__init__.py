"""Training: the loop as a generator of events, checkpoints, run folder, resume.

The package can be called: `for event in netspec.train(spec, output="runs/x"): …` is `netspec.train.run.train`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.train.events import Event


class _Callable(ModuleType):
    """netspec.train is the name of this package and of the public function; so the package is callable."""

    def __call__(self, *arguments: Any, **options: Any) -> Iterator[Event]:
        from netspec.train.run import train

        return train(*arguments, **options)


train = sys.modules[__name__]
train.__class__ = _Callable
