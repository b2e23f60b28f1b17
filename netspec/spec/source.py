"""Spec files as text: finding, decoding, and places in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from netspec.problems import Span, SpecError, error

Format = Literal["toml", "json"]
FORMATS: dict[str, Format] = {".toml": "toml", ".json": "json"}
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes; a spec of a thousand layers has about 100 kB."""


@dataclass(frozen=True)
class Source:
    """One spec file: its name as the user wrote it, and its text without byte-order mark."""

    file: str
    text: str
    format: Format
    folder: Path
    """Where relative paths inside the file start."""
    lines: tuple[str, ...] = field(init=False)
    _bytes: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = tuple(line.removesuffix("\r") for line in self.text.split("\n"))
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "_bytes", tuple(line.encode(errors="surrogatepass") for line in lines))

    def span(self, line: int, column: int, end_column: int) -> Span:
        """A place by 1-based line and columns; beyond the end of the text the nearest place inside."""
        line = min(max(line, 1), len(self.lines))
        text = self.lines[line - 1]
        column = min(max(column, 1), len(text) + 1)
        return Span(self.file, line, column, max(end_column, column), text)

    def span_of_points(self, start: tuple[int, int], end: tuple[int, int]) -> Span:
        """A place by tree-sitter's points (0-based row and column in bytes); its first line when it has several."""
        row = min(start[0], len(self.lines) - 1)
        column = self._characters(row, start[1])
        last = self._characters(row, end[1]) if end[0] == start[0] else len(self.lines[row])
        return self.span(row + 1, column + 1, last + 1)

    def _characters(self, row: int, column: int) -> int:
        """Bytes → characters."""
        if self.lines[row].isascii():
            return column
        return len(self._bytes[row][:column].decode(errors="replace"))


def read_source(path: str | Path) -> Source:
    """The file as text; raises SpecError when it cannot be read, decoded, or is neither TOML nor JSON."""
    file = Path(path)
    form = FORMATS.get(file.suffix.lower())
    if form is None:
        ending = f"ends with {file.suffix!r}" if file.suffix else "has no suffix"
        raise _failed("NS002", file, f"the file name {ending}", "name the spec .toml or .json")
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise _failed("NS001", file, "the file is larger than 16 MiB", "this is probably not a spec")
        data = file.read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the name
        raise _failed("NS001", file, *_reason(problem, file)) from None
    return Source(str(path), decode(data, str(path)), form, file.parent)


def decode(data: bytes, file: str) -> str:
    """UTF-8 → text, without byte-order mark; raises SpecError that names the place of the first wrong byte."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _failed("NS003", Path(file), "the text is UTF-16", "save it as UTF-8") from None
        good = data[: problem.start].decode("utf-8").removeprefix("\ufeff")
        line, column = good.count("\n") + 1, len(good) - (good.rfind("\n") + 1) + 1
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff").split("\n")[line - 1].removesuffix("\r")
        span = Span(file, line, column, column + 1, text)
        message = f"the byte 0x{data[problem.start]:02x} is not valid UTF-8"
        raise SpecError([error("NS003", (), span, message, "save the file as UTF-8")]) from None


def _reason(problem: Exception, file: Path) -> tuple[str, str]:
    if isinstance(problem, FileNotFoundError):
        return "there is no such file", f"look for it in {_folder(file)}"
    if isinstance(problem, IsADirectoryError) or file.is_dir():
        return "this is a folder", "name the spec file in it"
    if isinstance(problem, PermissionError):
        return "the file may not be read", "give yourself the right to read it"
    return f"the file cannot be read ({getattr(problem, 'strerror', None) or problem})", "check the path"


def _folder(file: Path) -> str:
    parent = str(file.parent)
    return "the current folder" if parent == "." else parent


def _failed(code: str, file: Path, message: str, hint: str) -> SpecError:
    return SpecError([error(code, (), Span(str(file), 0, 1, 1, str(file)), message, hint)])
