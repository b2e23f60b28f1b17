"""Edits of a spec's text: each is a function of the text, and changes only the lines that it must."""

from netspec.editing.adding import add_layer
from netspec.editing.clipboard import copy, duplicate, paste
from netspec.editing.errors import EditError
from netspec.editing.fields import (
    add_section,
    fields,
    remove_section,
    reset_field,
    set_field,
    set_fields,
    set_type,
    starting_fields,
)
from netspec.editing.freezing import freeze_to, set_frozen
from netspec.editing.outline import Address, Node, Outline, outline
from netspec.editing.removing import remove_layers
from netspec.editing.renaming import rename, renames
from netspec.editing.replacing import set_replaced
from netspec.editing.tracing import file_of
from netspec.editing.unfreezing import add_unfreeze, remove_unfreeze, set_unfreeze
from netspec.editing.wiring import connect, disconnect

__all__ = [
    "Address", "EditError", "Node", "Outline", "add_layer", "add_section", "add_unfreeze", "connect", "copy", "disconnect",
    "duplicate", "fields", "file_of", "freeze_to", "outline", "paste", "remove_layers", "remove_section",
    "remove_unfreeze", "rename", "renames", "reset_field", "set_field", "set_fields", "set_frozen", "set_replaced", "set_type",
    "set_unfreeze", "starting_fields",
]  # fmt: skip
