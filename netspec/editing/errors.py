"""What an edit says when it cannot be made."""

from __future__ import annotations


class EditError(Exception):
    """An edit is refused; the text stays as it is. message: what is wrong, with the values; hint: what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint
