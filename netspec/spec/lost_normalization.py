"""Data of another type in a patch: the normalization of its base goes, which pretrained weights still expect."""

from __future__ import annotations

import json
from typing import Any

from netspec.problems import Problem, also, warning
from netspec.spec.marks import Table, plain


def check_normalization(tree: Table, replaced: Table | None, problems: list[Problem]) -> None:
    """A warning where [data] says nothing about `normalize`, the base's [data] that it replaces did, and weights are named.

    "standard" is what data of every type begin with, so nothing is lost then.
    """
    data, transfer = tree.get("data"), tree.get("transfer")
    is_pretrained = isinstance(transfer, Table) and isinstance(transfer.get("weights"), str)
    if not isinstance(data, Table) or replaced is None or not is_pretrained or "normalize" in data:
        return
    if (lost := plain(replaced.get("normalize", "standard"))) == "standard":
        return
    message = (
        f'[data] of type "{data.get("type")}" replaces the base\'s of type "{replaced.get("type")}" whole, also its normalize; '
        'now it is "standard", which the weights may not have been trained with'
    )
    related = also(replaced.at_value("normalize"), "it was written here")
    hint = f"write normalize = {_toml(lost)}"
    problems.append(warning("NS946", ("data", "normalize"), data.at_value("type"), message, hint, related))


def _toml(value: Any) -> str:
    """In one line, to be copied."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
