"""Python counts characters, Qt UTF-16 units: they differ behind characters beyond the first 65,536."""

from __future__ import annotations


def to_units(text: str, index: int) -> int:
    """Index of a character → Qt's position."""
    return index if text.isascii() else len(text[:index].encode("utf-16-le", errors="surrogatepass")) // 2


def to_index(text: str, position: int) -> int:
    """Qt's position → index of the character."""
    if text.isascii():
        return position
    units = text.encode("utf-16-le", errors="surrogatepass")[: 2 * position]
    return len(units.decode("utf-16-le", errors="surrogatepass"))
