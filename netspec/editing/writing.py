"""Changed tables → the text with these changes and no other; every other line stays as it was."""

from __future__ import annotations

import json
from typing import Any

from netspec.editing.errors import EditError
from netspec.editing.inline import write_inline
from netspec.editing.json_syntax import read_json
from netspec.editing.sections import Sections
from netspec.editing.syntax import ArrayNode, TableNode, Tree, plain
from netspec.editing.toml_syntax import read_toml
from netspec.spec.source import Source


def read(source: Source) -> Tree:
    """The tables of a spec's text, to be changed and given to `write`."""
    data = source.text.encode(errors="surrogatepass")
    return read_toml(data) if source.format == "toml" else read_json(data)


def with_text(source: Source, text: str) -> Source:
    """The same file with another text."""
    return Source(source.file, text, source.format, source.folder)


def write(source: Source, tree: Tree) -> str:
    """The text that says what the changed tables say; raises EditError when it does not come out as meant."""
    _drop_emptied(tree.root)
    text = _write_json(tree) if tree.format == "json" else Sections(tree).write()
    again = read(with_text(source, text))
    if not is_equal(plain(again.root), plain(tree.root)):
        raise EditError("this part of the text is written in a way that cannot be changed from here", _BY_HAND)
    return text


def _drop_emptied(table: TableNode) -> None:
    """A table that dotted keys made (`loss.type = …`) is gone with the last of them."""
    for key, value in list(table.items()):
        if isinstance(value, TableNode):
            _drop_emptied(value)
            if value.form == "dotted" and value.original and not value:
                del table[key]
        for item in value if isinstance(value, ArrayNode) else ():
            if isinstance(item, TableNode):
                _drop_emptied(item)


_BY_HAND = "change it in the text"


def is_equal(one: Any, other: Any) -> bool:
    """Equal values of equal types, in tables in any order."""
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def _write_json(tree: Tree) -> str:
    root = tree.root
    if not root.end:
        raise EditError("the text holds no JSON object", "start it with {")
    return tree.text(0, root.start) + write_inline(tree, root, "") + tree.text(root.end, len(tree.data))
