"""What goes wrong when somebody looks inside a network."""

from __future__ import annotations


class InsideError(Exception):
    """message: where and what; hint: what to do; is_failure: the command was right, its result is not usable."""

    def __init__(self, message: str, hint: str, *, is_failure: bool = False) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint, self.is_failure = message, hint, is_failure
