"""Changes of a TOML file at its top: sections, arrays of sections and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.editing.inline import indent_at, is_same, spell, write_inline
from netspec.editing.syntax import ArrayNode, Section, TableNode, Tree
from netspec.editing.values import spell_key


class Sections:
    """Collects replacements of stretches of the text, and applies them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.patches: list[tuple[int, int, str]] = []
        self.appended: list[str] = []

    def write(self) -> str:
        """The changed text."""
        self._write_table(self.tree.root, ())
        data = self.tree.data
        in_order = sorted((start, end, number, text) for number, (start, end, text) in enumerate(self.patches))
        for start, end, _, text in reversed(in_order):
            data = data[:start] + text.encode(errors="surrogatepass") + data[end:]
        return self._append(data.decode(errors="surrogatepass"))

    def _append(self, text: str) -> str:
        newline = self.tree.newline
        for section in self.appended:
            if text and not text.endswith("\n"):
                text += newline
            text += (newline if text.strip() else "") + section
        return text

    def _write_table(self, table: TableNode, path: tuple[str, ...]) -> None:
        for key in table.original:
            if key not in table:
                self._remove(table, key)
        for key, value in list(table.items()):
            if key not in table.original:
                self._add(table, key, value, path)
            elif not is_same(value, table.original[key]):
                self._replace(table, key, value, path)
            elif isinstance(value, dict | list):
                self._write_inside(table, key, value, path)

    def _write_inside(self, table: TableNode, key: str, value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, TableNode) and value.form != "inline":
            self._write_table(value, (*path, key))
        elif isinstance(value, ArrayNode) and value.form == "tables":
            self._write_tables(value, (*path, key))
        else:
            self._set_value(table, key, value)

    def _replace(self, table: TableNode, key: str, value: Any, path: tuple[str, ...]) -> None:
        if key in table.pairs:
            self._set_value(table, key, value)
        else:
            self._remove(table, key)
            self._add(table, key, value, path)

    def _set_value(self, table: TableNode, key: str, value: Any) -> None:
        pair = table.pairs[key]
        text = write_inline(self.tree, value, indent_at(self.tree, pair.start))
        if text != self.tree.text(pair.value_start, pair.end):
            self.patches.append((pair.value_start, pair.end, text))

    def _remove(self, table: TableNode, key: str) -> None:
        if key in table.pairs:
            pair = table.pairs[key]
            self.patches.append((self._line_start(pair.start), self._line_end(pair.end), ""))
        else:
            self._remove_all(table.original[key])

    def _remove_all(self, value: Any) -> None:
        """Every line and section of a table that goes."""
        if isinstance(value, ArrayNode):
            for item in value.original:
                self._remove_all(item)
        elif isinstance(value, TableNode):
            if not value.sections:
                for key in value.original:
                    self._remove(value, key)
                return
            for section in value.sections:
                self._remove_section(section)
            for inner in value.original.values():
                if isinstance(inner, TableNode | ArrayNode) and inner.form in ("section", "tables"):
                    self._remove_all(inner)

    def _remove_section(self, section: Section) -> None:
        """Header and pairs; of the blank lines before and after it those before stay."""
        start, end = self._line_start(section.start), self._line_end(section.end)
        data = self.tree.data
        following = end
        while following < len(data) and not data[following : self._line_end(following)].strip():
            following = self._line_end(following)
        if following >= len(data):
            head = data[:start].rstrip()
            start = self._line_end(len(head)) if head else 0
        before = data[:start].rstrip(b" \t\r")
        if following >= len(data) or not before or before.endswith(b"\n\n") or before.endswith(b"\n\r\n"):
            end = following
        self.patches.append((start, end, ""))

    def _add(self, table: TableNode, key: str, value: Any, path: tuple[str, ...]) -> None:
        """A new key: as a section where the file has sections, else as a line."""
        names = ".".join(spell_key(name, "toml") for name in (*path, key))
        is_tables = isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
        is_implied = table.form == "section" and not table.sections  # made by [blocks.NAME] alone
        if _holds_tables(value) and (table.form == "root" or is_implied):
            for name, item in value.items():
                self.appended.append(self._section(f"[{names}.{spell_key(name, 'toml')}]", item))
        elif isinstance(value, Mapping) and (is_implied or (table.form == "root" and self._has_headers())):
            self.appended.append(self._section(f"[{names}]", value))
        elif is_tables and table.form == "root" and self._has_headers():
            self.appended += [self._section(f"[[{names}]]", item) for item in value]
        elif is_implied:
            self._add_header(table, ".".join(spell_key(name, "toml") for name in path), key, value)
        else:
            self._add_line(table, key, value)

    def _add_header(self, table: TableNode, names: str, key: str, value: Any) -> None:
        """[names] with a key, in front of the sections inside of it, which stood for it so far."""
        start = min(self._line_start(section.start) for section in _sections_in(table))
        self.patches.append((start, start, self._section(f"[{names}]", {key: value}) + self.tree.newline))

    def _has_headers(self) -> bool:
        return any(
            (isinstance(value, TableNode) and value.form == "section")
            or (isinstance(value, ArrayNode) and value.form == "tables")
            for value in self.tree.root.original.values()
        )

    def _section(self, header: str, values: Mapping[str, Any]) -> str:
        lines = [header, *(f"{spell_key(key, 'toml')} = {spell(self.tree, item, '')}" for key, item in values.items())]
        return self.tree.newline.join(lines) + self.tree.newline

    def _add_line(self, table: TableNode, key: str, value: Any) -> None:
        place, indent = self._place_for_line(table)
        line = f"{indent}{table.prefix}{spell_key(key, 'toml')} = {spell(self.tree, value, indent)}"
        data, newline = self.tree.data, self.tree.newline
        before = "" if place == 0 or data[place - 1 : place] == b"\n" else newline
        self.patches.append((place, place, f"{before}{line}{newline}"))

    def _place_for_line(self, table: TableNode) -> tuple[int, str]:
        """Behind the table's last line, with that line's indentation."""
        pairs = [*table.pairs.values()] or _pairs_below(table)
        if table.form == "dotted" and pairs:
            last = max(pairs, key=lambda pair: pair.end)
            return self._line_end(last.end), indent_at(self.tree, last.start)
        section = (table.host or table).sections[-1]
        if section.is_root and not section.end:
            return self._behind_head(), ""
        inside = [pair for pair in pairs if section.start <= pair.start < section.end]
        indent = indent_at(self.tree, (max(inside, key=lambda pair: pair.end) if inside else section).start)
        return self._line_end(section.end), indent

    def _behind_head(self) -> int:
        """Behind the comment with which a file starts."""
        place, data = 0, self.tree.data
        while data[place : self._line_end(place)].lstrip().startswith(b"#"):
            place = self._line_end(place)
        return place

    def _write_tables(self, array: ArrayNode, path: tuple[str, ...]) -> None:
        kept = {id(item) for item in array}
        for item in array.original:
            if id(item) not in kept:
                self._remove_all(item)
        before: TableNode | None = None
        olds = {id(item) for item in array.original}
        for item in array:
            if id(item) in olds:
                self._write_table(item, path)
                before = item
            else:
                self._insert_section(array, before, item)

    def _insert_section(self, array: ArrayNode, before: TableNode | None, item: Mapping[str, Any]) -> None:
        """A new `[[header]]` behind its neighbour, or before the first."""
        newline = self.tree.newline
        text = self._section(f"[[{array.header}]]", item)
        if before is None:
            start = self._line_start(array.original[0].sections[0].start)
            self.patches.append((start, start, text + newline))
            return
        place = self._line_end(_end_of(before))
        data = self.tree.data
        missing = "" if data[place - 1 : place] == b"\n" else newline
        self.patches.append((place, place, missing + newline + text))

    def _line_start(self, position: int) -> int:
        return self.tree.data.rfind(b"\n", 0, position) + 1

    def _line_end(self, position: int) -> int:
        found = self.tree.data.find(b"\n", position)
        return len(self.tree.data) if found < 0 else found + 1


def _holds_tables(value: Any) -> bool:
    """Whether all values of a table are tables with lists of tables: [blocks]."""
    return isinstance(value, Mapping) and bool(value) and all(
        isinstance(item, Mapping) and isinstance(item.get("layers"), list) for item in value.values()
    )


def _end_of(table: TableNode) -> int:
    """Behind the last section of a table and of the tables in it."""
    ends = [section.end for section in table.sections]
    for value in table.original.values():
        tables = [value] if isinstance(value, TableNode) else value if isinstance(value, ArrayNode) else []
        ends += [_end_of(inner) for inner in tables if isinstance(inner, TableNode) and inner.form == "section"]
    return max(ends, default=0)


def _sections_in(table: TableNode) -> list[Section]:
    """The sections of a table and of all in it."""
    found = list(table.sections)
    for value in table.original.values():
        tables = [value] if isinstance(value, TableNode) else value if isinstance(value, ArrayNode) else []
        found += [section for inner in tables if isinstance(inner, TableNode) for section in _sections_in(inner)]
    return found


def _pairs_below(table: TableNode) -> list[Any]:
    """Pairs of the dotted tables in a table."""
    found: list[Any] = []
    for value in table.original.values():
        if isinstance(value, TableNode) and value.form == "dotted":
            found += [*value.pairs.values(), *_pairs_below(value)]
    return found
